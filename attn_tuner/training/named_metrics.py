"""Metrics by name that Keras has for one-hot targets only: F1 and the area under the ROC curve."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import ops

from attn_tuner.errors import SpaceError, UnknownName
from attn_tuner.layers.types import Tensor
from attn_tuner.registry import unknown
from attn_tuner.tasks import THRESHOLD, Task

AVERAGES = ("macro", "micro")
_OF_KERAS = {
    "class": ("accuracy",),
    "labels": ("binary_accuracy", "precision", "recall"),
    "number": ("mean_absolute_error", "mean_squared_error", "root_mean_squared_error"),
}


@keras.saving.register_keras_serializable(package="attn_tuner")
class F1(keras.metrics.Metric):
    """F1 of classes or labels, whose targets are class numbers, one-hot or a 0/1 matrix.

        f_c = 2 tp_c / (2 tp_c + fp_c + fn_c)
        macro = mean_c f_c,  over the classes that were seen or predicted
        micro = the same of the counts summed over c

    Args:
        classes: int, number of classes or labels.
        average: "macro" or "micro".
        labels: bool, whether a text may have several of them; a probability of at least 0.5
            then predicts each.

    Shapes:
        y_true `(batch,)` or `(batch, 1)` class numbers, or `(batch, classes)`; y_pred `(batch,
        classes)` probabilities, or `(batch, 1)` for the second of two classes.
    """

    def __init__(
        self,
        classes: int,
        average: str = "macro",
        labels: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name or f"f1_{average}", **kwargs)
        if average not in AVERAGES:
            raise SpaceError(f"average is {average!r}. It should be one of {', '.join(AVERAGES)}.")
        self.classes, self.average, self.labels = int(classes), average, bool(labels)
        add = self.add_variable
        self.hits = add(shape=(self.classes,), initializer="zeros", name="hits")
        self.wanted = add(shape=(self.classes,), initializer="zeros", name="wanted")
        self.said = add(shape=(self.classes,), initializer="zeros", name="said")

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        truth, answers = _columns(y_true, y_pred, self.classes, self.labels)
        if self.labels:
            said = ops.cast(answers >= THRESHOLD, "float32")
        else:
            said = ops.one_hot(ops.argmax(answers, axis=-1), self.classes, dtype="float32")
        weight: Any = 1.0
        if sample_weight is not None:
            weight = ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1))
        self.hits.assign_add(ops.sum(weight * truth * said, axis=0))
        self.wanted.assign_add(ops.sum(weight * truth, axis=0))
        self.said.assign_add(ops.sum(weight * said, axis=0))

    def result(self) -> Tensor:
        hits, both = ops.cast(self.hits, "float32"), self.wanted + self.said
        if self.average == "micro":
            return 2.0 * ops.sum(hits) / ops.maximum(ops.sum(both), 1e-7)
        seen = ops.cast(both > 0, "float32")
        each = 2.0 * hits / ops.maximum(both, 1e-7)
        return ops.sum(each * seen) / ops.maximum(ops.sum(seen), 1.0)

    def get_config(self) -> dict[str, Any]:
        own = {"classes": self.classes, "average": self.average, "labels": self.labels}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="attn_tuner")
class ClassAUC(keras.metrics.AUC):
    """Area under the ROC curve, one class against the rest, averaged over the classes.

    Args:
        classes: int, number of classes or labels.
        labels: bool, whether a text may have several of them.

    Shapes:
        as `F1`.
    """

    def __init__(self, classes: int, labels: bool = False, name: str = "auc", **kwargs: Any):
        kwargs |= {"multi_label": True, "num_labels": int(classes)}
        super().__init__(name=name, **kwargs)
        self.classes, self.of_labels = int(classes), bool(labels)

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> None:
        truth, answers = _columns(y_true, y_pred, self.classes, self.of_labels)
        super().update_state(truth, answers, sample_weight)

    def get_config(self) -> dict[str, Any]:
        config = {**super().get_config(), "classes": self.classes, "labels": self.of_labels}
        config.pop("num_labels", None)
        return config


def metrics_of(given: Sequence | None, task: Task, classes: int) -> list:
    """New metrics for `compile`: of names, and copies of Keras' metrics.

    Args:
        given: names, `keras.metrics.Metric` and functions of Keras' kind; None for the usual ones.
        task: of the model.
        classes: number of classes or labels.

    Raises:
        UnknownName: there is no metric of that name for this task.
    """
    usual = {"class": ["accuracy"], "labels": ["binary_accuracy"], "number": []}
    names = usual[task.kind] if given is None else given
    return [_metric(each, task, classes) for each in names]


def _metric(given: Any, task: Task, classes: int):
    if isinstance(given, keras.metrics.Metric):
        return given.from_config(given.get_config())  # Each model counts on its own.
    if not isinstance(given, str):
        return copy.copy(given)
    own = _own_metrics(task, classes)
    if given in own:
        return own[given]()
    try:
        keras.metrics.get(given if given != "accuracy" else "categorical_accuracy")
    except ValueError:
        known = [*own, *_OF_KERAS[task.kind]]
        raise UnknownName(unknown(f"metric of {task.name}", given, known)) from None
    return given


def _own_metrics(task: Task, classes: int) -> dict[str, Callable]:
    if task.kind == "number":
        return {}
    labels = task.kind == "labels"
    return {
        **{f"f1_{each}": lambda each=each: F1(classes, each, labels) for each in AVERAGES},
        "auc": lambda: ClassAUC(classes, labels),
    }


def _columns(y_true, y_pred, classes: int, labels: bool):
    """Truth and answers with a column per class, float32."""
    answers = ops.cast(y_pred, "float32")
    if not labels and answers.shape[-1] == 1:
        answers = ops.concatenate([1.0 - answers, answers], axis=-1)
    one_hot = len(y_true.shape) > 1 and y_true.shape[-1] == classes and classes > 1
    if labels or one_hot:
        return ops.cast(y_true, "float32"), answers
    numbers = ops.cast(ops.reshape(y_true, (-1,)), "int32")
    return ops.one_hot(numbers, classes, dtype="float32"), answers
