"""Keeps a pruner for each rung."""

from collections.abc import Callable, Iterable

from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.chance_level import Scale, loss_in
from attn_tuner.tuning.pruning.base import Pruner
from attn_tuner.tuning.pruning.beyond_chance import BeyondChance, left_chance


class PrunerPerRung:
    """Keeps a pruner for each rung of a search: only trials with equal resources are peers.

    A trial with fewer texts or a faster learning rate decay has another learning curve, whatever
    its values.

    Args:
        make: function that makes a pruner.
        scale: scale of the objective, to detect chance level; None compares all scores.
        sign: 1 if a higher objective is better, -1 if a lower one is.
    """

    def __init__(self, make: Callable[[], Pruner], scale: Scale | None = None, sign: int = 1):
        self._make = make
        self._beyond_chance = left_chance(scale, sign) if scale else lambda score: True
        self._sign = sign
        self._pruners: dict[float, BeyondChance] = {}

    def of(self, share: float) -> BeyondChance:
        """Returns the pruner of the rung with this share of the resource."""
        if share not in self._pruners:
            self._pruners[share] = BeyondChance(self._make, self._beyond_chance)
        return self._pruners[share]

    def learn(self, records: Iterable[TrialRecord], objective: str) -> None:
        """Adds the learning curves of trials that have ended."""
        for record in records:
            pruner = self.of(record.share)
            for metrics in record.history:
                score = self._sign * metrics[objective]
                pruner.report(record.trial_id, metrics["epochs"], score, loss_in(metrics))
            pruner.finish(record.trial_id, pruned=record.status == "pruned")
