"""Asynchronous successive halving."""

import math

from attn_tuner.errors import SpaceError
from attn_tuner.tuning.pruning.base import Pruner, beats, pruners, shown


@pruners.register("asha")
class AshaPruner(Pruner):
    """Ends trials by asynchronous successive halving: no trial waits for a rung to fill.

        rung_k = first factor^k epochs;  go on only among the best 1 / factor of those at a rung

    Args:
        first: epochs to the first rung.
        factor: how much longer the next rung lies, and how few go on from one.
        peers: how many others must have reached a rung before a trial is pruned there.

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

    def _due(self, before: float, step: float) -> bool:
        return self._rung(step) > self._rung(before)

    def _rung(self, step: float) -> int:
        """Returns the number of rungs at or before the step."""
        if step < self.first:
            return 0
        return 1 + math.floor(math.log(step / self.first) / math.log(self.factor) + 1e-9)

    def reason_to_prune(self, trial_id: str) -> str | None:
        step, mine, peers = self._standing(trial_id)
        go_on = math.ceil((len(peers) + 1) / self.factor)
        beaten = sum(beats(peer, mine) for peer in peers)
        if len(peers) < self.peers or beaten < go_on:
            return None
        rung = self.first * self.factor ** (self._rung(step) - 1)
        return (
            f"{shown(mine)} after {step:.2f} epochs; {beaten} of {len(peers)} trials were better "
            f"at the rung of {rung:g}, from which {go_on} go on"
        )
