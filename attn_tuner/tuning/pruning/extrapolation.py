"""Pruning by extrapolated learning curves."""

import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.tuning.pruning.base import Pruner, pruners, shown

POWERS = np.array([0.25, 0.5, 1.0, 2.0])


@pruners.register("extrapolation")
class ExtrapolationPruner(Pruner):
    """Ends a trial whose curve, extrapolated by a power law, stays below the best ended trial.

        score_t = s - b t^-c          c from 1/4, 1/2, 1, 2; s and b by least squares
        prune when  score_T < best - margin          T where the longest of the others ended

    The curve is that of the best value so far. Unlike a comparison with peers at the same step, it
    keeps a trial that starts slowly and still improves, and ends a fast one that has flattened.

    Args:
        margin: float, minimum difference from the best, in units of the objective. With 0, trials
            would be ended before the last improvement that a falling learning rate brings.
        warmup: float, epochs before which no trial is pruned.
        peers: int, minimum number of ended trials for pruning.
        patience: int, number of bad reports in a row that prunes a trial.

    Reference:
        Domhan et al. 2015, 3.1, the family pow3. https://www.ijcai.org/Proceedings/15/Papers/487.pdf
    """

    by_loss = False  # At chance level the loss follows no power law.

    def __init__(
        self, margin: float = 0.015, warmup: float = 0.5, peers: int = 3, patience: int = 2
    ):
        super().__init__(warmup, peers, patience)
        if not margin >= 0:
            raise SpaceError(f"A pruner's margin should be at least 0; got {margin!r}.")
        self.margin = margin

    def reason_to_prune(self, trial_id: str) -> str | None:
        ended = [c[-1] for t, c in self._curves.items() if t in self._ended and t != trial_id]
        points = [
            point
            for point in self._curves[trial_id]
            if point.step > 0 and np.isfinite(point.best).all()
        ]
        if len(ended) < self.peers or len(points) < 2:
            return None
        end = max(*(point.step for point in ended), points[-1].step)
        steps = np.array([point.step for point in points])
        reached = drawn_on(steps, np.array([point.best for point in points]), end)
        ahead = [point.best for point in ended if np.all(point.best - reached > self.margin)]
        if not ahead:
            return None
        return (
            f"{shown(points[-1].best)} after {steps[-1]:.2f} epochs would be {shown(reached)} "
            f"after {end:.2f}; {shown(max(ahead))} was reached"
        )


def drawn_on(steps: np.ndarray, scores: np.ndarray, end: float) -> np.ndarray:
    """Extrapolates curves by the best fitting power law; never below the last scores.

    Args:
        steps: (points,) float, increasing, above 0.
        scores: (points, objectives) float.
        end: float, the step to extrapolate to.

    Returns:
        (objectives,) float.
    """
    powers = steps[:, None] ** -POWERS  # (points, laws)
    middle, mean = powers.mean(axis=0), scores.mean(axis=0)
    apart = powers - middle
    slopes = apart.T @ (scores - mean) / np.square(apart).sum(axis=0)[:, None]
    misfits = np.square(mean + apart[:, :, None] * slopes - scores[:, None]).sum(axis=0)
    ends = mean + (end**-POWERS - middle)[:, None] * slopes  # (laws, objectives)
    best = misfits.argmin(axis=0)
    return np.maximum(scores[-1], np.take_along_axis(ends, best[None], axis=0)[0])
