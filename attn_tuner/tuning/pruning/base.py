"""The base class of pruners: stores learning curves, and compares each report with the others."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.registry import Registry

pruners = Registry("pruner", package="attn_tuner.tuning.pruning")


class Point(NamedTuple):
    """A report, with the best value so far of each objective."""

    step: float
    values: tuple[float, ...]
    best: tuple[float, ...]

    @classmethod
    def after(cls, curve: list["Point"], step: float, values: tuple[float, ...]) -> "Point":
        best = tuple(map(max, curve[-1].best, values)) if curve else values
        return cls(float(step), values, best)


class Pruner:
    """Stores learning curves, and compares each report with those of earlier trials.

    A trial counts with its best value so far. Its peers at a step are the trials that have reached
    the step and those that ended earlier, pruned ones included. Without these the bar would rise
    with every pruned trial, until it exceeded the winner.

    Args:
        warmup: float, epochs before which no trial is pruned.
        peers: int, minimum number of peers for pruning.
        patience: int, number of bad reports in a row that prunes a trial.
    """

    by_loss = True  # Whether the rule may compare losses while the objective is at chance level.

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
        self._curves: dict[str, list[Point]] = {}
        self._ended: dict[str, bool] = {}  # trial -> whether it was pruned
        self._bad: dict[str, int] = {}
        self._reasons: dict[str, str | None] = {}

    def report(
        self, trial_id: str, step: float, value: float | Sequence[float], compare: bool = True
    ) -> None:
        """Adds a point to a curve, and compares it with the other trials.

        A step at or before the last one replaces the curve from there on, as when a trial starts
        again or continues from an earlier resume point.

        Args:
            trial_id: str, ID of the trial.
            step: float, epochs.
            value: the objective, or several; higher is better.
            compare: bool, False to only store the point.
        """
        values = tuple(float(v) for v in np.ravel(value))
        values = tuple(-math.inf if math.isnan(v) else v for v in values)
        curve = self._curves.setdefault(trial_id, [])
        del curve[bisect_left(curve, step, key=lambda point: point.step) :]
        before = curve[-1].step if curve else -math.inf
        curve.append(Point.after(curve, step, values))
        self._ended.pop(trial_id, None)
        if not compare:
            self._bad.pop(trial_id, None)
            self._reasons.pop(trial_id, None)
            return
        if not self._due(before, step):
            return
        reason = self.reason_to_prune(trial_id)
        self._bad[trial_id] = self._bad.get(trial_id, 0) + 1 if reason else 0
        self._reasons[trial_id] = reason if self._bad[trial_id] >= self.patience else None

    def should_prune(self, trial_id: str) -> str | None:
        """Returns the reason to prune the trial now, or None."""
        return self._reasons.get(trial_id)

    def finish(self, trial_id: str, pruned: bool = False) -> None:
        """Records that the trial has ended, and whether it was pruned."""
        if trial_id in self._curves:
            self._ended[trial_id] = pruned
        self._reasons.pop(trial_id, None)
        self._bad.pop(trial_id, None)

    def reached(self, trial_id: str, before: float = math.inf) -> tuple[float, ...]:
        """Returns the best of each objective at steps before `before`; empty without any."""
        curve = self._curves.get(trial_id, [])
        seen = bisect_left(curve, before, key=lambda point: point.step)
        return curve[seen - 1].best if seen else ()

    def worth_resuming(self) -> list[str]:
        """Returns the pruned trials that would not be pruned by the present peers, best first.

        Later trials may be worse than the early ones. The resume points of these should be kept.
        """
        again = [t for t, pruned in self._ended.items() if pruned and not self.reason_to_prune(t)]
        return sorted(again, key=lambda t: self._curves[t][-1].best, reverse=True)

    def get_state(self) -> dict:
        """Returns the state, for JSON."""
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

    def set_state(self, state: Mapping) -> None:
        """Restores a state from `get_state`."""
        self._curves = {}
        for trial, points in state["curves"].items():
            curve = self._curves[trial] = []
            for step, values in points:
                known = tuple(-math.inf if v is None else v for v in values)
                curve.append(Point.after(curve, step, known))
        self._ended = dict(state["ended"])
        self._bad = dict(state["bad"])
        self._reasons = dict(state["reasons"])

    def _due(self, before: float, step: float) -> bool:
        """Returns whether to compare a report at `step`, the one before being at `before`."""
        return step >= self.warmup

    def reason_to_prune(self, trial_id: str) -> str | None:
        """Returns the reason to prune the trial after its last report, or None."""
        raise NotImplementedError

    def _standing(self, trial_id: str) -> tuple[float, tuple[float, ...], list[tuple[float, ...]]]:
        """Returns the last step, the trial's best values so far, and those of each peer there."""
        curve = self._curves[trial_id]
        step = curve[-1].step
        peers = [
            _best_until(other, step)
            for peer, other in self._curves.items()
            if peer != trial_id and (peer in self._ended or other[-1].step >= step)
        ]
        return step, curve[-1].best, [peer for peer in peers if peer]


@pruners.register("none")
class NoPruner(Pruner):
    """Never prunes a trial."""

    def reason_to_prune(self, trial_id: str) -> str | None:
        return None


def _best_until(curve: list[Point], step: float) -> tuple[float, ...]:
    """Returns the best values up to `step`; empty without any."""
    seen = bisect_right(curve, step, key=lambda point: point.step)
    return curve[seen - 1].best if seen else ()


def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Returns whether `one` is at least as good in all objectives and better in one."""
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


def shown(values: tuple[float, ...]) -> str:
    """Formats values for a sentence."""
    return ", ".join(f"{value:.3f}" for value in values)
