"""Pruners for trials that are not given the same."""

from attn_tuner.tuning.pruning.base import Pruner


class ByRung:
    """A pruner for each rung of a search: only trials that were given as much are peers.

    A trial of fewer texts or of a faster falling learning rate has another curve than one of more,
    whatever its values.

    Args:
        make: makes a pruner.
    """

    def __init__(self, make):
        self._make = make
        self._pruners = {1.0: make()}

    def of(self, share: float) -> Pruner:
        """That of the trials whose rung gave them this share of what a trial may have."""
        if share not in self._pruners:
            self._pruners[share] = self._make()
        return self._pruners[share]

    def learn(self, record, key: str, sign: int):
        """Takes in the curve of a `Record`: of each evaluation `sign` times its `key`."""
        pruner = self.of(record.share)
        for news in record.history:
            pruner.report(record.trial_id, news["epochs"], sign * news[key])
        pruner.finish(record.trial_id, pruned=record.status == "pruned")
