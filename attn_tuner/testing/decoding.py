"""What decoder attentions promise."""

from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.attention.decoding import DecoderAttention
from attn_tuner.layers.types import Tensor
from attn_tuner.registry import Variant
from attn_tuner.testing.parts import (
    BATCH,
    FEATURES,
    STEPS,
    TOLERANCE,
    close,
    example,
    far_corner,
    policy,
    run,
)
from attn_tuner.testing.shared import (
    answers_alike_with_more_padding,
    check_gradients,
    never_sees_padding,
)

QUERIES, QUERY_FEATURES = 3, 6  # Steps of the decoder, and the width of its state.


class AskedInTurn(keras.layers.Layer):
    """Asks a decoder attention several queries in turn, as a decoder does.

    Args:
        attention: the decoder attention, built.
        queries: (batch, queries, query features).
    """

    def __init__(self, attention: DecoderAttention, queries: np.ndarray, **kwargs: Any):
        super().__init__(**kwargs)
        self.attention = attention
        self.queries = queries
        self.built = self.supports_masking = True

    def call(self, states: Tensor, mask: Tensor | None = None, both: bool = False) -> Any:
        """Returns the contexts (batch, queries, features); with `both` the alignments as well."""
        prepared = self.attention.prepare(states, mask)
        progress = self.attention.start(prepared)
        contexts, alignments = [], []
        for query in ops.unstack(self._queries(), axis=1):
            context, alignment, progress = self.attention.step(query, prepared, progress)
            contexts.append(context)
            alignments.append(alignment)
        contexts = ops.stack(contexts, axis=1)
        return (contexts, ops.stack(alignments, axis=1)) if both else contexts

    def compute_mask(self, states: Tensor, previous_mask: Tensor | None = None) -> None:
        """Returns None, as a decoder attention does."""

    def _queries(self):
        return ops.cast(ops.convert_to_tensor(self.queries), self.compute_dtype)


def asked(variant: Variant, dtype: str = "float32", seed: int = 0) -> AskedInTurn:
    """Returns the far corner of a decoder attention, with weights drawn by NumPy and queries."""
    draw = np.random.default_rng(seed)
    with policy(dtype):
        attention = far_corner(variant)
        width = FEATURES if attention.equal_widths else QUERY_FEATURES
        attention.build((BATCH, width), (BATCH, STEPS, FEATURES))
        # Small, or a sparse normalizer of large scores gives one step all weight and no gradient.
        queries = draw.normal(scale=0.4, size=(BATCH, QUERIES, width)).astype("float32")
        layer = AskedInTurn(attention, queries)
    attention.set_weights(
        [draw.normal(scale=0.4, size=each.shape) for each in attention.get_weights()]
    )
    return layer


def padding_is_never_seen(variant: Variant, dtype: str = "float32") -> None:
    """Garbage at padding, even NaN, changes not one bit."""
    never_sees_padding(asked(variant, dtype))


def more_padding_changes_nothing(variant: Variant, dtype: str = "float32") -> None:
    """The contexts are the same with further padding in front or behind."""
    answers_alike_with_more_padding(asked(variant, dtype), dtype)


def alignment_is_a_distribution(variant: Variant, dtype: str = "float32") -> None:
    """Alignments are at least 0, and exactly 0 at padding; they sum to 1, or to less."""
    layer = asked(variant, dtype)
    states, mask = example()
    _, alignments = run(layer, states, mask, both=True)
    assert alignments.shape == (BATCH, QUERIES, layer.attention.hops, STEPS)
    assert (alignments >= 0).all(), "A weight is negative."
    padding = np.broadcast_to(~mask[:, None, None], alignments.shape)
    assert (alignments[padding] == 0).all(), "Padding weighs."
    sums = alignments[:3].sum(-1)
    if layer.attention.sums_to_one:
        close(sums, 1.0, max(1e-5, TOLERANCE[dtype]), "Sums of alignments")
    else:
        assert (sums <= 1 + max(1e-5, TOLERANCE[dtype])).all(), "More than 1 in all."


