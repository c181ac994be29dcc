"""Sums, extremes and normalisation that padding cannot reach.

All of it runs in float32 at least, gives exact zeros at padding and zeros for an empty row, and
has finite gradients everywhere.
"""

from collections.abc import Callable

from keras import ops

from attn_tuner.layers.types import Tensor


def precise(tensor: Tensor) -> Tensor:
    """The tensor in float32, or in float64 where it is that already."""
    is_double = getattr(tensor, "dtype", None) is not None and "float64" in str(tensor.dtype)
    return ops.cast(tensor, "float64" if is_double else "float32")


def masked_normalize(
    scores: Tensor,
    mask: Tensor | None = None,
    rule: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> Tensor:
    """Scores become weights: at least 0, summing to 1, exactly 0 at padding.

        a = exp(s - top) / sum exp(s - top),  top = max s, over the steps with text

    Args:
        scores: (..., steps), of any float dtype.
        mask: bool, broadcast to the scores' shape; None for no padding.
        rule: (scores, mask) -> weights in place of the softmax; it gets float32 scores that are 0
            at padding, and the mask.

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
    """The masked softmax over the last axis."""
    if scores.shape[-1] == 1:  # A single step takes all; Keras would warn that it does.
        return ops.where(mask, ops.ones_like(scores), ops.zeros_like(scores))
    # Padding must not set the maximum either, or a large padded score would underflow every real
    # one. Behind this its power is exactly 0, except in a row without text.
    weights = ops.softmax(ops.where(mask, scores, ops.cast(-3e38, scores.dtype)), axis=-1)
    return ops.where(ops.any(mask, axis=-1, keepdims=True), weights, ops.zeros_like(weights))


def below_highest(scores: Tensor, mask: Tensor, floor: float = -10.0) -> Tensor:
    """Scores minus the row's maximum, no lower than `floor`, which padding gets as well.

    For rules under which a step far below the maximum weighs nothing.
    """
    top = ops.stop_gradient(ops.max(ops.where(mask, scores, -1e30), axis=-1, keepdims=True))
    return ops.where(mask, ops.maximum(scores - top, floor), floor)


def uniform(mask: Tensor) -> Tensor:
    """The same weight on every step with text, (batch, steps) in float32."""
    present = ops.cast(mask, "float32")
    return present / ops.maximum(ops.sum(present, axis=-1, keepdims=True), 1.0)


def last_only(mask: Tensor) -> Tensor:
    """All the weight on the last step with text, (batch, steps) in float32."""
    places = ops.arange(ops.shape(mask)[1], dtype="int32")[None, :]
    last = ops.max(ops.where(mask, places, -1), axis=1, keepdims=True)
    return ops.cast(ops.equal(places, last), "float32")


def places(mask: Tensor) -> Tensor:
    """How many steps with text come before each step, (batch, steps) in float32."""
    return ops.cumsum(ops.cast(mask, "float32"), axis=1) - 1.0


def average(weights: Tensor, states: Tensor) -> Tensor:
    """Weighted sums of the states: (batch, hops, steps) x (batch, steps, features)."""
    return ops.matmul(ops.cast(weights, states.dtype), states)


def highest(states: Tensor, mask: Tensor) -> Tensor:
    """The maximum of each feature over the steps with text, (batch, features); 0 for none."""
    lowest = -6e4 if "float16" in str(states.dtype) else -1e30  # bfloat16 lies well within.
    top = ops.max(ops.where(mask[:, :, None], states, ops.cast(lowest, states.dtype)), axis=1)
    return ops.where(ops.any(mask, axis=1, keepdims=True), top, ops.zeros_like(top))
