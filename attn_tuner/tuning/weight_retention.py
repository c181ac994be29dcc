"""Keeps the weights of only the best trials on disk."""

from attn_tuner.storage.checkpoints import drop_weights
from attn_tuner.tuning.trial_records import RecordBook


class WeightRetention:
    """Removes the weights of trials that are not among the best.

    Args:
        records: records of the run's trials.
        keep: int, number of trials whose weights are kept.
    """

    def __init__(self, records: RecordBook, keep: int):
        self._records = records
        self._keep = keep
        self._holding = set(records)  # Trials that may have weights on disk.

    def add(self, trial_id: str) -> None:
        """Records that a trial may have weights on disk."""
        self._holding.add(trial_id)

    def drop_others(self) -> None:
        """Removes the weights of all but the best trials, and of those that can continue."""
        holding = self._holding & set(self._records)
        best = {record.trial_id for record in self._records.ranked(holding)[: self._keep]}
        for trial_id in holding - best:
            if self._records[trial_id].status != "cut":
                drop_weights(self._records.trial_dir(trial_id))
                self._holding.discard(trial_id)
