"""Allocates a rung's budget: epochs, a part of the training texts, or the beginning of each text.

Imports no Keras: a waiting worker is light.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from attn_tuner.errors import SpaceError, UnknownName
from attn_tuner.registry import unknown
from attn_tuner.tuning.oracles import has_parameter, oracles

if TYPE_CHECKING:
    import keras_tuner
    import numpy as np
    from keras_tuner.engine.trial import Trial

    from attn_tuner.text.token_store import TokenStore

FIDELITIES = ("epochs", "texts", "length")
SHORTEST = 16  # Tokens; shorter pieces say little about a text.


@dataclass(frozen=True)
class Rung:
    """How much of the resource a trial is given, as a multi-fidelity oracle counts it.

    Args:
        budget: int, r.
        most: int, R, the budget of the highest rung.
        before: int, the budget of the trial that this one continues; 0 for a new trial.
    """

    budget: int
    most: int
    before: int = 0

    @classmethod
    def of(cls, trial: "Trial", oracle: "keras_tuner.Oracle") -> "Rung | None":
        """Returns the rung of a KerasTuner trial; None where the oracle has no rungs."""
        values = trial.hyperparameters.values
        if "tuner/epochs" not in values:
            return None
        return cls(values["tuner/epochs"], oracle.max_epochs, values.get("tuner/initial_epoch", 0))


@dataclass(frozen=True)
class RungAllocation:
    """How much of the resource a trial is trained with; without rungs, all of it.

    Args:
        share: float in (0, 1], r / R.
        used: dict of names to values that replace the trial's; and `texts`, the share of the
            training texts, if the trial is trained on a part of them.
        seed: int, for the choice of these texts: the same for all trials, so that the rungs nest
            and trials are compared on the same texts.
        behind: int, epochs for which the trial's initial weights have been trained.
    """

    share: float = 1.0
    used: dict = field(default_factory=dict, hash=False)
    seed: int = 0
    behind: int = 0

    def rows(self, store: "TokenStore") -> "np.ndarray | None":
        """Returns the indices of the texts to train on; None for all."""
        part = self.used.get("texts", 1.0)
        return None if part >= 1 else store.fraction(part, self.seed)


FULL = RungAllocation()


@dataclass(frozen=True)
class Fidelity:
    """Allocates a rung's budget of r of R to a trial.

        epochs    r epochs, on all texts
        texts     all epochs of the trial, on round(r / R n_c) of the n_c texts of each class
        length    all epochs, all texts cut to ceil(r / R max_length) tokens, 16 at least

    Fewer epochs cost less because training ends earlier; fewer and shorter texts, because an epoch
    is shorter, so that the learning rate rises and falls once at every rung.

    Args:
        name: key of `FIDELITIES`.
        seed: int, for the choice of texts.

    Reference:
        Li et al. 2018, Hyperband, on resources other than iterations, 3 and 4.2.
        https://jmlr.org/papers/v18/16-558.html
        Klein et al. 2017, Fabolas, on fractions of the data.
        https://proceedings.mlr.press/v54/klein17a.html
    """

    name: str = "epochs"
    seed: int = 0

    def allocation(self, values: Mapping, rung: Rung | None) -> RungAllocation:
        """Returns what a trial of these values gets at this rung."""
        if rung is None:
            return FULL
        share = rung.budget / rung.most
        if self.name == "epochs":
            return RungAllocation(share, {"epochs": rung.budget}, behind=rung.before)
        if self.name == "texts":
            return RungAllocation(share, {"texts": share}, self.seed)
        limit = values["max_length"]
        cut = max(SHORTEST, math.ceil(share * limit))
        return RungAllocation(share, {"max_length": min(cut, limit)})


def check_fidelity(name: str, tuner: str) -> None:
    """Raises SpaceError unless the tuner can spend its budget in this way."""
    if name not in FIDELITIES:
        raise UnknownName(unknown("fidelity", name, FIDELITIES))
    if name != "epochs" and not has_parameter(tuner, "max_epochs"):
        with_rungs = next(each for each in oracles if has_parameter(each, "max_epochs"))
        raise SpaceError(
            f"fidelity is '{name}', but tuner '{tuner}' has no rungs to spend it on: every trial "
            f"gets all texts at full length. Take tuner='{with_rungs}', which has, or leave "
            "fidelity out."
        )
