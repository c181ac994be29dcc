"""What a running search tells its oracle, as far as the oracle listens."""


class OracleFeedback:
    """Hands on to an oracle what is seen of its running trials.

        told = OracleFeedback(oracle)
        told.evaluated("0007", epochs=0.5, value=0.71)

    An oracle listens by having a method: `report(trial_id, epochs, value)` for the learning curve,
    `tell_pruned(trial_id, epochs, value)` for a trial that was given up, `note_progress(trial_id)`
    for a point from which the trial can go on. What it has no method for it is not told, nor
    anything of a trial that has ended for it already and is trained on.

    Args:
        oracle: any oracle of KerasTuner.
    """

    def __init__(self, oracle):
        self.oracle = oracle

    def nothing_of(self, records: dict) -> dict:
        """Those of the records, by trial, whose trial ended just before a kill.

        It still runs for the oracle, which has not heard of the end.
        """
        ended = ("completed", "pruned")
        known = self.oracle.trials
        return {
            trial_id: record
            for trial_id, record in records.items()
            if record.status in ended and getattr(known.get(trial_id), "status", "") == "RUNNING"
        }

    def set_aside(self) -> list:
        """Trials whose process ended with them and that were set aside, since the last call."""
        waiting = getattr(self.oracle, "set_aside", [])
        found = list(waiting)
        waiting.clear()
        return found

    def evaluated(self, trial_id: str, epochs: float, value: float):
        self._tell("report", trial_id, epochs, value)

    def pruned(self, trial_id: str, epochs: float, value: float):
        self._tell("tell_pruned", trial_id, epochs, value)

    def resumable(self, trial_id: str):
        self._tell("note_progress", trial_id)

    def _tell(self, what, trial_id, *facts):
        runs = any(trial.trial_id == trial_id for trial in self.oracle.ongoing_trials.values())
        if runs and hasattr(self.oracle, what):
            getattr(self.oracle, what)(trial_id, *facts)
