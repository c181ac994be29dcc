"""Pruning by a signed-rank test, for trials that are measured on several folds or seeds."""

import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.tuning.pruning.base import Pruner, pruners


@pruners.register("wilcoxon")
class WilcoxonPruner(Pruner):
    """Ends a trial that is worse than the best one over the same folds or seeds.

        prune when  P(signed-rank sum as low | no difference) < threshold,  over d_f = x_f - best_f

    A step is the number of a fold or seed. A trial with the higher mean is not pruned.

    Args:
        threshold: float in (0, 1), p-value below which a trial is pruned.
        peers: int, minimum number of folds that both trials have.

    Reference:
        Wilcoxon 1945, Individual comparisons by ranking methods. https://doi.org/10.2307/3001968
    """

    def __init__(self, threshold: float = 0.1, peers: int = 3):
        super().__init__(warmup=0, peers=peers)
        if not 0 < threshold < 1:
            raise SpaceError(f"A threshold lies between 0 and 1; got {threshold!r}.")
        self.threshold = threshold

    def reason_to_prune(self, trial_id: str) -> str | None:
        from scipy.stats import wilcoxon

        finished = [t for t, pruned in self._ended.items() if not pruned and t != trial_id]
        if not finished:
            return None
        best = max(finished, key=lambda t: np.mean([p.values[0] for p in self._curves[t]]))
        theirs = {point.step: point.values[0] for point in self._curves[best]}
        pairs = [
            (point.values[0], theirs[point.step])
            for point in self._curves[trial_id]
            if point.step in theirs
        ]
        if len(pairs) < self.peers:
            return None
        mine, other = np.array(pairs).T
        if not np.isfinite(other).all() or mine.mean() >= other.mean():
            return None
        # A diverged fold ranks lowest; the test cannot rank infinity.
        differences = np.maximum(mine - other, -1e9)
        p = wilcoxon(differences, alternative="less", zero_method="zsplit").pvalue
        if not p < self.threshold:
            return None
        return (
            f"{mine.mean():.3f} over {len(pairs)} folds; trial {best} has {other.mean():.3f} on "
            f"the same (p = {p:.3f})"
        )