def empty_source_gives_zeros(variant: Variant, dtype: str = "float32") -> None:
    """A source without text gives zeros, and leaves its neighbours alone."""
    layer = asked(variant, dtype)
    states, mask = example()
    contexts, alignments = run(layer, states, mask, both=True)
    assert (contexts[3] == 0).all(), "A source without text has a context."
    assert (alignments[3] == 0).all(), "A source without text has an alignment."
    filled = mask.copy()
    filled[3] = True
    others = run(layer, states, filled)[:3]
    close(contexts[:3], others, TOLERANCE[dtype], "Neighbours of a source without text")


def gradients_are_finite(variant: Variant, dtype: str = "float32") -> None:
    """Gradients at padding are exactly 0 and all others finite; every weight has one."""
    layer = asked(variant, dtype)
    by_weights = check_gradients(layer)
    names = [each.path for each in layer.trainable_variables]
    dead = [name for name, each in zip(names, by_weights, strict=True) if not np.any(each)]
    assert dtype != "float32" or not dead, f"These weights have no gradient: {dead}."


def one_step_is_the_first_of_many(variant: Variant) -> None:
    """Calling the layer gives what the first step gives, of the shapes that it foretells."""
    layer = asked(variant)
    states, mask = example()
    contexts, alignments = run(layer, states, mask, both=True)
    query, given = (ops.convert_to_tensor(each) for each in (layer.queries[:, 0], states))
    context, alignment = layer.attention(query, given, mask=ops.convert_to_tensor(mask))
    close(ops.convert_to_numpy(context), contexts[:, 0], 1e-6, "The context of one step")
    close(ops.convert_to_numpy(alignment), alignments[:, 0], 1e-6, "The alignment of one step")
    foretold = layer.attention.compute_output_spec(query, given)
    assert [tuple(each.shape) for each in foretold] == [tuple(context.shape), alignment.shape]


def rows_may_be_reordered(variant: Variant) -> None:
    """What is prepared and carried has the batch as its first axis, as a beam search needs."""
    attention = asked(variant).attention
    states, mask = (ops.convert_to_tensor(each) for each in example())
    queries = ops.convert_to_tensor(asked(variant).queries)
    order = np.array([2, 0, 0, 1])

    def reordered(tensors):
        return tuple(ops.take(each, order, axis=0) for each in tensors)

    prepared = attention.prepare(states, mask)
    _, _, progress = attention.step(queries[:, 0], prepared, attention.start(prepared))
    context, alignment, _ = attention.step(queries[:, 1], prepared, progress)
    moved = attention.step(
        ops.take(queries[:, 1], order, axis=0), reordered(prepared), reordered(progress)
    )
    for found, wanted in zip(moved[:2], reordered((context, alignment)), strict=True):
        close(ops.convert_to_numpy(found), ops.convert_to_numpy(wanted), 1e-6, "Rows reordered")


def config_makes_it_again(variant: Variant) -> None:
    """An attention from its config, built from shapes alone, has the same weights and answer."""
    layer = asked(variant)
    config = layer.attention.get_config()
    again = type(layer.attention).from_config(config)
    assert again.get_config() == config, "The config changes on its way through from_config."
    again.build((None, layer.queries.shape[-1]), (None, None, FEATURES))
    again.set_weights(layer.attention.get_weights())
    states, mask = example()
    wanted = run(layer, states, mask)
    assert np.array_equal(run(AskedInTurn(again, layer.queries), states, mask), wanted)
    assert len(again.get_weights()) == len(layer.attention.get_weights()), "A weight made in call."


DECODER_ATTENTION_CHECKS = {
    check.__name__: check
    for check in (
        padding_is_never_seen,
        more_padding_changes_nothing,
        alignment_is_a_distribution,
        empty_source_gives_zeros,
        gradients_are_finite,
        one_step_is_the_first_of_many,
        rows_may_be_reordered,
        config_makes_it_again,
    )
}


def check_decoder_attention(variant: Variant) -> None:
    """Runs every check of a decoder attention; AssertionError says which promise is broken."""
    for check in DECODER_ATTENTION_CHECKS.values():
        check(variant)
