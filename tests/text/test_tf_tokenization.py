"""The operations inside an exported graph do exactly what the vectorizer does."""

import json
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.text import Vectorizer
from tests.support.text_strategies import AWKWARD, clean_texts, raw_bytes


@cache
def vectorizer_of(split):
    return Vectorizer.build(["the film was not good don't 房间", *AWKWARD] * 2, split=split)


@cache
def graph_of(split):
    return vectorizer_of(split).graph()


@cache
def tokens_of(split):
    text = tf.TensorSpec([None], tf.string)
    return tf.function(graph_of(split).tokens, input_signature=[text])


def read(texts, split):
    return [
        [token.decode() for token in row] for row in tokens_of(split)(tf.constant(texts)).to_list()
    ]


def check_same(texts, split):
    decoded = [text.decode("utf-8", "replace") for text in texts]
    assert read(texts, split) == [vectorizer_of(split).tokens(text) for text in decoded]


@settings(max_examples=150)
@given(st.lists(clean_texts, min_size=1, max_size=3), st.sampled_from(["word", "character"]))
def test_any_unicode_gives_the_same_tokens_in_python_and_in_the_graph(texts, split):
    check_same([text.encode() for text in texts], split)


@settings(max_examples=150)
@given(st.lists(raw_bytes, min_size=1, max_size=3), st.sampled_from(["word", "character"]))
def test_bytes_that_are_no_utf8_give_the_same_tokens_in_python_and_in_the_graph(texts, split):
    check_same(texts, split)


@pytest.mark.parametrize("split", ["word", pytest.param("character", marks=pytest.mark.slow)])
def test_every_single_character_gives_the_same_tokens(split):
    points = [*range(0xD800), *range(0xE000, 0x32400), *range(0xE0000, 0xE0200), 0x10FFFF]
    texts = [
        " ".join(f"a{chr(point)}b" for point in points[start : start + 2000])
        for start in range(0, len(points), 2000)
    ]
    check_same([text.encode() for text in texts], split)


@given(st.lists(clean_texts, min_size=1, max_size=3), st.sampled_from(["word", "character"]))
def test_the_places_of_tokens_are_the_same(texts, split):
    shown = graph_of(split).explain(tf.constant([text.encode() for text in texts]))
    shown = {name: value.numpy() for name, value in shown.items()}
    for row, text in enumerate(texts):
        spans = vectorizer_of(split).spans(text)
        count = len(spans)
        assert shown["start"][row, :count].tolist() == [start for start, _ in spans]
        assert shown["end"][row, :count].tolist() == [end for _, end in spans]
        tokens = [token.decode() for token in shown["tokens"][row, :count]]
        assert tokens == vectorizer_of(split).tokens(text)
        for name, filling in (("ids", 0), ("tokens", b""), ("start", 0), ("end", 0)):
            assert (shown[name][row, count:] == filling).all()


@settings(max_examples=40)
@given(
    st.lists(clean_texts, max_size=3),
    st.sampled_from([None, 1, 2, 3, 5]),
    st.sampled_from(["head", "tail", "ends"]),
    st.sampled_from([None, 2, 3, 10]),
)
def test_ids_are_the_same_under_every_limit(texts, max_length, truncation, vocabulary_size):
    limits = max_length, truncation, vocabulary_size
    graph = vectorizer_of("word").graph(*limits)
    ids = graph(tf.constant([text.encode() for text in texts], tf.string))
    assert ids.dtype == tf.int32
    np.testing.assert_array_equal(ids, vectorizer_of("word").padded(texts, *limits))
    shown = graph.explain(tf.constant([text.encode() for text in texts], tf.string))
    np.testing.assert_array_equal(shown["ids"], ids)
    assert {value.shape.as_list()[0] for value in shown.values()} == {len(texts)}


def test_no_texts_and_empty_texts_give_one_step_of_padding():
    graph = graph_of("word")
    assert graph(tf.constant([], tf.string)).shape == (0, 1)
    np.testing.assert_array_equal(graph(tf.constant(["", " <br /> "])), [[0], [0]])
    assert graph.explain(tf.constant([""]))["tokens"].numpy().tolist() == [[b""]]


def test_a_text_of_a_megabyte_is_read_whole():
    text = "not good, " * 100_000
    ids = vectorizer_of("word").graph(max_length=4, truncation="ends")(tf.constant([text]))
    np.testing.assert_array_equal(
        ids, vectorizer_of("word").padded([text], max_length=4, truncation="ends")
    )
    assert graph_of("word")(tf.constant([text])).shape == (1, 300_000)


SERVE = """
import json, sys
import tensorflow as tf
assert "attn_tuner" not in sys.modules
read = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
print(json.dumps(read(tf.constant(json.loads(sys.argv[2])))["ids"].numpy().tolist()))
"""


def test_a_saved_model_reads_text_with_tensorflow_alone(tmp_path):
    vectorizer = vectorizer_of("word")
    module = tf.Module()
    module.text = vectorizer.graph(max_length=5)
    signature = [tf.TensorSpec([None], tf.string)]
    module.serve = tf.function(lambda texts: {"ids": module.text(texts)}, input_signature=signature)
    tf.saved_model.save(module, str(tmp_path), signatures=module.serve)
    operations = {
        node.op
        for function in tf.saved_model.load(str(tmp_path)).signatures.values()
        for node in function.graph.as_graph_def().node
    }
    assert not {name for name in operations if "PyFunc" in name}
    texts = ["The film wasn't GOOD, don't <br />go", "", "房间很好"]
    answer = subprocess.run(
        [sys.executable, "-c", SERVE, str(tmp_path), json.dumps(texts)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert json.loads(answer.stdout) == vectorizer.padded(texts, max_length=5).tolist()
