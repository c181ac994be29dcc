"""The baseline that may join an average: one for each kind of input."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attn_tuner.inputs.kinds import kind_named
from attn_tuner.storage.layout import LINEAR, MINIROCKET, linear_answers, minirocket_answers
from attn_tuner.storage.trial_record import LINEAR_NAME, MINIROCKET_NAME


@dataclass(frozen=True)
class BaselineMember:
    """A baseline whose model may be averaged with trials, and is then exported with them.

    Args:
        name: its row in the leaderboard, and what stands for it among the IDs of trials.
        learnt: name of the file of what it has learnt.
        answers: from a part, "validation" or "test", to the name of the file of its predictions.
        fit: path of the function that measures it on stores, `linear_baseline`.
        build: path of the function from what it has learnt to a Keras model.
        held_out: whether `fit` gives answers to the inputs that it learns from, each as if it had
            not been among them.
        settled: whether `fit` takes the settings of an earlier fit, as `like`.
        logarithms: whether logarithms of probabilities may be averaged with its own: where
            benchmarks/averages.py found a gain.
    """

    name: str
    learnt: str
    answers: Callable[[str], str]
    fit: str
    build: str
    held_out: bool = False
    settled: bool = False
    logarithms: bool = False

    def part(self, name: str) -> Any:
        """Imports one of the functions: `part("build")`."""
        module, _, attribute = getattr(self, name).partition(":")
        return getattr(importlib.import_module(module), attribute)

    def stored(self, directory: str | Path) -> bool:
        """Returns whether a run folder has both of its files."""
        return all((Path(directory) / each).exists() for each in self.files())

    def files(self, *parts: str) -> list[str]:
        """Names its files, with the predictions of the given parts, or else of "validation"."""
        return [self.learnt, *map(self.answers, parts or ("validation",))]


LINEAR_MEMBER = BaselineMember(
    LINEAR_NAME,
    LINEAR,
    linear_answers,
    "attn_tuner.baselines.baselines:linear_baseline",
    "attn_tuner.layers.row_regression:text_or_row_model",
    settled=True,
    logarithms=True,
)
MINIROCKET_MEMBER = BaselineMember(
    MINIROCKET_NAME,
    MINIROCKET,
    minirocket_answers,
    "attn_tuner.baselines.series.minirocket:minirocket_baseline",
    "attn_tuner.layers.minirocket:minirocket_model",
    held_out=True,
)
MEMBERS = {each.name: each for each in (LINEAR_MEMBER, MINIROCKET_MEMBER)}


def member_of(kind: str) -> BaselineMember:
    """Returns the baseline that may join an average of models of a kind of input."""
    return kind_named(kind).part("member")
