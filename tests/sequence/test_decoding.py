"""Greedy and beam search on decoders whose probabilities are known."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from attn_tuner.sequence.decoding import beam_search, greedy, penalty
from attn_tuner.sequence.marks import END, START

# Of the token that follows, by the last token: ids 2 and 3 are the marks, 4 and 5 tokens. Greedy
# search takes 4 first, which is likelier, but what follows 5 is certain.
TABLE = np.full((6, 6), 1e-6)
TABLE[START, [4, 5, END]] = 0.55, 0.4, 0.05
TABLE[4, [4, 5, END]] = 0.3, 0.3, 0.4
TABLE[5, [4, 5, END]] = 0.02, 0.03, 0.95
LOGS = np.log(TABLE / TABLE.sum(axis=1, keepdims=True)).astype("float32")
SOURCE_STEPS = 3


def steps(tokens, carried, prepared):
    """The step of a decoder that reads its table, and attends to the step that it is at."""
    (step,) = carried
    place = tf.one_hot(tf.cast(step[:, 0], tf.int32) % SOURCE_STEPS, SOURCE_STEPS)
    return tf.gather(tf.constant(LOGS), tokens), place[:, None], (step + 1.0,)


def given(batch=2):
    mask = tf.ones((batch, SOURCE_STEPS), tf.bool)
    return steps, (mask, tf.zeros((batch, SOURCE_STEPS, 1))), (tf.zeros((batch, 1)),)


def log_probability(ids):
    return sum(LOGS[last, token] for last, token in itertools.pairwise([START, *ids]))


def best(max_length, power):
    """The best of all texts of so many tokens at most, by trying each; the limit may cut one."""
    tokens = [
        list(text)
        for length in range(max_length + 1)
        for text in itertools.product((4, 5), repeat=length)
    ]
    texts = [text if len(text) == max_length else [*text, END] for text in tokens]
    return max((log_probability(text) / ((5 + len(text)) / 6) ** power, text) for text in texts)


def written(found, row=0, place=0):
    ids = found.ids.numpy()[row, place].tolist()
    return ids[: ids.index(END) + 1] if END in ids else ids


def test_greedy_search_takes_the_likeliest_token_at_every_step():
    found = greedy(*given(), max_length=9)
    assert written(found) == [4, END]
    assert found.scores.numpy()[1, 0] == pytest.approx(log_probability([4, END]), abs=1e-5)


@pytest.mark.parametrize("power", [0.0, 0.6, 2.0])
def test_a_beam_that_holds_every_hypothesis_finds_the_best_text(power):
    found = beam_search(*given(), max_length=4, width=24, length_penalty=power)
    score, text = best(4, power)
    assert written(found) == text
    assert found.scores.numpy()[:, 0] == pytest.approx([score] * 2, abs=1e-5)


def test_a_beam_of_two_finds_what_greedy_search_does_not():
    found = beam_search(*given(), max_length=9, width=2)
    assert written(found) == [5, END]
    assert written(found, place=1) == [4, END]
    assert (np.diff(found.scores.numpy()) <= 0).all(), "the best comes first"


def test_a_length_penalty_prefers_longer_texts():
    longer = beam_search(*given(), max_length=6, width=24, length_penalty=6.0)
    assert len(written(longer)) > 2


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_a_beam_of_one_is_greedy_search(power):
    one = beam_search(*given(), max_length=5, width=1, length_penalty=power)
    other = greedy(*given(), max_length=5, length_penalty=power)
    for found, wanted in zip(one, other, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize("search", [greedy, lambda *g, **o: beam_search(*g, width=2, **o)])
def test_a_search_ends_at_the_length_limit_where_no_end_mark_comes(search):
    def endless(tokens, carried, prepared):
        logits, alignment, carried = steps(tokens, carried, prepared)
        return logits - 1e4 * tf.one_hot(END, 6), alignment, carried

    _, prepared, carried = given()
    found = search(endless, prepared, carried, max_length=7)
    assert found.ids.shape[2] == 7
    assert not (found.ids.numpy() == END).any()


def test_padding_and_the_start_mark_are_never_written():
    def tempting(tokens, carried, prepared):
        logits, alignment, carried = steps(tokens, carried, prepared)
        return logits + 50.0 * (tf.one_hot(0, 6) + tf.one_hot(START, 6)), alignment, carried

    _, prepared, carried = given()
    for found in (
        greedy(tempting, prepared, carried, max_length=4),
        beam_search(tempting, prepared, carried, max_length=4, width=2),
    ):
        assert written(found) == [4, END] or written(found) == [5, END]


def test_the_alignment_is_that_of_the_hypothesis_and_0_behind_its_end():
    found = beam_search(*given(), max_length=9, width=2)
    alignment = found.alignment.numpy()[0, 0]
    np.testing.assert_array_equal(alignment[:2], np.eye(3)[:2])
    assert (alignment[2:] == 0).all()
    assert (greedy(*given(), max_length=9).alignment.numpy()[0, 0, :2] == np.eye(3)[:2]).all()


def test_an_empty_batch_gives_no_text():
    for found in (greedy(*given(0), 5), beam_search(*given(0), 5, width=2)):
        assert found.ids.shape[0] == found.scores.shape[0] == found.alignment.shape[0] == 0


def test_the_penalty_is_equation_14_of_wu():
    assert float(penalty(tf.constant(7), 0.6)) == pytest.approx(2**0.6)
    assert float(penalty(tf.constant(7), 0.0)) == 1.0
