"""Pruners for trials that are not given the same."""

from attn_tuner.tuning.chance_level import Scale, loss_in
from attn_tuner.tuning.pruning.beyond_chance import BeyondChance, begun_on


class PrunerPerRung:
    """A pruner for each rung of a search: only trials that were given as much are peers.

    A trial of fewer texts or of a faster falling learning rate has another curve than one of more,
    whatever its values.

    Args:
        make: makes a pruner.
        scale: of the objective, by which a trial has left chance behind; None judges all scores.
        sign: 1 where the objective should grow, -1 where it should shrink.
    """

    def __init__(self, make, scale: Scale | None = None, sign: int = 1):
        self._make = make
        self._begun = begun_on(scale, sign) if scale else lambda score: True
        self._sign = sign
        self._pruners: dict[float, BeyondChance] = {}

    def of(self, share: float) -> BeyondChance:
        """That of the trials whose rung gave them this share of what a trial may have."""
        if share not in self._pruners:
            self._pruners[share] = BeyondChance(self._make, self._begun)
        return self._pruners[share]

    def learn(self, records, key: str):
        """Takes in the curves of `TrialRecord`s, of each evaluation its `key`."""
        for record in records:
            pruner = self.of(record.share)
            for news in record.history:
                score = self._sign * news[key]
                pruner.report(record.trial_id, news["epochs"], score, loss_in(news))
            pruner.finish(record.trial_id, pruned=record.status == "pruned")
