"""Attention over words, then over sentences."""

from typing import Any

import keras
from keras import ops

from attn_tuner.attention.base import Head, heads
from attn_tuner.attention.blocks import from_blocks, into_blocks
from attn_tuner.attention.masking import average, masked_normalize
from attn_tuner.attention.scores.additive import AdditiveScore
from attn_tuner.layers.arguments import size
from attn_tuner.layers.both_directions import both_directions
from attn_tuner.layers.initializers import RoundedOrthogonal
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space import Choice, Int


@heads.register(
    "hierarchical",
    units=Int(32, 128, step=32, default=64),
    sentence=Choice([10, 20, 40], default=20),
    width=Choice([16, 32, 64], default=32),
)
class HierarchicalHead(Head):
    """Attention over the words of each sentence, then over the sentences of the text.

        s_i = sum_t a_it h_it,  a_i = softmax(u_w . tanh(W_w h_it + b_w))
        g_i = [GRU(s_1 .. s_i); GRU(s_n .. s_i)]
        context = sum_i b_i g_i,  b = softmax(u_s . tanh(W_s g_i + b_s))

    The states do not show where sentences end; here a sentence is a run of `sentence` steps with
    text, counted from the first one without padding. The weight of a step is its weight in its
    sentence times the weight of the sentence.

    Args:
        units: width of the hidden layer of the scores, on both levels.
        sentence: number of steps in a sentence.
        width: units of the GRU over sentences, in one direction.

    Cost: O(T d units) time, O(T units) memory, and T / sentence steps of the GRU.

    Reference:
        Yang et al. 2016, eqs. 5-10. https://aclanthology.org/N16-1174
    """

    ordered = True
    even = False

    def __init__(self, units: int = 64, sentence: int = 20, width: int = 32, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = size("units", units)
        self.sentence = size("sentence", sentence)
        self.width = size("width", width)
        policy = self.dtype_policy
        self.of_words = AdditiveScore(self.units, dtype=policy)
        self.of_sentences = AdditiveScore(self.units, dtype=policy)
        rnn = keras.layers.GRU(
            self.width,
            return_sequences=True,
            recurrent_initializer=RoundedOrthogonal(),
            dtype=policy,
        )
        self.over_sentences = both_directions(rnn)

    def build(self, states_shape: Shape) -> None:
        batch, _, features = states_shape
        self.of_words.build(states_shape)
        self.over_sentences.build((batch, None, features))
        self.of_sentences.build((batch, None, 2 * self.width))

    def attend(self, states: Tensor, mask: Tensor) -> tuple[Tensor, Any]:
        steps = ops.shape(states)[1]
        order = text_first(mask)
        moved = ops.take_along_axis(states, order[:, :, None], axis=1)
        text = ops.take_along_axis(mask, order, axis=1)

        words = into_blocks(text, self.sentence)  # (batch, sentences, sentence)
        scores = self.of_words(moved)  # (batch, 1, steps)
        scores = into_blocks(ops.transpose(scores, (0, 2, 1)), self.sentence)[..., 0]
        in_sentence = masked_normalize(scores, words)
        blocks = into_blocks(moved, self.sentence)
        sentences = ops.matmul(ops.cast(in_sentence, blocks.dtype)[:, :, None, :], blocks)[:, :, 0]

        some = ops.any(words, axis=-1)
        read = self.over_sentences(sentences, mask=some)
        read = ops.where(some[:, :, None], read, ops.zeros_like(read))
        of_text = masked_normalize(self.of_sentences(read), some[:, None, :])
        context = average(of_text, read)[:, 0]

        def weights() -> Tensor:
            both = in_sentence * ops.transpose(of_text, (0, 2, 1))
            back = ops.argsort(order, axis=1)
            return ops.take_along_axis(from_blocks(both, steps), back, axis=1)[:, None, :]

        return context, weights

    def compute_output_shape(self, states_shape: Shape) -> Shape:
        return (states_shape[0], 2 * self.width)


def text_first(mask: Tensor) -> Tensor:
    """Returns the steps, (batch, steps) int32, sorted so that those with text come first."""
    steps = ops.shape(mask)[1]
    place = ops.arange(steps, dtype="int32")[None, :]
    return ops.argsort(ops.where(mask, place, place + steps), axis=1)
