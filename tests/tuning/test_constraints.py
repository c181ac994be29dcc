"""Limits on weights, bytes and time; the front of what is worth its cost."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.errors import SpaceError
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.layers.subword_embedding import SubwordEmbedding
from attn_tuner.reporting.pareto import pareto
from attn_tuner.text import Vectorizer
from attn_tuner.tuning.constraints import Constraints, latency_ms, least_bytes, median_ms

SMALL = {"embedding_dim": 4, "encoder.bigru.units": 3, "head.additive.units": 2}
points = st.lists(st.tuples(*[st.integers(0, 4)] * 2), min_size=1, max_size=12)


@pytest.fixture(scope="module")
def model():
    return AttentionHyperModel(vocabulary_size=30).model(SMALL)


def test_a_model_above_a_limit_is_refused_and_the_reason_says_by_how_much(model):
    weights = model.count_params()
    assert Constraints(parameters=weights).refusal(model) is None
    reason = Constraints(parameters=10).refusal(model)
    assert reason == f"{weights:,} weights; at most 10 are allowed"
    assert "megabytes" in Constraints(size_mb=1e-6).refusal(model)
    assert "ms for one text" in Constraints(latency_ms=2).refusal(model, latency=3.0)
    assert Constraints(latency_ms=5, size_mb=1).refusal(model, latency=3.0) is None


def test_the_size_is_that_of_an_export_with_embeddings_of_4_bits(model):
    tables = {layer.name: layer for layer in model.layers if layer.name.endswith("embedding")}
    assert set(tables) == {"embedding"}
    others = model.count_params() - 30 * 4
    assert least_bytes(model) == 4 * others + 30 * (4 / 2 + 4)
    assert Constraints(size_mb=least_bytes(model) / 1e6).refusal(model) is None


def test_a_large_encoder_is_refused_and_a_table_of_as_many_weights_is_not():
    ids = keras.Input((None,), dtype="int32")
    wide = keras.Model(ids, keras.layers.Embedding(5_000, 200)(ids))
    states = keras.Input((None, 500))
    deep = keras.Model(states, keras.layers.Dense(2_000, use_bias=False)(states))
    assert wide.count_params() == deep.count_params() == 1_000_000
    allowed = Constraints(size_mb=0.6)
    assert allowed.refusal(wide) is None
    assert allowed.refusal(deep) == "4.0 megabytes of weights; at most 0.6 are allowed"


def test_the_parts_of_words_are_an_embedding_too():
    parts = Vectorizer(["", "[UNK]", "good", "film"]).subwords.tables
    layer = SubwordEmbedding.of(parts, 8)
    ids, vectors = keras.Input((None,), dtype="int32"), keras.Input((None, 8))
    model = keras.Model([vectors, ids], layer(vectors, ids))
    fixed = model.count_params() - parts.buckets * 8
    assert least_bytes(model) == 4 * fixed + parts.buckets * (8 / 2 + 4)


def test_the_most_weights_follow_from_both_limits_on_size():
    assert Constraints().most_weights() is None
    assert Constraints(latency_ms=5).most_weights() is None
    assert Constraints(parameters=3_000).most_weights() == 3_000
    assert Constraints(parameters=3_000, size_mb=0.002).most_weights() == 2_000


def test_a_finished_artefact_is_held_to_what_was_measured():
    allowed = Constraints(parameters=100, latency_ms=5, size_mb=1)
    assert allowed.broken(parameters=100, size_mb=1.0, latency_ms=5.0) is None
    assert allowed.broken(50, 0.5, 7.25) == "7.2 ms for one text; at most 5 are allowed"


def test_no_limit_refuses_nothing_and_is_false():
    assert not Constraints()
    assert Constraints(size_mb=1)
    with pytest.raises(SpaceError, match="above 0"):
        Constraints(latency_ms=0)


def test_the_time_of_a_model_is_measured(model):
    assert latency_ms(model, 8, repeats=3) > 0


def test_the_median_leaves_the_first_calls_out():
    calls = []
    median_ms(lambda: calls.append(1), repeats=5, warmup=2)
    assert len(calls) == 7


def test_the_front_of_a_worked_example():
    rows = [(0.91, 12.0), (0.90, 3.0), (0.89, 4.0), (0.91, 14.0), (0.92, np.nan)]
    assert pareto(rows, (True, False)) == [True, True, False, False, True]
    assert pareto([], (True,)) == []


@given(points)
def test_every_point_is_on_the_front_or_beaten_by_one_that_is(rows):
    front = pareto(rows, (True, False))
    assert any(front)
    for row, kept in zip(rows, front, strict=True):
        beaten = any(
            on and other[0] >= row[0] and other[1] <= row[1] and other != row
            for other, on in zip(rows, front, strict=True)
        )
        assert kept != beaten
