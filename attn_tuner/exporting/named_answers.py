"""How what holds a model names the model's answers, whatever the model reads."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attn_tuner.tasks import Task, task_named


class NamedAnswers:
    """A mixin for what has a `task` and the names of its `classes`."""

    task: str
    classes: Sequence[str]

    @property
    def answers(self) -> Task:
        """The task."""
        return task_named(self.task, len(self.classes))

    @property
    def kind(self) -> str:
        """Kind of the answers: a key of `metrics.MEASURES`."""
        return self.answers.kind

    @property
    def width(self) -> int:
        """Columns of the answers: one for each class, label or number."""
        return len(self.classes) or 1

    def columns(self, given: np.ndarray) -> np.ndarray:
        """Converts the model's output to one column per class, label or number."""
        return self.answers.columns(given)

    def label(self, row: np.ndarray) -> str:
        """Formats one row of answers: the class, the labels joined, or the number."""
        return self.answers.label(row, self.classes)

    def odd_inputs(self, given: Sequence[Any]) -> list:
        """Makes of inputs others on which an export might differ where it agrees on the given.

        Args:
            given: inputs as the class reads them.
        """
        return []

    def always_answers(self, noun: str, other: str) -> list[str]:
        """Says for the model card that an input of none of the classes is answered too.

        Args:
            noun: str, one input: "text".
            other: str, of what else it may be: "of another language".
        """
        if self.kind != "class":
            return []
        if getattr(self, "known", None):
            told = f"`known` is False where a {noun} is probably none."
            return [f"It always names one of its classes; {told}"]
        return [f"It always names one of its classes, even for a {noun} {other}."]
