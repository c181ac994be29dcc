"""Chooses between values of which some are missing, alike in TensorFlow and in ONNX."""

from typing import Any

from keras import ops

from attn_tuner.layers.types import Tensor


def choose(condition: Any, there: Tensor, elsewhere: Tensor) -> Tensor:
    """Returns `where(condition, there, elsewhere)` of tensors that hold NaN.

    tf2onnx makes c x + (1 - c) y of it, where NaN on the other side comes through. It leaves it as
    it is if the condition is `isnan` or one side a constant with NaN.

    Args:
        condition: bool, of a shape that broadcasts.
        there, elsewhere: numbers, of one shape.
    """
    missing = ops.where(condition, ops.isnan(there), ops.isnan(elsewhere))
    return ops.where(missing, float("nan"), ops.where(condition, known(there), known(elsewhere)))


def known(values: Tensor) -> Tensor:
    """Returns the values, 0 where one is missing."""
    # Not where(not absent, values, 0), from which tf2onnx makes a graph that keeps NaN.
    return ops.where(ops.isnan(values), ops.zeros_like(values), values)
