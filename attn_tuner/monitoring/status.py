"""Reads the state of a search from its run folder, for `watch` and the web page."""

from pathlib import Path

from attn_tuner.errors import RunError
from attn_tuner.inputs.kinds import kind_named
from attn_tuner.reporting.json_in_html import to_json_value
from attn_tuner.reporting.search_history import scores_over_time
from attn_tuner.reporting.summary import summarize, summary_sentence
from attn_tuner.storage.checked_files import read_object
from attn_tuner.storage.layout import CLOCK, trial_dirs, trial_id_of
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import describe_model, describe_status

MAX_ROWS = 10


def search_status(directory: str | Path) -> dict:
    """Reads the state of a search.

    Args:
        directory: the run folder.

    Returns:
        A dict of JSON values with the keys source, objective, sentence, finished, trials (number
        of ended ones), running (trial ids), spent and allowed (seconds; allowed is None without a
        time limit), best (score), winner (trial id), rows (the top of the leaderboard) and times
        (see `search_history.scores_over_time`).

    Raises:
        RunError: `directory` is not a run folder.
    """
    run = Run.read(directory)
    found = summarize(run)
    ranked = run.ranked()
    rows = [
        {
            "trial": record.trial_id,
            "model": describe_model(record.values),
            "score": record.score,
            "seconds": record.seconds,
            "parameters": record.parameters,
            "status": describe_status(record.status),
        }
        for record in ranked[:MAX_ROWS]
    ]
    return to_json_value(
        {
            "source": run.plan.source,
            "objective": run.plan.objective,
            "sentence": kind_named(run.plan.input).worded(summary_sentence(found)),
            "finished": found["finished"],
            "trials": found["trials"],
            "running": _running(run),
            "spent": _spent(run),
            "allowed": run.plan.max_time,
            "best": ranked[0].score if ranked else None,
            "winner": found["winner"],
            "rows": rows,
            "times": scores_over_time(run),
        }
    )


def _running(run: Run) -> list[str]:
    """Lists trials that have a folder but no record yet."""
    ended = {record.trial_id for record in run.records}
    begun = map(trial_id_of, trial_dirs(run.directory))
    return sorted(set(begun) - ended) if not run.outcome else []


def _spent(run: Run) -> float:
    ended = max([0.0, *(record.ended for record in run.records)])
    if run.outcome:
        return run.outcome.get("seconds", ended)
    try:
        clock = read_object(run.directory / CLOCK, {"spent": float})
    except RunError:
        return ended  # Not written yet, or damaged; the search writes it again.
    return max(ended, float(clock["spent"]))
