"""Keeps the weights of only the best trials on disk, and of the best without attention."""

from attn_tuner.storage.checkpoints import drop_weights
from attn_tuner.tuning.trial_records import RecordBook

CONTROL = "none"  # Of the attention of sequence models: what attention is compared with.


class WeightRetention:
    """Removes the weights of trials that are not among the best.

    Of pairs of texts the best trial whose attention is `CONTROL` keeps its own as well, so that the
    outcome can say what attention is worth.

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
        ranked = self._records.ranked(holding)
        controls = [each for each in ranked if each.values.get("attention") == CONTROL]
        best = {record.trial_id for record in (*ranked[: self._keep], *controls[:1])}
        for trial_id in holding - best:
            if self._records[trial_id].status != "cut":
                drop_weights(self._records.trial_dir(trial_id))
                self._holding.discard(trial_id)
