"""A convolution in front of another encoder."""

from typing import Any

import keras

from attn_tuner.encoding.base import Encoder, encoders
from attn_tuner.layers.arguments import odd_size, size
from attn_tuner.layers.block import cleared
from attn_tuner.layers.types import Member, Shape, Tensor
from attn_tuner.space import Choice, Int, Part

INNER = Part(
    encoders,
    among=("bigru", "bilstm", "gru", "lstm", "mingru", "minlstm", "none"),
    default="bigru",
)


@encoders.register(
    "ngrams", width=Choice([3, 5]), filters=Int(32, 256, step=32, default=64), then=INNER
)
class NGramEncoder(Encoder):
    """A convolution over neighbouring tokens, followed by another encoder.

        e_t' = relu(sum_j W_j e_{t+j} + b),  |j| <= (width - 1) / 2
        h = encode(e')

    Args:
        width: tokens in a phrase, an odd number.
        filters: features of a phrase.
        then: the encoder after it, by name, as a layer or as a saved config; "none" for the
            convolution alone.

    Cost: O(T width d filters) time, and that of the encoder after it.

    Reference:
        Zhou et al. 2015 (C-LSTM), section 3. https://arxiv.org/abs/1511.08630 ;
        Kim 2014, eq. 2. https://aclanthology.org/D14-1181
    """

    def __init__(self, width: int = 3, filters: int = 64, then: Member = "bigru", **kwargs: Any):
        super().__init__(**kwargs)
        self.width = odd_size("width", width)
        self.filters = size("filters", filters)
        self.then = self.member(encoders, then)
        self.convolve = keras.layers.Conv1D(
            self.filters, self.width, padding="same", activation="relu", dtype=self.dtype_policy
        )

    def build(self, embedded_shape: Shape) -> None:
        self.convolve.build(embedded_shape)
        self.then.build((*embedded_shape[:-1], self.filters))

    def encode(self, embedded: Tensor, mask: Tensor, training: bool = False) -> Tensor:
        phrases = cleared(self.convolve(embedded), mask)
        return self.then(phrases, mask=mask, training=training)

    def features_out(self, features: int) -> int:
        return self.then.features_out(self.filters)
