"""Attentions between decoder and encoder: one context for each step of the decoder, one file each.

    prepared = attention.prepare(states, mask)         once for a source
    progress = attention.start(prepared)               before the first step of the decoder
    context, alignment, progress = attention.step(query, prepared, progress)

`states` (batch, steps, features) are those of the encoder, the mask is bool, (batch, steps), True
where there is text. `query` (batch, query features) is the state of the decoder. `context` is
(batch, features out), `alignment` (batch, hops, steps) says how much each state of the source
counts. `prepared` and `progress` are tuples of tensors whose first axis is the batch, so that a
beam search can repeat and reorder their rows.
"""

from typing import Any

import keras
from keras import ops

from attn_tuner.layers.arguments import require_mask, require_states
from attn_tuner.layers.block import Block, cleared
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.registry import Registry

decoder_attentions = Registry("decoder attention", package="attn_tuner.attention.decoding")


class DecoderAttention(Block):
    """Base of the attentions between decoder and encoder.

    A decoder attention implements `attend` and makes its weights in `build`. It may compute
    something once for a source, in `keys`, and carry something from step to step, which begins
    with `start`. Its properties are attributes, which the decoder and the contract tests read.

    Attributes:
        hops: number of rows of an alignment.
        before_cell: whether the decoder asks with its state before the step and reads the context
            in its cell (Bahdanau et al. 2015); else it asks with its state after the step (Luong
            et al. 2015).
        equal_widths: whether query and states need the same number of features.
        sums_to_one: whether the alignment of a source with text always sums to 1.
    """

    hops = 1
    before_cell = False
    equal_widths = False
    sums_to_one = True

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, query_shape: Shape, states_shape: Shape) -> None:
        pass  # Weights, where there are any.

    def features_out(self, features: int) -> int:
        """Returns the number of features of a context, for states of so many features."""
        return features

    def keys(self, states: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Returns what depends on the source alone, as tensors whose first axis is the batch.

        Args:
            states: (batch, steps, features), zeros at padding.
            mask: bool, (batch, steps).
        """
        return ()

    def start(self, prepared: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Returns what is carried into the first step, in float32; most carry nothing."""
        return ()

    def attend(
        self, query: Tensor, prepared: tuple[Tensor, ...], progress: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Returns context, alignment, and what is carried into the next step.

        Args:
            query: (batch, query features).
            prepared: mask, states, and what `keys` returned.
            progress: what the last step carried, or `start`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no attend(query, ...).")

    def prepare(self, states: Tensor, mask: Tensor | None = None) -> tuple[Tensor, ...]:
        """Returns mask, states and keys of a source.

        Args:
            states: (batch, steps, features); those at padding are never read.
            mask: bool, (batch, steps), or None, for which every step counts.

        Raises:
            DataError: states or mask have another shape.
        """
        title = f"{type(self).__name__} '{self.name}'"
        require_states(title, states)
        require_mask(title, mask, states)
        present = ops.ones(ops.shape(states)[:2], "bool") if mask is None else mask
        present = ops.cast(present, "bool")
        states = cleared(states, present)  # Neither NaN nor a gradient passes through padding.
        return (present, states, *self.keys(states, present))

    def step(
        self, query: Tensor, prepared: tuple[Tensor, ...], progress: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Returns context, alignment in float32, and progress; zeros for a source without text.

        Args:
            query: (batch, query features).
            prepared: what `prepare` returned.
            progress: what the last step returned, or `start`.
        """
        context, alignment, progress = self.attend(query, prepared, progress)
        has_text = ops.any(prepared[0], axis=1, keepdims=True)
        return ops.where(has_text, context, ops.zeros_like(context)), alignment, progress

    def call(
        self, query: Tensor, states: Tensor, mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Returns context and alignment of the first step."""
        prepared = self.prepare(states, mask)
        context, alignment, _ = self.step(query, prepared, self.start(prepared))
        return context, alignment

    def compute_mask(self, query: Tensor, previous_mask: Tensor | None = None) -> None:
        """Returns None: a context has no steps."""

    def compute_output_spec(
        self, query: Tensor, states: Tensor, mask: Tensor | None = None
    ) -> tuple[Any, Any]:
        batch, steps, features = states.shape
        context = keras.KerasTensor((batch, self.features_out(features)), self.compute_dtype)
        return context, keras.KerasTensor((batch, self.hops, steps), "float32")
