"""The contract of an encoder, and what all encoders share.

    states = encoder(embedded, mask=mask)        (batch, steps, features_out)

The number of steps stays the same, and the mask of the inputs is the mask of the states. What is at
padding never changes a state that has text; the states at padding are zeros.
"""

from typing import Any

import keras

from attn_tuner.layers.block import SequenceBlock, cleared
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.registry import Registry

encoders = Registry("encoder", package="attn_tuner.encoding")


class Encoder(SequenceBlock):
    """Turns embedded tokens into states of the same steps.

    An encoder implements `encode` and `features_out`, and makes its weights in
    `build(embedded_shape)`.
    """

    def encode(self, embedded: Tensor, mask: Tensor, training: bool = False) -> Tensor:
        """Returns the states (batch, steps, features_out).

        Args:
            embedded: (batch, steps, features), zeros at padding.
            mask: bool, (batch, steps), always given.
            training: whether to apply dropout.
        """
        raise NotImplementedError(f"{type(self).__name__} has no encode(embedded, mask).")

    def features_out(self, features: int) -> int:
        """Returns the number of features of a state.

        Args:
            features: int, number of features of an embedded token.
        """
        raise NotImplementedError(f"{type(self).__name__} has no features_out(features).")

    def call(self, embedded: Tensor, mask: Tensor | None = None, training: bool = False) -> Tensor:
        embedded, present = self.prepared(embedded, mask)
        embedded = cleared(embedded, present)
        return cleared(self.encode(embedded, present, training=training), present)

    def compute_output_shape(self, embedded_shape: Shape) -> Shape:
        return (*embedded_shape[:-1], self.features_out(embedded_shape[-1]))

    def compute_output_spec(
        self, embedded: Tensor, mask: Tensor | None = None, training: bool = False
    ) -> Any:
        self.require_mask(mask, embedded)
        return keras.KerasTensor(self.compute_output_shape(embedded.shape), self.compute_dtype)
