"""The embedded words of a batch, shifted, and the gradient of what a model answers for them."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from attn_tuner.layers.types import Tensor

# Times the losses whose slopes are taken, of which only the direction counts: in half precision
# those of a long text would round to 0.
LIFT = 1024.0


class ModelPart(keras.layers.Layer):
    """Computes a part of a model's graph anew; the model's layers stay the model's own."""

    def __init__(self, inputs: list[Tensor], outputs: Any):
        super().__init__(autocast=False, name="model_part")
        self.function = keras.Function(inputs, outputs)

    def call(self, inputs: list[Tensor], training: bool = False) -> Any:
        return self.function(inputs)


class PerturbedWords:
    """The embedded words of a batch, and what a model answers where they are shifted."""

    def __init__(self, rest: ModelPart, words: Tensor, mask: Tensor, others: list[Tensor]):
        self.rest, self.words, self.mask, self.others = rest, words, mask, others
        self.present = ops.cast(mask, "float32")[..., None]
        exact = ops.stop_gradient(ops.cast(words, "float32"))
        count = ops.maximum(ops.sum(self.present), 1.0)
        mean = ops.sum(self.present * exact, axis=(0, 1)) / count
        squares = self.present * ops.square(exact - mean)
        self.deviations = ops.sqrt(ops.sum(squares, axis=(0, 1)) / count)

    def answers(self, shift: Tensor, training: bool = False) -> Tensor:
        """Returns what the model answers where the words are shifted."""
        words = ops.cast(ops.cast(self.words, "float32") + shift, self.words.dtype)
        return self.rest([words, self.mask, *self.others], training=training)

    def slopes(self, function: Callable[[Tensor], Tensor], shift: Tensor) -> Tensor:
        """Returns the slopes of a function at a shift, for words of variance 1."""
        return self.deviations * gradient(lambda at: LIFT * function(at), shift)

    def shift(self, direction: Tensor, norm: float) -> Tensor:
        """Returns a step of that norm in units of the deviations, 0 where there is no direction."""
        direction = ops.where(ops.isfinite(direction), direction, 0.0) * self.present
        # Squares of small slopes would round to 0.
        highest = ops.max(ops.abs(direction), axis=(1, 2), keepdims=True)
        direction = direction / ops.where(highest > 0, highest, 1.0)
        length = ops.sqrt(ops.sum(ops.square(direction), axis=(1, 2), keepdims=True))
        step = norm * direction / ops.where(length > 0, length, 1.0)
        return ops.stop_gradient(self.deviations * step)


def gradient(function: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """Returns the gradient of a scalar function, on the backend of Keras.

    Args:
        function: of a tensor; it may not change variables, which JAX does not allow here.
        at: float tensor.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(at)
            value = function(at)
        return tape.gradient(value, at)
    if backend == "torch":
        import torch

        with torch.enable_grad():
            at = at.detach().requires_grad_(True)
            return torch.autograd.grad(function(at), at)[0]
    import jax

    return jax.grad(function)(at)
