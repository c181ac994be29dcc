"""Trains the best trials again with fresh seeds, to show how much of a score is luck."""

import shutil
import traceback
from dataclasses import replace
from pathlib import Path

from attn_tuner.storage.atomic_files import raise_unwritable
from attn_tuner.storage.plan import trial_seed
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.events import Remark, TrialStarted
from attn_tuner.tuning.failures import with_failed_repeat
from attn_tuner.tuning.trial.callbacks import TIME_OVER, EventCallbacks
from attn_tuner.tuning.tuner import TrialRunner

REPEATED = 3  # Trials that are repeated, the best first.


def repeat(runner: TrialRunner, times: int, count: int = REPEATED) -> None:
    """Trains the best trials `times` more, each time with another seed, while there is time.

    The scores are added to the trials' records. Weights and probabilities are not kept, and the
    choice of the exported trial does not change. A repeat that fails leaves a remark in the record.

    Args:
        runner: the `TrialRunner`, whose trials have ended.
        times: int, repeats of each trial.
        count: int, number of trials.
    """
    for number in range(1, times + 1):
        # Pretraining and a teacher's answers are too expensive to be repeated for each seed.
        for record in [each for each in runner.ranked() if not each.derived][:count]:
            done = len(record.repeats) >= number or record.status == "cut"
            if done or not runner.budget.fits("trial", default=record.seconds):
                continue
            try:
                score = _score(runner, record, number)
            except Exception as error:
                raise_unwritable(error)  # The next sitting repeats once there is room.
                cause = f"{type(error).__name__}: {error}"
                known = with_failed_repeat(record, number, cause, traceback.format_exc())
                runner.records.write(known)
                runner.emit(Remark(record.trial_id, f"keeps its score. {known.remark}"))
                continue
            if score is not None:
                runner.records.write(replace(record, repeats=[*record.repeats, score]))


def _score(runner: TrialRunner, record: TrialRecord, number: int) -> float | None:
    """Returns the objective of one repeat; None if the time limit stopped it."""
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
    """Follows a repeat, which is never pruned.

    Args:
        trial_id: str, name of the repeat.
        runner: the `TrialRunner` whose time limit applies.
    """

    def __init__(self, trial_id: str, runner: TrialRunner):
        super().__init__(trial_id, runner.emit)
        self.should_stop = runner.over

    def must_evaluate(self) -> bool:
        return False  # The score of a repeat that was cut does not count.
