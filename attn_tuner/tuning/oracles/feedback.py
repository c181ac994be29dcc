"""What a running search tells its oracle."""

import keras_tuner
from keras_tuner.engine.trial import Trial


class OracleListener:
    """What an oracle may be told besides final scores; a subclass overrides what it wants to know.

        class CurveOracle(keras_tuner.Oracle, OracleListener):
            def report(self, trial_id, step, value): ...

    `durable` makes any oracle of KerasTuner a listener. Nothing is told of a trial that has ended
    for the oracle already and is trained on.
    """

    def report(self, trial_id: str, step: float, value: float) -> None:
        """Comes after every evaluation of a running trial.

        Args:
            trial_id: str, KerasTuner's.
            step: float, epochs trained so far.
            value: float, the objective; bigger is better.
        """

    def tell_pruned(self, trial_id: str, step: float, value: float) -> None:
        """Comes before `end_trial` where the trial was given up, as `report` for its last point."""

    def note_progress(self, trial_id: str) -> None:
        """Comes when the trial has reached a point from which it can go on after a kill."""

    def take_set_aside(self) -> list[Trial]:
        """Returns the trials that were set aside as failed since the last call.

        A trial is set aside where its process ended with it again and again.
        """
        return []


class OracleFeedback:
    """Tells an oracle what is seen of its running trials, as far as it listens.

        feedback = OracleFeedback(oracle)
        feedback.evaluated("0007", epochs=0.5, value=0.71)

    Args:
        oracle: any oracle of KerasTuner. One that is no `OracleListener` is told nothing.
    """

    def __init__(self, oracle: keras_tuner.Oracle):
        self._oracle = oracle
        self._listener = oracle if isinstance(oracle, OracleListener) else OracleListener()

    def evaluated(self, trial_id: str, epochs: float, value: float) -> None:
        """Tells a point of a learning curve; a bigger value is better."""
        if self._runs(trial_id):
            self._listener.report(trial_id, epochs, value)

    def pruned(self, trial_id: str, epochs: float, value: float) -> None:
        """Tells that the trial was given up at this point."""
        if self._runs(trial_id):
            self._listener.tell_pruned(trial_id, epochs, value)

    def resumable(self, trial_id: str) -> None:
        """Tells that the trial can go on from here after a kill."""
        if self._runs(trial_id):
            self._listener.note_progress(trial_id)

    def take_set_aside(self) -> list[Trial]:
        """Returns the trials that were set aside as failed since the last call."""
        return self._listener.take_set_aside()

    def _runs(self, trial_id: str) -> bool:
        running = self._oracle.ongoing_trials.values()
        return any(trial.trial_id == trial_id for trial in running)
