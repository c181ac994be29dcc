"""Compiles a model: loss, optimizer, schedule of the learning rate, and metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.tasks import Task
from attn_tuner.training.adversarial import ExtraLosses, PerturbedLosses, RegularizedModel
from attn_tuner.training.losses import PinballLoss, SmoothedCrossentropy, loss_of
from attn_tuner.training.named_metrics import metrics_of
from attn_tuner.training.row_adamw import RowAdamW
from attn_tuner.training.schedules import ema_momentum, rate_for, warmed_cosine


@dataclass(frozen=True)
class Compilation:
    """Says how the model of these values is trained.

    Args:
        values: of the dimensions, by path.
        task: what the model answers.
        classes: number of classes, labels or numbers.
        scale, loss, metrics, optimizer, training_texts, seed: as in `AttentionHyperModel`.
        has_vectors: whether there are word vectors with which the embedding may begin.
    """

    values: Mapping[str, Any]
    task: Task
    classes: int
    scale: tuple[float, float]
    loss: Any
    metrics: Sequence[Any] | None
    optimizer: Any
    training_texts: int | None
    has_vectors: bool
    seed: int | None

    def compile(self, model: keras.Model) -> None:
        """Compiles a model, and makes the variables of its optimizer and of its metrics."""
        # XLA compiles anew for every length of batch, which costs more than it saves on text.
        jit = "auto" if keras.backend.backend() == "jax" else False
        loss, weight = self._loss()
        metrics = metrics_of(self.metrics, self.task, self.classes)
        # Texts without labels are in the batches with a weight of 0.
        weighed = ExtraLosses.of(self.values).read_unlabelled
        model.compile(
            self._optimizer(),
            loss,
            None if weight == 1.0 else [weight],
            jit_compile=jit,
            **{"weighted_metrics" if weighed else "metrics": metrics},
        )
        # A checkpoint's optimiser state is skipped by Keras unless the optimiser has its variables.
        model.optimizer.build(model.trainable_variables)
        if self.loss is None:  # What targets another loss takes is not known.
            self._build_metrics(model)

    def regularize(self, model: RegularizedModel, boundary: list, terms: ExtraLosses) -> None:
        """Adds terms to the loss of a model.

        Args:
            model: the model.
            boundary: the tensors that are perturbed, as in `ContextLayers.read`.
            terms: which terms, and their weights.
        """
        loss, weight = self._loss()
        graph = (model.inputs, boundary, model.outputs[0])
        model.regularize(PerturbedLosses(terms, *graph, loss, self.task.kind, weight, self.seed))

    def _loss(self) -> tuple[Any, float]:
        """The loss, and the factor by which it counts."""
        if self.loss is not None:
            return self.loss, 1.0
        power = -1 if self.task.levels else -2  # Of an error, or of its square.
        weight = self.scale[1] ** power if self.task.kind == "number" else 1.0
        smoothing = self.values.get("label_smoothing", 0.0)
        return loss_of(self.task.loss, smoothing, self.task.levels), weight

    def _optimizer(self) -> keras.optimizers.Optimizer:
        given = self.optimizer
        if given is None:
            return RowAdamW(
                self._rate(),
                weight_decay=self.values["weight_decay"],
                clipnorm=1.0,
                still=self._still(),
                average=self._average(),
            )
        if isinstance(given, keras.optimizers.Optimizer):
            return given.from_config(given.get_config())  # Each model trains with its own.
        if isinstance(given, str):
            given = type(keras.optimizers.get(given))
        return given(self._rate())

    def _rate(self) -> Any:
        peak = rate_for(self.values["batch_size"], self.values["learning_rate"])
        steps = self._steps()
        return peak if steps is None else warmed_cosine(peak, steps, last=0.05)

    def _batches(self) -> int | None:
        """Batches of an epoch; None where it is not known how many texts that has."""
        if self.training_texts is None:
            return None
        return -(-self.training_texts // self.values["batch_size"])

    def _steps(self) -> int | None:
        """Batches of the whole training; None where its length is not known."""
        batches, values = self._batches(), self.values
        return None if batches is None or "epochs" not in values else batches * values["epochs"]

    def _still(self) -> int:
        """Batches in which word vectors are left as they are."""
        if not self.has_vectors or self.values.get("embedding_init") != "word_vectors":
            return 0
        return (self._batches() or 0) * self.values.get("embedding_frozen_epochs", 0)

    def _average(self) -> float:
        """The momentum of the weights' averages; 0 where none are kept."""
        steps = self._steps()
        if not self.values.get("use_ema", False) or steps is None:
            return 0.0
        return ema_momentum(steps)

    def _build_metrics(self, model: keras.Model) -> None:
        """Makes the variables of the metrics now; TensorFlow would trace a first step twice."""
        answers = np.zeros((1, *model.output.shape[1:]), "float32")
        truths = np.zeros(1 if self.task.kind == "class" else answers.shape, "int32")
        model.compute_metrics(None, ops.convert_to_tensor(truths), ops.convert_to_tensor(answers))
        model.reset_metrics()


def is_loss_of(task: Task, loss: Any) -> bool:
    """Returns whether a loss is one with which models of a task are compiled here.

    Args:
        task: what the model answers.
        loss: str or `keras.losses.Loss` of a compiled model.
    """
    if isinstance(loss, str):
        return loss == task.loss
    return isinstance(loss, SmoothedCrossentropy | PinballLoss | keras.losses.BinaryCrossentropy)
