"""What all pruners share: they keep the curves, and compare each report with the others'."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.registry import Registry

pruners = Registry("pruner", package="attn_tuner.tuning.pruning")


class Point(NamedTuple):
    """A report, and the best so far of each objective for itself."""

    step: float
    values: tuple[float, ...]
    best: tuple[float, ...]

    @classmethod
    def after(cls, curve: list["Point"], step: float, values: tuple[float, ...]) -> "Point":
        best = tuple(map(max, curve[-1].best, values)) if curve else values
        return cls(float(step), values, best)


class Pruner:
    """Keeps the curves, and compares each report with the trials that were there before.

    A trial is represented by the best it has shown so far. Its peers at a step are the trials that
    have come as far and those that ended earlier, pruned ones included: were they left out, the bar
    would rise with every trial that fell below it, until the winner did.

    Args:
        warmup: epochs before which no trial is pruned.
        peers: how many peers there must be before a trial is pruned.
        patience: how many reports in a row must be bad.
    """

    by_loss = True  # Whether losses may be compared where the objective says nothing yet.

    def __init__(self, warmup: float = 0.5, peers: int = 3, patience: int = 1):
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
        """Takes in one point of a curve, and compares it with the other trials.

        A step at or before the last one replaces what was known from there on, as when a trial
        starts again or goes on from an earlier resume point.

        Args:
            trial_id: name of the trial.
            step: epochs.
            value: of the objective or objectives; bigger is better.
            compare: False where the value says nothing of the trial yet.
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
        """Returns why the trial should end now, or None."""
        return self._reasons.get(trial_id)

    def finish(self, trial_id: str, pruned: bool = False) -> None:
        """Takes in that the trial has ended, on its own or because it was pruned."""
        if trial_id in self._curves:
            self._ended[trial_id] = pruned
        self._reasons.pop(trial_id, None)
        self._bad.pop(trial_id, None)

    def reached(self, trial_id: str, before: float = math.inf) -> tuple[float, ...]:
        """Returns the best of each objective at steps before that one; empty without any."""
        curve = self._curves.get(trial_id, [])
        seen = bisect_left(curve, before, key=lambda point: point.step)
        return curve[seen - 1].best if seen else ()

    def worth_resuming(self) -> list[str]:
        """Returns the pruned trials that today's peers would let go on, best first.

        Their resume points should be kept. Later trials may turn out worse than the early ones.
        """
        again = [t for t, pruned in self._ended.items() if pruned and not self.reason_to_prune(t)]
        return sorted(again, key=lambda t: self._curves[t][-1].best, reverse=True)

    def get_state(self) -> dict:
        """Returns all that is known, for JSON."""
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
        """Takes over what `get_state` returned."""
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
        """Returns whether a report at `step`, the last one being at `before`, is to be compared."""
        return step >= self.warmup

    def reason_to_prune(self, trial_id: str) -> str | None:
        """Returns the reason to end the trial, as of its last report, or None."""
        raise NotImplementedError

    def _standing(self, trial_id: str) -> tuple[float, tuple[float, ...], list[tuple[float, ...]]]:
        """Returns step, best value so far, and the best so far of each peer at that step."""
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
    """Never gives up a trial."""

    def reason_to_prune(self, trial_id: str) -> str | None:
        return None


def _best_until(curve: list[Point], step: float) -> tuple[float, ...]:
    """Returns the best shown up to `step`; empty where there is nothing yet."""
    seen = bisect_right(curve, step, key=lambda point: point.step)
    return curve[seen - 1].best if seen else ()


def beats(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Returns whether one is as good in all objectives and better in one."""
    return one != other and all(a >= b for a, b in zip(one, other, strict=True))


def shown(values: tuple[float, ...]) -> str:
    """Writes values for a sentence."""
    return ", ".join(f"{value:.3f}" for value in values)
