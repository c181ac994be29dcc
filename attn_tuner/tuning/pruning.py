"""Which running trials to give up: rules on learning curves, knowing neither Keras nor any oracle.

    pruner = make_pruner("median")
    pruner.report("0007", step=0.5, value=0.712)     # epochs, validation accuracy
    reason = pruner.hopeless("0007")                 # "0.712 after 0.50 epochs; the median ..."
    pruner.finish("0007", pruned=reason is not None)

A step counts epochs, so slices of an epoch are fractions; for `wilcoxon` it numbers the folds or
seeds. Bigger values are better: the caller flips signs. With several objectives a value is a
tuple, and one trial beats another where it is as good in all of them and better in one.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from attn_tuner.errors import SpaceError, UnknownName
from attn_tuner.registry import unknown


class _Point(NamedTuple):
    """A report, and the best so far of each objective for itself."""

    step: float
    values: tuple[float, ...]
    best: tuple[float, ...]

    @classmethod
    def after(cls, curve: list["_Point"], step: float, values: tuple[float, ...]):
        best = tuple(map(max, curve[-1].best, values)) if curve else values
        return cls(float(step), values, best)


class Pruner:
    """Keeps the curves, and judges each report against the trials that were there before.

    A trial is represented by the best it has shown so far. Its peers at a step are the trials that
    have come as far and those that ended earlier, pruned ones included: were they left out, the bar
    would rise with every trial that fell below it, until the winner did.

    Args:
        warmup: epochs before which nothing is judged.
        peers: how many peers there must be before anything is judged.
        patience: how many reports in a row must be bad.
    """

    def __init__(self, warmup: float = 0.5, peers: int = 4, patience: int = 1):
        for name, value, least in (
            ("warmup", warmup, 0),
            ("peers", peers, 1),
            ("patience", patience, 1),
        ):
            if not value >= least:
                raise SpaceError(f"A pruner's {name} should be at least {least}; got {value!r}.")
        self.warmup = warmup
        self.peers = peers
        self.patience = patience
        self._curves: dict[str, list[_Point]] = {}
        self._ended: dict[str, bool] = {}  # trial -> whether it was pruned
        self._bad: dict[str, int] = {}
        self._reasons: dict[str, str | None] = {}

    def report(self, trial_id: str, step: float, value: float | Sequence[float]):
        """Takes in one point of a curve, and judges it.

        A step at or before the last one replaces what was known from there on, as when a trial
        starts again or goes on from an earlier resume point.
        """
        values = tuple(float(v) for v in np.ravel(value))
        values = tuple(-math.inf if math.isnan(v) else v for v in values)
        curve = self._curves.setdefault(trial_id, [])
        del curve[bisect_left(curve, step, key=lambda point: point.step) :]
        before = curve[-1].step if curve else -math.inf
        curve.append(_Point.after(curve, step, values))
        self._ended.pop(trial_id, None)
        if not self._due(before, step):
            return
        reason = self._judge(trial_id)
        self._bad[trial_id] = self._bad.get(trial_id, 0) + 1 if reason else 0
        self._reasons[trial_id] = reason if self._bad[trial_id] >= self.patience else None

    def hopeless(self, trial_id: str) -> str | None:
        """Why the trial should end now, or None."""
        return self._reasons.get(trial_id)

    def finish(self, trial_id: str, pruned: bool = False):
        """Says that the trial has ended, on its own or because it was given up."""
        if trial_id in self._curves:
            self._ended[trial_id] = pruned
        self._reasons.pop(trial_id, None)
        self._bad.pop(trial_id, None)

    def worth_resuming(self) -> list[str]:
        """Pruned trials that today's peers would let go on, best first.

        Their resume points should be kept. Later trials may turn out worse than the early ones.
        """
        again = [t for t, pruned in self._ended.items() if pruned and not self._judge(t)]
        return sorted(again, key=lambda t: self._curves[t][-1].best, reverse=True)

    def get_state(self) -> dict:
        """All that is known, for JSON."""
        curves = {
            trial: [[p.step, [v if math.isfinite(v) else None for v in p.values]] for p in curve]
            for trial, curve in self._curves.items()
        }
        return {
            "curves": curves,
            "ended": dict(self._ended),
            "bad": dict(self._bad),
            "reasons": dict(self._reasons),
        }

    def set_state(self, state: Mapping):
        """Takes over what `get_state` returned."""
        self._curves = {}
        for trial, points in state["curves"].items():
            curve = self._curves[trial] = []
            for step, values in points:
                known = tuple(-math.inf if v is None else v for v in values)
                curve.append(_Point.after(curve, step, known))
        self._ended = dict(state["ended"])
        self._bad = dict(state["bad"])
        self._reasons = dict(state["reasons"])

    def _due(self, before: float, step: float) -> bool:
        """Whether a report at `step`, the one before being at `before`, is to be judged."""
        return step >= self.warmup

    def _judge(self, trial_id: str) -> str | None:
        """The reason to end the trial, as of its last report."""
        raise NotImplementedError

    def _standing(self, trial_id: str):
        """Step, best value so far, and the best so far of each peer at that step."""
        curve = self._curves[trial_id]
        step = curve[-1].step
        peers = [
            _best_until(other, step)
            for peer, other in self._curves.items()
            if peer != trial_id and (peer in self._ended or other[-1].step >= step)
        ]
        return step, curve[-1].best, [peer for peer in peers if peer]


class NoPruner(Pruner):
    """Never gives up a trial."""

    def _judge(self, trial_id):
        return None


class PercentilePruner(Pruner):
    """Ends a trial that stands in the lowest part of its peers.

        prune when  |{peers that beat it}| > (1 - percentile / 100) |peers|

    Args:
        percentile: the part to give up, 25 for the lowest quarter.
        warmup: epochs before which nothing is judged.
        peers: how many peers there must be before anything is judged.
        patience: how many reports in a row must be bad.

    Reference:
        Golovin et al. 2017, Google Vizier, 3.2. https://doi.org/10.1145/3097983.3098043
    """

    def __init__(self, percentile: float = 25.0, **options):
        super().__init__(**options)
        if not 0 < percentile < 100:
            raise SpaceError(f"A percentile lies between 0 and 100; got {percentile!r}.")
        self.percentile = percentile

    def _judge(self, trial_id):
        step, mine, peers = self._standing(trial_id)
        beaten = sum(_beats(peer, mine) for peer in peers)
        if len(peers) < self.peers or beaten <= (1 - self.percentile / 100) * len(peers):
            return None
        where = f"{_shown(mine)} after {step:.2f} epochs"
        if len(mine) > 1:
            return f"{where}; {beaten} of {len(peers)} trials beat it there in every respect"
        bar = np.quantile([peer[0] for peer in peers], self.percentile / 100, method="higher")
        named = "median" if self.percentile == 50 else f"{self.percentile:g}th percentile"
        return f"{where}; the {named} there is {bar:.3f}"


class MedianPruner(PercentilePruner):
    """Ends a trial that most of its peers beat.

        prune when  |{peers that beat it}| > |peers| / 2

    Args:
        warmup: epochs before which nothing is judged.
        peers: how many peers there must be before anything is judged.
        patience: how many reports in a row must be bad.

    Reference:
        Golovin et al. 2017, Google Vizier, 3.2. https://doi.org/10.1145/3097983.3098043
    """

    def __init__(self, **options):
        super().__init__(percentile=50.0, **options)


class AshaPruner(Pruner):
    """Asynchronous successive halving, by stopping: nothing ever waits for a rung to fill.

        rung_k = first factor^k epochs;  go on only among the best 1 / factor of those at a rung

    Args:
        first: epochs to the first rung.
        factor: how much longer the next rung lies, and how few go on from one.
        peers: how many others must have reached a rung before it is judged.

    Reference:
        Li et al. 2020, A system for massively parallel hyperparameter tuning, algorithm 2.
        https://arxiv.org/abs/1810.05934
    """

    def __init__(self, first: float = 1.0, factor: float = 3.0, peers: int = 4):
        super().__init__(warmup=first, peers=peers)
        if not first > 0 or not factor > 1:
            raise SpaceError(
                f"Rungs need first > 0 and factor > 1; got first={first!r}, factor={factor!r}."
            )
        self.first = first
        self.factor = factor

    def _due(self, before, step):
        return self._rung(step) > self._rung(before)

    def _rung(self, step: float) -> int:
        """How many rungs lie at or before the step."""
        if step < self.first:
            return 0
        return 1 + math.floor(math.log(step / self.first) / math.log(self.factor) + 1e-9)

    def _judge(self, trial_id):
        step, mine, peers = self._standing(trial_id)
        go_on = math.ceil((len(peers) + 1) / self.factor)
        beaten = sum(_beats(peer, mine) for peer in peers)
        if len(peers) < self.peers or beaten < go_on:
            return None
        rung = self.first * self.factor ** (self._rung(step) - 1)
        return (
            f"{_shown(mine)} after {step:.2f} epochs; {beaten} of {len(peers)} trials were better "
            f"at the rung of {rung:g}, from which {go_on} go on"
        )


class WilcoxonPruner(Pruner):
    """Ends a trial that is worse than the best one over the same folds or seeds.

        prune when  P(signed-rank sum as low | no difference) < threshold,  over d_f = x_f - best_f

    A step is the number of a fold or seed. Nothing is pruned that has the higher mean.

    Args:
        threshold: how improbable it must be that the trial is as good.
        peers: how many folds both trials must have.

    Reference:
        Wilcoxon 1945, Individual comparisons by ranking methods. https://doi.org/10.2307/3001968
    """

    def __init__(self, threshold: float = 0.1, peers: int = 3):
        super().__init__(warmup=0, peers=peers)
        if not 0 < threshold < 1:
            raise SpaceError(f"A threshold lies between 0 and 1; got {threshold!r}.")
        self.threshold = threshold

    def _judge(self, trial_id):
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
        # A diverged fold is the worst of all, yet infinity has no rank among differences.
        differences = np.maximum(mine - other, -1e9)
        p = wilcoxon(differences, alternative="less", zero_method="zsplit").pvalue
        if not p < self.threshold:
            return None
        return (
            f"{mine.mean():.3f} over {len(pairs)} folds; trial {best} has {other.mean():.3f} on "
            f"the same (p = {p:.3f})"
        )


pruners: Mapping[str, type[Pruner]] = MappingProxyType(
    {
        "asha": AshaPruner,
        "median": MedianPruner,
        "none": NoPruner,
        "percentile": PercentilePruner,
        "wilcoxon": WilcoxonPruner,
    }
)


def make_pruner(name: str | Pruner | None, **options) -> Pruner:
    """The pruner of that name with these options; a pruner is returned as it is, None as `none`."""
    if isinstance(name, Pruner):
        return name
    try:
        kind = pruners["none" if name is None else name]
    except (KeyError, TypeError):
        raise UnknownName(unknown("pruner", name, pruners)) from None
    try:
        return kind(**options)
    except TypeError as error:
        raise SpaceError(f"Pruner '{name}' cannot be made: {error}.") from error


def _best_until(curve: list[_Point], step: float) -> tuple[float, ...]:
    """The best shown up to `step`; empty where there is nothing yet."""
    seen = bisect_right(curve, step, key=lambda point: point.step)
    return curve[seen - 1].best if seen else ()


def _beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


def _shown(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)
