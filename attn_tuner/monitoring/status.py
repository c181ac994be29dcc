"""Where a search stands, read from its folder: what the terminal and the page show."""

from attn_tuner.errors import RunError
from attn_tuner.reporting.json_in_html import plain
from attn_tuner.reporting.search_history import scores_over_time
from attn_tuner.reporting.summary import answer, sentence
from attn_tuner.storage.checked_files import read_object
from attn_tuner.storage.layout import CLOCK, trial_dirs, trial_id_of
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_text import words

ROWS = 10


def standing(directory) -> dict:
    """The search at this moment, for JSON.

    Keys: source, objective, sentence, finished, trials, running, spent, allowed (seconds; None
    without limit), best, winner, rows (the first of the leaderboard), times (see
    `facts.scores_over_time`).

    Raises:
        RunError: it is no run folder.
    """
    run = Run.read(directory)
    found = answer(run)
    ranked = run.ranked()
    rows = [
        {
            "trial": record.trial_id,
            "model": words(record),
            "score": record.score,
            "seconds": record.seconds,
            "parameters": record.parameters,
            "status": record.status,
        }
        for record in ranked[:ROWS]
    ]
    return plain(
        {
            "source": run.plan.source,
            "objective": run.plan.objective,
            "sentence": sentence(found),
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


def _running(run) -> list[str]:
    """Trials that have a folder and no record yet."""
    ended = {record.trial_id for record in run.records}
    begun = map(trial_id_of, trial_dirs(run.directory))
    return sorted(set(begun) - ended) if not run.outcome else []


def _spent(run) -> float:
    ended = max([0.0, *(record.ended for record in run.records)])
    if run.outcome:
        return run.outcome.get("seconds", ended)
    try:
        clock = read_object(run.directory / CLOCK, {"spent": float})
    except RunError:
        return ended  # Not written yet, or damaged: the search makes it again.
    return max(ended, float(clock["spent"]))
