"""What a model answers about an input: one class, several labels, a number, or several."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from attn_tuner.errors import UnknownName
from attn_tuner.metrics import MEASURES, QUANTILES, both_columns, kind_of, points_of
from attn_tuner.registry import unknown

THRESHOLD = 0.5  # Probability from which a text has a label.
JOINED = ", "  # Between the labels of one text where they are shown as one string.


@dataclass(frozen=True)
class Task:
    """A kind of answer, and how a Keras model is made to give it.

    Args:
        name: "binary", "multiclass", "multilabel", "regression", "forecast" or "quantiles"; with
            other than the usual quantiles "quantiles 0.05 0.5 0.95".
        kind: what the truth about an input is, as `metrics.kind_of` tells it of labels.
        objective: the measure by which models are chosen unless another is named.
        activation, loss: of the model's last layer.
        several: whether an answer has several numbers, each with a name in the place of a class.
        levels: of the quantiles that are forecast of each number, rising, with 0.5 among them; none
            of other tasks.
    """

    name: str
    kind: str
    objective: str
    activation: str
    loss: str
    several: bool = False
    levels: tuple[float, ...] = ()

    @property
    def measures(self) -> dict[str, str]:
        """The objectives of these answers by name, with "max" or "min"."""
        return MEASURES["numbers" if self.several else self.kind]

    def outputs(self, classes: int) -> int:
        """Columns of the model's output."""
        return classes if self.several or self.name in ("multiclass", "multilabel") else 1

    def columns(self, given: np.ndarray) -> np.ndarray:
        """The model's output with a column a class, label or number, float32."""
        given = np.asarray(given, "float32")
        return both_columns(given).astype("float32") if self.kind == "class" else given

    def check(self, objective: str | None) -> str:
        """The objective, or the usual one for None.

        Raises:
            UnknownName: it does not measure answers of this kind.
        """
        if objective is not None and objective not in self.measures:
            raise UnknownName(unknown(f"objective of {self.name}", objective, self.measures))
        return objective or self.objective

    def label(self, row: np.ndarray, classes: Sequence[str]) -> str:
        """One row of `columns` in words: the class, the labels joined, or the numbers."""
        if self.kind == "number":
            return JOINED.join(f"{each:g}" for each in self.points(row))
        if self.kind == "labels":
            return JOINED.join(labels_of(row, classes))
        return classes[int(np.argmax(row))]

    def label_width(self, outputs: int) -> int:
        """Numbers of a label, of a model with so many outputs."""
        return outputs // len(self.levels) if self.levels else outputs

    def points(self, row: np.ndarray) -> np.ndarray:
        """The numbers of a row of `columns`, of quantiles the medians: `(numbers,)`."""
        return points_of(np.asarray(row)[None], self.label_width(len(row)), self.levels)[0]


QUANTILE_TASK = "quantiles"
_QUANTILE = re.compile(r"step \d+ q(0\.\d+|\d(?:\.\d+)?e-\d+)")  # As `number_names` writes one.
TASKS = {
    task.name: task
    for task in (
        Task("binary", "class", "accuracy", "sigmoid", "binary_crossentropy"),
        Task("multiclass", "class", "accuracy", "softmax", "sparse_categorical_crossentropy"),
        Task("multilabel", "labels", "f1_micro", "sigmoid", "binary_crossentropy"),
        Task("regression", "number", "rmse", "linear", "mean_squared_error"),
        Task("forecast", "number", "mae", "linear", "mean_squared_error", several=True),
        Task(QUANTILE_TASK, "number", "pinball", "linear", "pinball", True, QUANTILES),
    )
}


def task_named(name: str | None, classes: int) -> Task:
    """The task of this name; by the number of classes where there is none."""
    if not name:
        return TASKS["binary" if classes == 2 else "multiclass"]
    first, *levels = name.split(" ")
    if first not in TASKS or (levels and first != QUANTILE_TASK):
        raise UnknownName(unknown("task", name, TASKS))
    task = TASKS[first]
    return replace(task, name=name, levels=tuple(map(float, levels))) if levels else task


def quantile_task(levels: Sequence[float] = QUANTILES) -> str:
    """Names the task that forecasts these quantiles of each number.

    Args:
        levels: rising, with 0.5 among them.
    """
    if tuple(levels) == QUANTILES:
        return QUANTILE_TASK
    return " ".join([QUANTILE_TASK, *(f"{level:g}" for level in levels)])


def task_of(labels: np.ndarray, classes: Sequence[str]) -> Task:
    """The task that these labels are the truth of.

    Args:
        labels: as of `metrics.measure`.
        classes: names of the classes, or of the numbers that are answered.
    """
    if kind_of(labels) == "number" and np.ndim(labels) == 2:
        levels = levels_of(classes)
        return task_named(quantile_task(levels) if levels else "forecast", len(classes))
    names = {"labels": "multilabel", "number": "regression"}
    return task_named(names.get(kind_of(labels)), len(classes))


def levels_of(names: Sequence[str]) -> tuple[float, ...]:
    """Returns the levels of the quantiles that `number_names` named; none of other names."""
    found = [_QUANTILE.fullmatch(name) for name in names]
    return tuple(sorted({float(each[1]) for each in found if each})) if all(found) else ()


def number_names(task: str, steps: int) -> tuple[str, ...]:
    """Names the numbers of a forecast, in the order of a model's columns.

    Args:
        task: name of a task of several numbers; of quantiles with a column for each a step.
        steps: int, numbers of a label.
    """
    names = [f"step {number}" for number in range(1, steps + 1)]
    if levels := task_named(task, steps).levels:
        names = [f"{name} q{level:g}" for name in names for level in levels]
    return tuple(names)


def labels_of(row: np.ndarray, classes: Sequence[str]) -> list[str]:
    """The labels whose probability reaches the threshold."""
    return [name for name, sure in zip(classes, row, strict=True) if sure >= THRESHOLD]
