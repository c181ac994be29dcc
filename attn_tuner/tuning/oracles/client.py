"""Requests trials from any oracle of KerasTuner, and reports their results to it."""

import itertools
from collections.abc import Collection, Mapping
from pathlib import Path

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from attn_tuner.storage.layout import TRIAL
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.oracles.feedback import OracleFeedback


class OracleClient:
    """The connection of a search to its oracle.

    Args:
        oracle: any oracle of KerasTuner.

    Attributes:
        feedback: reports running trials to the oracle.
    """

    def __init__(self, oracle: keras_tuner.Oracle):
        self.oracle = oracle
        self.feedback = OracleFeedback(oracle)

    def request(self, running: Collection[str] = ()) -> Trial:
        """Returns a trial that an earlier sitting left running, or a new one.

        Args:
            running: IDs of the trials that this sitting has begun.
        """
        slots = self.oracle.ongoing_trials
        left = [slot for slot, trial in slots.items() if trial.trial_id not in running]
        free = (f"tuner{number}" for number in itertools.count())
        slot = left[0] if left else next(slot for slot in free if slot not in slots)
        return self.oracle.create_trial(slot)

    def complete(self, trial: Trial, metrics: Mapping[str, float], trial_dir: str) -> None:
        """Reports the metrics of a trial that has ended with a score.

        Args:
            trial: KerasTuner's trial, which has ended before if it was continued.
            metrics: dict of name, `val_...`, to value.
            trial_dir: the trial's folder.
        """
        went_on = trial.status == TrialStatus.COMPLETED
        if went_on:  # KerasTuner would take the mean of its scores.
            trial.metrics = type(trial.metrics)()
        self.oracle.update_trial(trial.trial_id, metrics)
        trial.status = TrialStatus.COMPLETED
        if went_on:
            self.oracle.score_trial(trial)
            trial.save(Path(trial_dir) / TRIAL)

    def keep_score(self, trial: Trial, metrics: Mapping[str, float]) -> None:
        """Reports the metrics of a trial that has a score and could not continue, if it still runs.

        Args:
            trial: KerasTuner's trial.
            metrics: dict of name, `val_...`, to value.
        """
        if trial.status == TrialStatus.RUNNING and trial.trial_id in self.oracle.trials:
            self.oracle.update_trial(trial.trial_id, metrics)
            trial.status = TrialStatus.COMPLETED

    def unreported(self, records: Mapping[str, TrialRecord]) -> dict[str, TrialRecord]:
        """Returns the records of ended trials, by trial ID, that still run for the oracle."""
        ended = ("completed", "pruned")
        known = self.oracle.trials
        return {
            trial_id: record
            for trial_id, record in records.items()
            if record.status in ended
            and getattr(known.get(trial_id), "status", "") == TrialStatus.RUNNING
        }
