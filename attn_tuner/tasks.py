"""What a model answers about a text: one class, several labels, or a number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attn_tuner.errors import UnknownName
from attn_tuner.metrics import MEASURES, both_columns, kind_of
from attn_tuner.registry import unknown

THRESHOLD = 0.5  # Probability from which a text has a label.
JOINED = ", "  # Between the labels of one text where they are shown as one string.


@dataclass(frozen=True)
class Task:
    """A kind of answer, and how a Keras model is made to give it.

    Args:
        name: "binary", "multiclass", "multilabel" or "regression".
        kind: key of `metrics.MEASURES`: what the truth about a text is.
        objective: the measure by which models are chosen unless another is named.
        activation, loss: of the model's last layer.
    """

    name: str
    kind: str
    objective: str
    activation: str
    loss: str

    def outputs(self, classes: int) -> int:
        """Columns of the model's output."""
        return classes if self.name in ("multiclass", "multilabel") else 1

    def columns(self, given: np.ndarray) -> np.ndarray:
        """The model's output with a column a class, label or number, float32."""
        given = np.asarray(given, "float32")
        return both_columns(given).astype("float32") if self.kind == "class" else given

    def check(self, objective: str | None) -> str:
        """The objective, or the usual one for None.

        Raises:
            UnknownName: it does not measure answers of this kind.
        """
        if objective is not None and objective not in MEASURES[self.kind]:
            raise UnknownName(unknown(f"objective of {self.name}", objective, MEASURES[self.kind]))
        return objective or self.objective

    def label(self, row: np.ndarray, classes: Sequence[str]) -> str:
        """One row of `columns` in words: the class, the labels joined, or the number."""
        if self.kind == "number":
            return f"{row[0]:g}"
        if self.kind == "labels":
            return JOINED.join(labels_of(row, classes))
        return classes[int(np.argmax(row))]


TASKS = {
    task.name: task
    for task in (
        Task("binary", "class", "accuracy", "sigmoid", "binary_crossentropy"),
        Task("multiclass", "class", "accuracy", "softmax", "sparse_categorical_crossentropy"),
        Task("multilabel", "labels", "f1_micro", "sigmoid", "binary_crossentropy"),
        Task("regression", "number", "rmse", "linear", "mean_squared_error"),
    )
}


def task_named(name: str | None, classes: int) -> Task:
    """The task of this name; by the number of classes where there is none."""
    if not name:
        return TASKS["binary" if classes == 2 else "multiclass"]
    if name not in TASKS:
        raise UnknownName(unknown("task", name, TASKS))
    return TASKS[name]


def task_of(labels: np.ndarray, classes: int) -> Task:
    """The task that these labels are the truth of."""
    names = {"labels": "multilabel", "number": "regression"}
    return task_named(names.get(kind_of(labels)), classes)


def labels_of(row: np.ndarray, classes: Sequence[str]) -> list[str]:
    """The labels whose probability reaches the threshold."""
    return [name for name, sure in zip(classes, row, strict=True) if sure >= THRESHOLD]
