"""Greedy and beam search as TensorFlow operations.

    found = greedy(steps, prepared, carried, max_length)
    found = beam_search(steps, prepared, carried, max_length, width=4, length_penalty=0.6)

`steps(tokens, carried, prepared)` returns logits (rows, vocabulary), alignment (rows, hops, source
steps) and what is carried on, as `SequenceModel.step` does. Both searches end when every text has
its end mark, at the latest after `max_length` tokens, and never write padding or a start mark. At
least one step is made, also for an empty batch, so that all shapes are known.
"""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

from attn_tuner.layers.types import Tensor
from attn_tuner.sequence.marks import END, START
from attn_tuner.text.token_ids import PADDING

_NEVER = -1e9  # The log probability of what must not be written; its sums stay finite.

Rows = tuple[Tensor, ...]
Steps = Callable[[Tensor, Rows, Rows], tuple[Tensor, Tensor, Rows]]


class Decoded(NamedTuple):
    """What a search found, the best hypothesis first.

    Args:
        ids: (batch, width, steps) int32, up to the end mark; 0 behind it.
        scores: (batch, width) float32, log probability divided by the length penalty.
        alignment: (batch, width, steps, source steps) float32, the mean over the hops; 0 behind
            the end mark.
    """

    ids: Tensor
    scores: Tensor
    alignment: Tensor


def penalty(lengths: Tensor, power: float) -> Tensor:
    """Returns by what the log probability of a hypothesis is divided.

        lp = ((5 + n) / 6)^power

    Args:
        lengths: number of tokens n, the end mark included.
        power: 0 for no penalty; the larger, the longer the texts.

    Reference:
        Wu et al. 2016, eq. 14. https://arxiv.org/abs/1609.08144
    """
    return tf.pow((5.0 + tf.cast(lengths, tf.float32)) / 6.0, power)


def greedy(
    steps: Steps, prepared: Rows, carried: Rows, max_length: int, length_penalty: float = 0.0
) -> Decoded:
    """Writes the most likely token at every step.

    Args:
        steps: the decoder.
        prepared: what it prepared of the sources, tensors (batch, ...).
        carried: what is carried into its first step, tensors (batch, ...).
        max_length: tokens of a text at most, the end mark included.
        length_penalty: power of `penalty`.

    Returns:
        Of width 1.
    """
    batch = tf.shape(prepared[0])[0]
    ids = tf.TensorArray(tf.int32, max_length, element_shape=(None,))
    rows = tf.TensorArray(tf.float32, max_length, element_shape=(None, None))

    def write(step, last, ended, scores, lengths, ids, rows, carried):
        logits, alignment, carried = steps(last, carried, prepared)
        logs = allowed(logits)
        token = tf.argmax(logs, axis=-1, output_type=tf.int32)
        token = tf.where(ended, PADDING, token)
        gained = tf.gather(logs, token, batch_dims=1)
        scores += tf.where(ended, 0.0, gained)
        lengths += tf.cast(~ended, tf.int32)
        ids = ids.write(step, token)
        rows = rows.write(step, _shown(alignment, ~ended))
        return step + 1, token, ended | (token == END), scores, lengths, ids, rows, carried

    begun = (0, tf.fill([batch], START), tf.fill([batch], False), tf.zeros([batch]))
    found = tf.while_loop(
        lambda step, last, ended, *_: (step < 1) | ~tf.reduce_all(ended),
        write,
        (*begun, tf.zeros([batch], tf.int32), ids, rows, carried),
        maximum_iterations=max_length,
    )
    count, _, _, scores, lengths, ids, rows, _ = found
    scores = scores / penalty(lengths, length_penalty)
    every = tf.range(count)
    ids = tf.transpose(ids.gather(every))
    alignment = tf.transpose(rows.gather(every), (1, 0, 2))
    return Decoded(ids[:, None], scores[:, None], alignment[:, None])


