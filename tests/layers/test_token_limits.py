"""Ids cut and limited inside the model, against the same in plain Python."""

import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import SpaceError
from attn_tuner.inputs.truncation import truncate
from attn_tuner.layers.token_limits import TRUNCATIONS, TextMask, TokenLimits, reading_of


def expected(rows, vocabulary_size, max_length, truncation):
    """What `TokenLimits` should give for texts that begin and end with a word."""
    width = min(rows.shape[1], max_length)
    result = np.zeros((len(rows), width), "int32")
    for row, ids in enumerate(rows):
        places = np.flatnonzero(ids)
        text = list(ids[places[0] : places[-1] + 1]) if len(places) else []
        if len(text) > max_length:
            text = truncate(text, max_length, truncation)
        result[row, : len(text)] = [each if each < vocabulary_size else 1 for each in text]
    return result


@st.composite
def padded_ids(draw):
    """Texts of any length, some empty, with padding on either side."""
    width = draw(st.integers(1, 12))
    rows = []
    for _ in range(draw(st.integers(1, 4))):
        text = draw(st.lists(st.integers(1, 30), max_size=width))
        left = draw(st.sampled_from([0, width - len(text)]))
        rows.append([0] * left + text + [0] * (width - len(text) - left))
    return np.array(rows, "int32")


def as_array(tensor):
    return keras.ops.convert_to_numpy(tensor)


@settings(deadline=None)
@given(padded_ids(), st.integers(2, 31), st.integers(1, 14), st.sampled_from(TRUNCATIONS))
def test_cutting_and_limiting_do_what_they_say(ids, vocabulary_size, max_length, truncation):
    layer = TokenLimits(vocabulary_size, max_length, truncation)
    wanted = expected(ids, vocabulary_size, max_length, truncation)
    np.testing.assert_array_equal(as_array(layer(ids)), wanted)


def test_of_an_odd_limit_the_beginning_keeps_one_token_more_as_outside_the_model():
    ids = np.arange(2, 11, dtype="int32")[None]
    np.testing.assert_array_equal(as_array(TokenLimits(31, 5, "ends")(ids)), [[2, 3, 4, 9, 10]])
    assert truncate(list(range(2, 11)), 5, "ends") == [2, 3, 4, 9, 10]


@settings(deadline=None, max_examples=40)
@given(padded_ids(), st.integers(1, 14), st.sampled_from(TRUNCATIONS))
def test_cutting_what_was_cut_changes_nothing(ids, max_length, truncation):
    layer = TokenLimits(31, max_length, truncation)
    once = as_array(layer(ids))
    np.testing.assert_array_equal(as_array(layer(once)), once)


@settings(deadline=None, max_examples=40)
@given(padded_ids(), st.integers(1, 14), st.sampled_from(TRUNCATIONS), st.integers(1, 5))
def test_more_padding_on_either_side_adds_nothing_but_padding(ids, max_length, truncation, more):
    layer = TokenLimits(31, max_length, truncation)
    alone = as_array(layer(ids))
    for sides in ((0, more), (more, 0)):
        beside = as_array(layer(np.pad(ids, ((0, 0), sides))))
        np.testing.assert_array_equal(beside[:, : alone.shape[1]], alone)
        assert not beside[:, alone.shape[1] :].any()


@pytest.mark.parametrize("truncation", TRUNCATIONS)
def test_inside_a_compiled_model_of_unknown_length_the_answer_is_the_same(truncation):
    ids = np.array([[3, 4, 5, 6, 7, 8], [0, 0, 0, 9, 40, 2], [0, 0, 0, 0, 0, 0]], "int32")
    inputs = keras.Input((None,), dtype="int32")
    outputs = TokenLimits(31, 4, truncation)(inputs)
    assert outputs.shape == (None, None)
    model = keras.Model(inputs, outputs)
    found = model.predict(ids, verbose=0)
    np.testing.assert_array_equal(found, expected(ids, 31, 4, truncation))
    assert found.dtype == np.int32


def test_without_a_max_length_nothing_is_cut():
    ids = np.array([[0, 5, 0, 40]], "int32")
    np.testing.assert_array_equal(as_array(TokenLimits(31)(ids)), [[0, 5, 0, 1]])


def test_words_are_dropped_only_while_training_and_never_padding():
    ids = np.tile(np.array([[5, 6, 7, 8, 0, 0]], "int32"), (500, 1))
    layer = TokenLimits(31, word_dropout=0.3, seed=1)
    np.testing.assert_array_equal(as_array(layer(ids)), ids)
    dropped = as_array(layer(ids, training=True))
    assert not dropped[:, 4:].any()
    assert 0.25 < np.mean(dropped[:, :4] == 1) < 0.35
    kept = dropped != 1
    np.testing.assert_array_equal(dropped[kept], ids[kept])


def test_the_layer_is_made_again_from_its_config():
    layer = TokenLimits(31, 4, "ends", 0.1, seed=3)
    again = TokenLimits.from_config(json.loads(json.dumps(layer.get_config())))
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"vocabulary_size": 9, "truncation": "middle"}, "should be one of head, tail, ends"),
        (
            {"vocabulary_size": 9, "max_length": 0},
            "max_length is 0. It should be a whole number of at least 1",
        ),
        ({"vocabulary_size": 1}, "vocabulary_size is 1. It should be a whole number of at least 2"),
    ],
)
def test_limits_that_leave_no_text_are_refused(arguments, message):
    with pytest.raises(SpaceError, match=message):
        TokenLimits(**arguments)


def test_of_series_that_are_averaged_as_many_times_more_steps_are_read():
    reading = {"max_length": 250, "truncation": "tail"}
    assert reading_of(reading) == reading
    assert reading_of({**reading, "downsampling": 4}) == {**reading, "max_length": 1_000}
    assert reading_of({**reading, "max_length": None, "downsampling": 4})["max_length"] is None
    # A user's own model of texts may have a dimension of this name.
    texts = {**reading, "vocabulary_size": 9}
    assert reading_of({**texts, "downsampling": 4}) == texts


def test_the_mask_is_true_where_there_is_text():
    ids = np.array([[0, 3, 0], [0, 0, 0]], "int32")
    np.testing.assert_array_equal(as_array(TextMask()(ids)), [[False, True, False], [False] * 3])
    steps = np.zeros((1, 3, 2), "float32")
    steps[0, 1, 1] = -0.5
    np.testing.assert_array_equal(as_array(TextMask()(steps)), [[False, True, False]])


def test_on_jax_the_answers_are_the_same():
    rng = np.random.default_rng(0)
    ids = rng.integers(1, 30, (6, 11)).astype("int32")
    for row, length in enumerate((0, 1, 4, 11, 7, 2)):
        ids[row, length:] = 0
    ids[4] = ids[4, ::-1]  # Padded on the left.
    cases = [(limit, truncation) for limit in (1, 2, 5, 20) for truncation in TRUNCATIONS]
    program = (
        "import json, sys, numpy as np\n"
        "from attn_tuner.layers.token_limits import TokenLimits\n"
        "ids, cases = json.load(sys.stdin)\n"
        "ids = np.array(ids, 'int32')\n"
        "found = [np.array(TokenLimits(20, *case)(ids)).tolist() for case in cases]\n"
        "assert 'tensorflow' not in sys.modules\n"
        "print(json.dumps(found))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps([ids.tolist(), cases]),
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for (limit, truncation), found in zip(cases, json.loads(done.stdout), strict=True):
        np.testing.assert_array_equal(found, expected(ids, 20, limit, truncation))
