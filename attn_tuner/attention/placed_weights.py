"""The attention weights of all heads of a model, over the tokens or steps of its input."""

import keras
from keras import ops

from attn_tuner.attention.base import AttentionWeights, Head, attention_model
from attn_tuner.layers.downsampling import Downsampling, SpreadOverSteps
from attn_tuner.layers.series_input import StepLimit, step_mask
from attn_tuner.layers.token_limits import TokenLimits
from attn_tuner.layers.types import Tensor
from attn_tuner.text.token_ids import PADDING

_NO_LIMIT = 2**31 - 1


def with_attention(
    model: keras.Model, cut_before: tuple[int | None, str] | None = None
) -> keras.Model:
    """Returns a model of the same input with outputs `probabilities`, and `weights` of its heads.

    The weights (batch, hops, steps) are those of all hops of all heads. A head after a layer that
    truncates the input has fewer steps; its weights are placed at the steps that they belong to,
    with 0 at the others. Where windows of steps were averaged, the steps of a window share its
    weight.

    Args:
        model: a Functional model of ids, of ids and columns, or of raw series of numbers.
        cut_before: (max_length, truncation) to which the input was truncated already, so that a
            layer with these limits has nothing to truncate.
    """
    outputs = {"probabilities": model.outputs[0]}
    if any(isinstance(layer, Head) for layer in model.layers):
        placed = list(placed_weights(model, cut_before).values())
        outputs["weights"] = placed[0] if len(placed) == 1 else ops.concatenate(placed, axis=1)
    return keras.Model(_given(model), outputs)


def placed_weights(model: keras.Model, cut_before: tuple[int | None, str] | None = None) -> dict:
    """Returns the weights (batch, hops, steps) of each head by its name, over the input's steps.

    Args:
        model: a Functional model of ids or series, with a head.
        cut_before: as in `with_attention`.
    """
    found = attention_model(model)
    shared = isinstance(found, AttentionWeights)  # A head that is called twice.
    rows = found(_given(model)) if shared else found.output
    heads = [layer for layer in model.layers if isinstance(layer, Head)]
    return {head.name: _placed(rows[head.name], model, head, cut_before) for head in heads}


def _given(model: keras.Model) -> Tensor | list[Tensor]:
    """Returns the input of a model, or a list of several: ids, then the columns beside them."""
    return model.inputs if len(model.inputs) > 1 else model.inputs[0]


def _placed(
    weights: Tensor, model: keras.Model, head: Head, cut_before: tuple[int | None, str] | None
) -> Tensor:
    """Turns weights over the steps of the head into weights over the steps of the input."""
    before = keras.Model(model.inputs, head.input).layers
    averaged = next((layer for layer in before if isinstance(layer, Downsampling)), None)
    if averaged is not None:
        weights = SpreadOverSteps(averaged.factor)(weights, step_mask(averaged.input))
    limits = next((layer for layer in before if isinstance(layer, TokenLimits | StepLimit)), None)
    if limits is None or limits.max_length is None:
        return weights
    if (limits.max_length, limits.truncation) == cut_before:
        return weights
    read = _steps_read if isinstance(limits, StepLimit) else _tokens_read
    seen, places = read(model.inputs[0], limits)
    same = ops.equal(seen[:, :, None], places[:, None, :])
    return ops.matmul(weights, ops.cast(same, weights.dtype))


def _tokens_read(ids: Tensor, limits: TokenLimits) -> tuple[Tensor, Tensor]:
    """Returns which places of the input the model reads, and all places: `(batch, steps)` each."""
    places = ops.cumsum(ops.ones_like(ids), axis=1)  # From 1, for 0 is padding.
    cut = TokenLimits(_NO_LIMIT, limits.max_length, limits.truncation)
    return cut(ops.where(ops.not_equal(ids, PADDING), places, PADDING)), places


def _steps_read(series: Tensor, limits: StepLimit) -> tuple[Tensor, Tensor]:
    """Does for series what `_tokens_read` does for ids; padding has no place: NaN."""
    there = step_mask(series)
    places = ops.cumsum(ops.ones_like(series[:, :, 0]), axis=1)
    cut = StepLimit(limits.max_length, limits.truncation)
    seen = cut(ops.where(there, places, float("nan"))[:, :, None])
    return seen[:, :, 0], places
