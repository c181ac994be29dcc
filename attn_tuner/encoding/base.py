"""The contract of an encoder, and what all encoders share.

    states = encoder(embedded, mask=mask)        (batch, steps, features_out)

The steps stay, and so does the mask, which is valid for the states as well. What stands at
padding cannot reach a state that has text; the states at padding are zeros.
"""

from typing import Any

import keras
from keras import ops

from attn_tuner.layers.block import Block
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.registry import Registry

encoders = Registry("encoder", package="attn_tuner.encoding")


class Encoder(Block):
    """Embedded tokens to states, step by step.

    An encoder implements `encode` and `features_out`, and makes its weights in
    `build(embedded_shape)`.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def encode(self, embedded: Tensor, mask: Tensor, training: bool = False) -> Tensor:
        """States (batch, steps, features_out) for inputs that are zero at padding."""
        raise NotImplementedError(f"{type(self).__name__} has no encode(embedded, mask).")

    def features_out(self, features: int) -> int:
        """Features of a state, for inputs with that many."""
        raise NotImplementedError(f"{type(self).__name__} has no features_out(features).")

    def call(self, embedded: Tensor, mask: Tensor | None = None, training: bool = False) -> Tensor:
        if mask is None:
            mask = ops.ones(ops.shape(embedded)[:2], dtype="bool")
        mask = ops.cast(mask, "bool")
        embedded = cleared(embedded, mask)
        return cleared(self.encode(embedded, mask, training=training), mask)

    def compute_output_shape(self, embedded_shape: Shape) -> Shape:
        return (*embedded_shape[:-1], self.features_out(embedded_shape[-1]))

    def compute_output_spec(
        self, embedded: Tensor, mask: Tensor | None = None, training: bool = False
    ) -> Any:
        return keras.KerasTensor(self.compute_output_shape(embedded.shape), self.compute_dtype)


def cleared(tensor: Tensor, mask: Tensor) -> Tensor:
    """The tensor (batch, steps, features) with zeros at padding."""
    return ops.where(mask[:, :, None], tensor, ops.zeros_like(tensor))
