"""Parts to check: made from values that are not their defaults, called, differentiated."""

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.layers.types import Tensor
from attn_tuner.registry import Variant
from attn_tuner.space import Choice, Dimension, Part

BATCH, STEPS, FEATURES = 4, 12, 8
LENGTHS = (12, 7, 1, 0)  # A whole row, a padded one, a single step, and no text at all.

# By how much two results may differ that are equal on paper.
TOLERANCE = {"float32": 2e-6, "mixed_float16": 5e-3, "float16": 5e-3, "bfloat16": 3e-2}


def far_corner(variant: Variant, **fixed: Any) -> Any:
    """The part made from a value other than the default in every dimension of its space.

    Args:
        variant: a member of a registry.
        **fixed: arguments to give as they are, `dtype="bfloat16"`.
    """
    values = {name: _other_value(dimension) for name, dimension in variant.space.items()}
    return variant(**{**values, **fixed})


def _other_value(dimension: Dimension) -> Any:
    if isinstance(dimension, Part):
        others = [name for name in dimension.names() if name != dimension.first()]
        name = others[-1] if others else dimension.first()
        return far_corner(dimension.registry[name])
    if isinstance(dimension, Choice):
        others = [value for value in dimension.values if value != dimension.default]
        return others[0] if others else dimension.default
    return dimension.low if dimension.low != dimension.default else dimension.high


def example(dtype: str = "float32", seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """States (batch, steps, features) and a mask with full, padded, single and empty rows."""
    states = np.random.default_rng(seed).normal(size=(BATCH, STEPS, FEATURES)).astype("float32")
    mask = np.arange(STEPS)[None] < np.array(LENGTHS)[:, None]
    return states, mask


def make(variant: Variant, dtype: str = "float32", seed: int = 0) -> keras.layers.Layer:
    """The far corner of a part, built, with weights drawn by NumPy and so alike everywhere."""
    with policy(dtype):
        layer = far_corner(variant)
        layer.build((BATCH, STEPS, FEATURES))
    draw = np.random.default_rng(seed)
    layer.set_weights([draw.normal(scale=0.4, size=each.shape) for each in layer.get_weights()])
    return layer


@contextlib.contextmanager
def policy(name: str) -> Iterator[None]:
    """Sets the Keras dtype policy of that name, for the length of a `with`."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def run(
    layer: keras.layers.Layer, states: Tensor, mask: Tensor | None = None, **options: Any
) -> Any:
    """The layer's answer as NumPy arrays in float32."""
    found = layer(ops.convert_to_tensor(states), mask=tensor(mask), **options)
    return keras.tree.map_structure(_array, found)


def gradients(
    layer: keras.layers.Layer, states: np.ndarray, mask: np.ndarray
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Gradients of the sum of squares of the answer: by the states, and by each trainable weight.

    Zeros stand where a backend gives none.
    """
    states = np.asarray(states, "float32")
    return _GRADIENTS[keras.backend.backend()](layer, states, mask)


def _loss(answer):
    return ops.sum(ops.square(ops.cast(answer, "float32")))


def _by_tensorflow(layer, states, mask):
    import tensorflow as tf

    states = tf.Variable(states)
    weights = [each.value for each in layer.trainable_variables]
    with tf.GradientTape() as tape:
        loss = _loss(layer(tf.convert_to_tensor(states), mask=tf.constant(mask)))
    found = tape.gradient(loss, [states, *weights], unconnected_gradients="zero")
    found = [tf.convert_to_tensor(each).numpy() for each in found]
    return found[0], found[1:]


def _by_jax(layer, states, mask):
    import jax

    fixed = [each.value for each in layer.non_trainable_variables]

    def loss(states, weights):
        answer, _ = layer.stateless_call(weights, fixed, states, mask=mask)
        return _loss(answer)

    weights = [each.value for each in layer.trainable_variables]
    by_states, by_weights = jax.jit(jax.grad(loss, argnums=(0, 1)))(states, weights)
    return np.asarray(by_states), [np.asarray(each) for each in by_weights]


def _by_torch(layer, states, mask):
    import torch

    states = ops.convert_to_tensor(states).requires_grad_()
    weights = [each.value for each in layer.trainable_variables]
    for each in weights:
        each.grad = None
    _loss(layer(states, mask=tensor(mask))).backward()
    found = [torch.zeros_like(each) if each.grad is None else each.grad for each in weights]
    return _array(states.grad), [_array(each) for each in found]


_GRADIENTS = {"tensorflow": _by_tensorflow, "jax": _by_jax, "torch": _by_torch}


def tensor(mask: Tensor | None) -> Tensor | None:
    return None if mask is None else ops.convert_to_tensor(mask)


def _array(tensor):
    return ops.convert_to_numpy(ops.cast(tensor, "float32"))


def close(found: np.ndarray, wanted: np.ndarray | float, tolerance: float, what: str) -> None:
    """Raises AssertionError where two arrays are further apart than allowed."""
    difference = np.max(np.abs(found - wanted), initial=0.0)
    assert difference <= tolerance, f"{what}: {difference:.2g} apart, {tolerance:.2g} allowed."
