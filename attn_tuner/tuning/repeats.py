"""The top rows of a leaderboard trained again with fresh seeds: how much of a score is luck."""

import shutil
from dataclasses import replace
from pathlib import Path

from attn_tuner.storage.plan import trial_seed
from attn_tuner.tuning.trial.callbacks import TIME_OVER, TrialCallbacks

ROWS = 3  # Trials that are repeated, the best first.


def repeat(runner, times: int, rows: int = ROWS):
    """Trains the best trials `times` more, each with seeds of its own, while there is time.

    The scores go into the trials' records; weights and probabilities are not kept, and which trial
    is exported does not change.

    Args:
        runner: a `TrialRunner` whose trials have ended.
        times: repeats of each.
        rows: how many trials.
    """
    for number in range(1, times + 1):
        # What pretraining has cost is not spent again for each seed.
        for record in [each for each in runner.ranked() if not each.pretrained][:rows]:
            done = len(record.repeats) >= number or record.status == "cut"
            if done or not runner.budget.fits("trial", default=record.seconds):
                continue
            score = _score(runner, record, number)
            if score is not None:
                again = replace(record, repeats=[*record.repeats, score])
                again.save(runner.get_trial_dir(record.trial_id))
                runner.records[record.trial_id] = again


def _score(runner, record, number) -> float | None:
    """The objective of one repeat; None where the time was over before it ended."""
    name = f"{record.trial_id}, repeat {number}"
    place = Path(runner.get_trial_dir(record.trial_id)) / f"repeat_{number}"
    place.mkdir(exist_ok=True)
    task = replace(
        runner.task_of(runner.oracle.get_trial(record.trial_id)),
        trial_id=name,
        seed=trial_seed(runner.plan.seed, name),
        place=str(place),
        begin_from=None,
    )
    runner.heard({"trial": name, "begins": record.values})
    watch = TrialCallbacks(
        expired=runner.over, heard=lambda news: runner.heard({"trial": name, **news})
    )
    try:
        outcome = runner.workshop(task, watch)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if outcome.stopped == TIME_OVER:
        return None
    return outcome.measures[runner.plan.goal]
