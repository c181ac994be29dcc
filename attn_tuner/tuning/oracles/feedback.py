"""Reports the progress of running trials to an oracle."""

import keras_tuner
from keras_tuner.engine.trial import Trial


class OracleListener:
    """Receives reports on running trials; an oracle overrides the methods that it needs.

        class CurveOracle(keras_tuner.Oracle, OracleListener):
            def report(self, trial_id, step, value): ...

    `durable` makes any oracle of KerasTuner a listener. Trials that have ended for the oracle and
    are trained further are not reported.
    """

    def report(self, trial_id: str, step: float, value: float) -> None:
        """Called after every evaluation of a running trial.

        Args:
            trial_id: str, KerasTuner's ID of the trial.
            step: float, epochs trained so far.
            value: float, the objective.
        """

    def tell_pruned(self, trial_id: str, step: float, value: float) -> None:
        """Called before `end_trial` of a pruned trial, with its last point as in `report`."""

    def note_progress(self, trial_id: str) -> None:
        """Called when a resume point of the trial has been written."""

    def take_set_aside(self) -> list[Trial]:
        """Returns the trials that were set aside as failed since the last call.

        A trial is set aside if the process has ended repeatedly while it was trained.
        """
        return []


class OracleFeedback:
    """Reports the running trials of an oracle to it.

        feedback = OracleFeedback(oracle)
        feedback.evaluated("0007", epochs=0.5, value=0.71)

    Args:
        oracle: any oracle of KerasTuner; only an `OracleListener` receives reports.
    """

    def __init__(self, oracle: keras_tuner.Oracle):
        self._oracle = oracle
        self._listener = oracle if isinstance(oracle, OracleListener) else OracleListener()

    def evaluated(self, trial_id: str, epochs: float, value: float) -> None:
        """Reports a point of a learning curve, epochs and objective."""
        if self._runs(trial_id):
            self._listener.report(trial_id, epochs, value)

    def pruned(self, trial_id: str, epochs: float, value: float) -> None:
        """Reports that the trial was pruned at this point."""
        if self._runs(trial_id):
            self._listener.tell_pruned(trial_id, epochs, value)

    def resumable(self, trial_id: str) -> None:
        """Reports that a resume point of the trial has been written."""
        if self._runs(trial_id):
            self._listener.note_progress(trial_id)

    def take_set_aside(self) -> list[Trial]:
        """Returns the trials that were set aside as failed since the last call."""
        return self._listener.take_set_aside()

    def _runs(self, trial_id: str) -> bool:
        running = self._oracle.ongoing_trials.values()
        return any(trial.trial_id == trial_id for trial in running)
