"""Pruners that end trials with a low rank among their peers."""

from typing import Any

import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.tuning.pruning.base import Pruner, beats, pruners, shown


@pruners.register("percentile")
class PercentilePruner(Pruner):
    """Ends a trial in the lowest percentile of its peers.

        prune when  |{peers that beat it}| > (1 - percentile / 100) |peers|

    Args:
        percentile: float in (0, 100), the part to prune; 25 prunes the lowest quarter.
        warmup: epochs before which no trial is pruned.
        peers: how many peers there must be before a trial is pruned.
        patience: how many reports in a row must be bad.

    Reference:
        Golovin et al. 2017, Google Vizier, 3.2. https://doi.org/10.1145/3097983.3098043
    """

    def __init__(self, percentile: float = 25.0, **options: Any):
        super().__init__(**options)
        if not 0 < percentile < 100:
            raise SpaceError(f"A percentile lies between 0 and 100; got {percentile!r}.")
        self.percentile = percentile

    def reason_to_prune(self, trial_id: str) -> str | None:
        step, mine, peers = self._standing(trial_id)
        beaten = sum(beats(peer, mine) for peer in peers)
        if len(peers) < self.peers or beaten <= (1 - self.percentile / 100) * len(peers):
            return None
        where = f"{shown(mine)} after {step:.2f} epochs"
        if len(mine) > 1:
            return f"{where}; {beaten} of {len(peers)} trials beat it there in every respect"
        bar = np.quantile([peer[0] for peer in peers], self.percentile / 100, method="higher")
        named = "median" if self.percentile == 50 else f"{self.percentile:g}th percentile"
        return f"{where}; the {named} there is {bar:.3f}"


@pruners.register("median")
class MedianPruner(PercentilePruner):
    """Ends a trial that most of its peers beat.

        prune when  |{peers that beat it}| > |peers| / 2

    Args:
        warmup: epochs before which no trial is pruned.
        peers: how many peers there must be before a trial is pruned.
        patience: how many reports in a row must be bad.

    Reference:
        Golovin et al. 2017, Google Vizier, 3.2. https://doi.org/10.1145/3097983.3098043
    """

    def __init__(self, **options: Any):
        super().__init__(percentile=50.0, **options)
