"""The attention of all heads of a model, on the tokens that it was given."""

import keras
from keras import ops

from attn_tuner.attention.base import Head, attention_model
from attn_tuner.layers.token_limits import TokenLimits
from attn_tuner.text.token_ids import PADDING

_NO_LIMIT = 2**31 - 1


def with_attention(
    model: keras.Model, cut_before: tuple[int | None, str] | None = None
) -> keras.Model:
    """A model of the same ids that gives `probabilities`, and `weights` where it has heads.

    The weights (batch, hops, steps) are of all hops of all heads. A head behind a layer that cuts
    the text sees fewer steps; its weights are put back to the steps that they belong to, with 0
    for the others.

    Args:
        model: a Functional model of ids.
        cut_before: (max_length, truncation) to which the ids were cut already, so that a layer
            of the same limit finds nothing to cut.
    """
    outputs = {"probabilities": model.outputs[0]}
    if any(isinstance(layer, Head) for layer in model.layers):
        placed = list(placed_weights(model, cut_before).values())
        outputs["weights"] = placed[0] if len(placed) == 1 else ops.concatenate(placed, axis=1)
    return keras.Model(model.inputs[0], outputs)


def placed_weights(model: keras.Model, cut_before: tuple[int | None, str] | None = None) -> dict:
    """The weights (batch, hops, steps) of each head by its name, over the steps of the input.

    Args:
        model, cut_before: as in `with_attention`; the model has a head.
    """
    rows = attention_model(model).output
    heads = [layer for layer in model.layers if isinstance(layer, Head)]
    return {head.name: _placed(rows[head.name], model, head, cut_before) for head in heads}


def _placed(weights, model, head, cut_before):
    """Weights over the steps that the head sees, as weights over the steps of the input."""
    before = keras.Model(model.inputs, head.input).layers
    limits = next((layer for layer in before if isinstance(layer, TokenLimits)), None)
    if limits is None or limits.max_length is None:
        return weights
    if (limits.max_length, limits.truncation) == cut_before:
        return weights
    ids = model.inputs[0]
    places = ops.cumsum(ops.ones_like(ids), axis=1)  # From 1, for 0 is padding.
    cut = TokenLimits(_NO_LIMIT, limits.max_length, limits.truncation)
    seen = cut(ops.where(ops.not_equal(ids, PADDING), places, PADDING))
    same = ops.equal(seen[:, :, None], places[:, None, :])
    return ops.matmul(weights, ops.cast(same, weights.dtype))