def beam_search(
    steps: Steps,
    prepared: Rows,
    carried: Rows,
    max_length: int,
    width: int,
    length_penalty: float = 0.0,
) -> Decoded:
    """Keeps the best hypotheses at every step, by log probability divided by the penalty.

    A hypothesis with an end mark stays as it is, and competes with those that are longer.

    Args:
        steps: the decoder.
        prepared: what it prepared of the sources, tensors (batch, ...).
        carried: what is carried into its first step, tensors (batch, ...).
        max_length: tokens of a text at most, the end mark included.
        width: hypotheses kept of a text.
        length_penalty: power of `penalty`.

    Reference:
        Sutskever et al. 2014, section 3.2, https://arxiv.org/abs/1409.3215; Wu et al. 2016,
        section 7, https://arxiv.org/abs/1609.08144.
    """
    batch = tf.shape(prepared[0])[0]
    prepared = _repeated(prepared, width)
    first = tf.range(batch)[:, None] * width  # The first row of each text.
    ids = tf.TensorArray(tf.int32, max_length, element_shape=(None, width))
    parents = tf.TensorArray(tf.int32, max_length, element_shape=(None, width))
    rows = tf.TensorArray(tf.float32, max_length, element_shape=(None, None))

    def extend(step, last, logs, lengths, ids, parents, rows, carried):
        goes_on = _is_open(last)
        logits, alignment, carried = steps(tf.reshape(last, [-1]), carried, prepared)
        size = tf.shape(logits)[1]
        following = tf.reshape(allowed(logits), (batch, width, size))
        # One that has ended goes on with padding alone, which costs nothing.
        following = tf.where(goes_on[..., None], following, _only_padding(size))
        lengths += tf.cast(goes_on, tf.int32)
        logs, parent, token = _best(logs[..., None] + following, lengths, length_penalty)
        lengths = tf.gather(lengths, parent, batch_dims=1)
        chosen = tf.reshape(first + parent, [-1])
        carried = tuple(tf.gather(each, chosen) for each in carried)
        shown = tf.reshape(token != PADDING, [-1])
        ids, parents = ids.write(step, token), parents.write(step, parent)
        rows = rows.write(step, _shown(tf.gather(alignment, chosen), shown))
        return step + 1, token, logs, lengths, ids, parents, rows, carried

    # All hypotheses begin alike, so that only one may be extended at first.
    only = tf.where(tf.range(width) == 0, 0.0, _NEVER)
    begun = (0, tf.fill([batch, width], START), tf.broadcast_to(only, (batch, width)))
    found = tf.while_loop(
        lambda step, last, *_: (step < 1) | tf.reduce_any(_is_open(last)),
        extend,
        (
            *begun,
            tf.zeros([batch, width], tf.int32),
            ids,
            parents,
            rows,
            _repeated(carried, width),
        ),
        maximum_iterations=max_length,
    )
    count, _, logs, lengths, ids, parents, rows, _ = found
    ids, alignment = _traced(count, batch, width, ids, parents, rows)
    return Decoded(ids, logs / penalty(lengths, length_penalty), alignment)


def _best(logs, lengths, power) -> tuple[Tensor, Tensor, Tensor]:
    """The best continuations of each text: log probability, place of what is continued, token.

    Args:
        logs: (batch, width, vocabulary), the log probability of each continuation.
        lengths: (batch, width), tokens of a continuation.
        power: of `penalty`.
    """
    width, size = logs.shape[1], tf.shape(logs)[2]
    flat = (tf.shape(logs)[0], width * size)
    ranked = tf.reshape(logs / penalty(lengths, power)[..., None], flat)
    _, best = tf.math.top_k(ranked, width)
    return tf.gather(tf.reshape(logs, flat), best, batch_dims=1), best // size, best % size


def _traced(count, batch, width, ids, parents, rows):
    """The tokens and alignments of each hypothesis, followed from its end to its beginning."""
    own_ids = tf.TensorArray(tf.int32, count, element_shape=(None, width))
    own_rows = tf.TensorArray(tf.float32, count, element_shape=(None, None, None))

    def back(step, place, own_ids, own_rows):
        row = rows.read(step)
        row = tf.reshape(row, (batch, width, tf.shape(row)[1]))
        own_ids = own_ids.write(step, tf.gather(ids.read(step), place, batch_dims=1))
        own_rows = own_rows.write(step, tf.gather(row, place, batch_dims=1))
        place = tf.gather(parents.read(step), place, batch_dims=1)
        return step - 1, place, own_ids, own_rows

    last = tf.broadcast_to(tf.range(width), (batch, width))
    _, _, own_ids, own_rows = tf.while_loop(
        lambda step, *_: step >= 0, back, (count - 1, last, own_ids, own_rows)
    )
    every = tf.range(count)
    ids = tf.transpose(own_ids.gather(every), (1, 2, 0))
    return ids, tf.transpose(own_rows.gather(every), (1, 2, 0, 3))


def allowed(logits: Tensor) -> Tensor:
    """Returns log probabilities, (rows, vocabulary), from which a token may be chosen.

    Those of padding and of the start mark are as low as never to be chosen.

    Args:
        logits: (rows, vocabulary).
    """
    ids = tf.range(tf.shape(logits)[-1])
    return tf.where((ids == PADDING) | (ids == START), _NEVER, tf.nn.log_softmax(logits))


def _is_open(last) -> Tensor:
    """Whether a hypothesis whose last token is this goes on."""
    return (last != END) & (last != PADDING)


def _only_padding(size) -> Tensor:
    return tf.where(tf.range(size) == PADDING, 0.0, _NEVER)


def _shown(alignment, there) -> Tensor:
    """The mean over the hops, (rows, source steps), 0 for rows that are not there."""
    return tf.reduce_mean(alignment, axis=1) * tf.cast(there, tf.float32)[:, None]


def _repeated(tensors: Rows, width: int) -> Rows:
    """Each row `width` times, one after the other."""
    return tuple(
        tf.ensure_shape(tf.repeat(each, width, axis=0), (None, *each.shape[1:])) for each in tensors
    )
