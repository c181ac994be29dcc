"""Averages, maxima and softmax that ignore padding.

All of them compute in float32 at least, give exact zeros at padding and zeros for a row without
text, and have finite gradients everywhere.
"""

from collections.abc import Callable

from keras import ops

from attn_tuner.layers.types import Tensor


def precise(tensor: Tensor) -> Tensor:
    """Returns the tensor in float32; one in float64 as it is."""
    is_double = getattr(tensor, "dtype", None) is not None and "float64" in str(tensor.dtype)
    return ops.cast(tensor, "float64" if is_double else "float32")


def masked_normalize(
    scores: Tensor,
    mask: Tensor | None = None,
    rule: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Tensor:
    """Turns scores into weights that are at least 0, sum to 1, and are exactly 0 at padding.

        a = exp(s - top) / sum exp(s - top),  top = max s, over the steps with text

    Args:
        scores: (..., steps), of any float dtype.
        mask: bool, broadcast to the scores' shape; None for no padding.
        rule: (scores, mask) -> weights, used instead of the softmax. It gets float32 scores that
            are 0 at padding, and the mask.

    Returns:
        Weights in float32, (..., steps); a row without text is all zeros.
    """
    scores = precise(scores)
    mask = ops.ones_like(scores, dtype="bool") if mask is None else ops.cast(mask, "bool")
    if rule is None:
        return softmax(scores, mask)
    # The gradient of what is replaced here is exactly zero, whatever the rule does.
    return rule(ops.where(mask, scores, ops.zeros_like(scores)), mask)


def softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Returns the softmax over the last axis, 0 at padding.

    Args:
        scores: (..., steps), float32 or float64.
        mask: bool, broadcast to the scores' shape.
    """
    if scores.shape[-1] == 1:  # A single step takes all; Keras would warn that it does.
        return ops.where(mask, ops.ones_like(scores), ops.zeros_like(scores))
    # Padding must not set the maximum either, or a large padded score would underflow all others.
    # So low a score has an exponential of exactly 0, except in a row without text.
    weights = ops.softmax(ops.where(mask, scores, ops.cast(-3e38, scores.dtype)), axis=-1)
    return ops.where(ops.any(mask, axis=-1, keepdims=True), weights, ops.zeros_like(weights))


def below_highest(scores: Tensor, mask: Tensor, floor: float = -10.0) -> Tensor:
    """Returns the scores minus the maximum of their row, clipped to `floor`; padding gets `floor`.

    For rules under which a step far below the maximum gets no weight.

    Args:
        scores: (..., steps).
        mask: bool, of that shape.
        floor: the lowest value returned.
    """
    top = ops.stop_gradient(ops.max(ops.where(mask, scores, -1e30), axis=-1, keepdims=True))
    return ops.where(mask, ops.maximum(scores - top, floor), floor)


def uniform(mask: Tensor) -> Tensor:
    """Returns equal weights on all steps with text, (batch, steps) in float32."""
    present = ops.cast(mask, "float32")
    return present / ops.maximum(ops.sum(present, axis=-1, keepdims=True), 1.0)


def last_only(mask: Tensor) -> Tensor:
    """Returns weights of 1 on the last step with text, (batch, steps) in float32."""
    places = ops.arange(ops.shape(mask)[1], dtype="int32")[None, :]
    last = ops.max(ops.where(mask, places, -1), axis=1, keepdims=True)
    return ops.cast(ops.equal(places, last), "float32")


def first_only(mask: Tensor) -> Tensor:
    """Returns weights of 1 on the first step with text, (batch, steps) in float32."""
    present = ops.cast(mask, "float32")
    return present * ops.cast(ops.equal(places(mask), 0.0), "float32")


def places(mask: Tensor) -> Tensor:
    """Returns how many steps with text come before each step, (batch, steps) in float32."""
    return ops.cumsum(ops.cast(mask, "float32"), axis=1) - 1.0


def average(weights: Tensor, states: Tensor) -> Tensor:
    """Returns weighted sums of states: (batch, hops, steps) x (batch, steps, features)."""
    return ops.matmul(ops.cast(weights, states.dtype), states)


def highest(states: Tensor, mask: Tensor) -> Tensor:
    """Returns the maximum of each feature over the steps with text, 0 without any."""
    lowest = -6e4 if "float16" in str(states.dtype) else -1e30  # bfloat16 lies well within.
    top = ops.max(ops.where(mask[:, :, None], states, ops.cast(lowest, states.dtype)), axis=1)
    return ops.where(ops.any(mask, axis=1, keepdims=True), top, ops.zeros_like(top))
