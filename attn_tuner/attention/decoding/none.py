"""The decoder without attention, for comparison with those that have it."""

from attn_tuner.attention.decoding import DecoderAttention, decoder_attentions
from attn_tuner.attention.masking import average, last_only
from attn_tuner.layers.types import Tensor


@decoder_attentions.register("none")
class NoDecoderAttention(DecoderAttention):
    """The last state of the source at every step, whatever the decoder asks.

        c_i = h_T

    Cost: O(T d) for a step; no weights.

    Reference:
        Cho et al. 2014, section 2.2. https://aclanthology.org/D14-1179
    """

    before_cell = True

    def keys(self, states: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        return (last_only(mask)[:, None, :],)

    def attend(
        self, query: Tensor, prepared: tuple[Tensor, ...], progress: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        _, states, last = prepared
        return average(last, states)[:, 0], last, progress
