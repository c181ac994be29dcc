"""Trains the best trials again with fresh seeds, to show how much of a score is luck."""

import shutil
from dataclasses import replace
from pathlib import Path

from attn_tuner.storage.plan import trial_seed
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.events import TrialStarted
from attn_tuner.tuning.trial.callbacks import TIME_OVER, EventCallbacks
from attn_tuner.tuning.tuner import TrialRunner

REPEATED = 3  # Trials that are repeated, the best first.


def repeat(runner: TrialRunner, times: int, count: int = REPEATED) -> None:
    """Trains the best trials `times` more, each with seeds of its own, while there is time.

    The scores go into the trials' records; weights and probabilities are not kept, and which trial
    is exported does not change.

    Args:
        runner: whose trials have ended.
        times: int, repeats of each.
        count: int, how many trials.
    """
    for number in range(1, times + 1):
        # What pretraining has cost is not spent again for each seed.
        for record in [each for each in runner.ranked() if not each.pretrained][:count]:
            done = len(record.repeats) >= number or record.status == "cut"
            if done or not runner.budget.fits("trial", default=record.seconds):
                continue
            score = _score(runner, record, number)
            if score is not None:
                runner.records.write(replace(record, repeats=[*record.repeats, score]))


def _score(runner: TrialRunner, record: TrialRecord, number: int) -> float | None:
    """Returns the objective of one repeat; None where the time was over before it ended."""
    name = f"{record.trial_id}, repeat {number}"
    folder = Path(runner.get_trial_dir(record.trial_id)) / f"repeat_{number}"
    folder.mkdir(exist_ok=True)
    spec = replace(
        runner.lifecycle.spec_of(runner.oracle.get_trial(record.trial_id)),
        trial_id=name,
        seed=trial_seed(runner.plan.seed, name),
        trial_dir=str(folder),
        begin_from=None,
    )
    runner.emit(TrialStarted(name, record.values))
    try:
        outcome = runner.trainer(spec, RepeatCallbacks(name, runner))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if outcome.stopped == TIME_OVER:
        return None
    return outcome.metrics[runner.plan.goal]


class RepeatCallbacks(EventCallbacks):
    """Watches a repeat, which nobody prunes.

    Args:
        trial_id: str, name of the repeat.
        runner: whose clock ends it.
    """

    def __init__(self, trial_id: str, runner: TrialRunner):
        super().__init__(trial_id, runner.emit)
        self.should_stop = runner.over
