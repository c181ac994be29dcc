import re

import keras
import numpy as np
import pytest

from attn_tuner.errors import ExportError
from attn_tuner.exporting import (
    Bundle,
    Shrink,
    export,
    export_bundle,
    exporters,
    shrink_embeddings,
)
from attn_tuner.exporting.artefact_folder import size_of
from attn_tuner.exporting.compression.compact_embedding import CompactEmbedding
from attn_tuner.exporting.compression.product_quantization import CODEBOOK_SIZE, quantize
from attn_tuner.exporting.compression.shrink import (
    candidate_shrinks,
    describe_change,
    embedding_bytes,
    fit_buckets,
    fit_tables,
    mean_change,
    rank_candidates,
)
from attn_tuner.exporting.formats.base import Artefact
from attn_tuner.exporting.verification.verify import verify_artefact
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.layers.token_limits import TokenLimits
from attn_tuner.text.vectorizer import Vectorizer
from tests.support.colours import in_this_process
from tests.support.small_models import Here, classifier

WORDS = [f"w{number}" for number in range(900)]
VECTORIZER = Vectorizer(["", "[UNK]", *WORDS])
RANDOM = np.random.default_rng(5)
TEXTS = [" ".join(RANDOM.choice(WORDS, 12)) for _ in range(40)]


@pytest.fixture(scope="module")
def large():
    """A model whose embedding outweighs all else, with more rows than the vectorizer has words."""
    model = classifier("additive", "none", vocabulary=1500)
    return Bundle(VECTORIZER, model, ["no", "yes"], max_length=20)


def test_rows_that_no_text_reaches_go_without_any_change(large):
    small = shrink_embeddings(large, Shrink())
    assert small.model.count_params() < 0.7 * large.model.count_params()
    np.testing.assert_array_equal(small.predict(TEXTS), large.predict(TEXTS))


@pytest.mark.parametrize(
    ("way", "far"),
    [
        *[(Shrink("float16"), 1e-3), (Shrink("int8"), 0.02), (Shrink("int8", 5), 0.5)],
        *[(Shrink("int4"), 0.2), (Shrink("int4", 5), 0.5)],
        *[(Shrink("pairs"), 0.2), (Shrink("pairs", 5), 0.5), (Shrink("fours"), 0.6)],
    ],
)
def test_narrow_rows_change_little(large, way, far):
    off = np.abs(shrink_embeddings(large, way).predict(TEXTS) - large.predict(TEXTS)).max()
    assert 0 < off < far


def test_a_full_rank_factorisation_loses_nothing():
    table = RANDOM.normal(size=(9, 4))
    layer = CompactEmbedding(9, 4, rows="float32", rank=4)
    layer.build((None, None))
    layer.assign_table(table.astype("float32"))
    np.testing.assert_allclose(layer(np.arange(9)[None])[0], table, atol=1e-5)


@pytest.mark.parametrize("width", [1, 6, 7])
def test_two_numbers_of_int4_rows_share_a_byte(width):
    whole = RANDOM.integers(-7, 8, (9, width)).astype("float32")
    whole[:, 0] = 7  # So that the scale of the row is that of the table.
    layer = CompactEmbedding(9, width, rows="int4")
    layer.build((None, None))
    layer.assign_table(0.5 * whole)
    np.testing.assert_allclose(layer(np.arange(9)[None])[0], 0.5 * whole, atol=1e-6)
    assert layer.table.shape == (9, (width + 1) // 2)
    assert keras.backend.standardize_dtype(layer.table.dtype) == "int8"


@pytest.mark.parametrize("rows", ["pairs", "triples", "fours"])
def test_of_few_different_groups_none_is_changed(rows):
    table = RANDOM.integers(-1, 2, (300, 7)).astype("float32")  # 3 ** 4 groups at most.
    layer = CompactEmbedding(300, 7, rows=rows)
    layer.build((None, None))
    layer.assign_table(table)
    np.testing.assert_array_equal(layer(np.arange(300)[None])[0], table)
    assert layer.table.shape == (300, -(-7 // layer.group))
    assert keras.backend.standardize_dtype(layer.table.dtype) == "int8"


def test_frequent_words_keep_most_of_their_vectors():
    table = RANDOM.normal(size=(3000, 4)).astype("float32")
    codes, books = quantize(table, 2)
    places = codes.astype(int) + CODEBOOK_SIZE // 2 + CODEBOOK_SIZE * np.arange(2)
    off = np.abs(books[places].reshape(table.shape) - table).mean(axis=1)
    assert off[:100].mean() < 0.5 * off[-1000:].mean()
    assert off.mean() < 0.15


@pytest.mark.parametrize("rows", ["float32", "float16", "int8", "int4", "pairs", "triples"])
@pytest.mark.parametrize("rank", [None, 5])
def test_a_table_weighs_what_was_said_of_it(large, rows, rank):
    way = Shrink(rows, rank, vocabulary=700)
    model = shrink_embeddings(large, way).model
    (layer,) = (each for each in model.layers if isinstance(each, CompactEmbedding))
    held = sum(keras.ops.convert_to_numpy(each).nbytes for each in layer.weights)
    assert embedding_bytes(large, way) == held


def test_a_smaller_vocabulary_reads_rare_words_as_unknown(large):
    small = shrink_embeddings(large, Shrink(vocabulary=100))
    assert small.ids(["w0 w97 w98"]) == [[2, 99, 1]]
    assert small.model.count_params() < 0.2 * large.model.count_params()


def test_limits_inside_the_model_follow(large):
    ids = keras.Input((None,), dtype="int32")
    own = TokenLimits(700, 20)(ids)
    pooled = keras.ops.max(keras.layers.Embedding(700, 4)(own), axis=1)
    model = keras.Model(ids, keras.layers.Dense(2, activation="softmax")(pooled))
    bundle = large.with_model(model)
    np.testing.assert_array_equal(
        shrink_embeddings(bundle, Shrink()).predict(TEXTS), bundle.predict(TEXTS)
    )
    assert np.isfinite(shrink_embeddings(bundle, Shrink(vocabulary=50)).predict(TEXTS)).all()


@pytest.mark.parametrize("room", [30_000, 9_000, 4_000, 1_500])
def test_the_ladder_goes_down_from_what_just_fits(large, room):
    weights = [embedding_bytes(large, way) for way in candidate_shrinks(large, room)]
    assert weights == sorted(weights, reverse=True)
    assert 0.75 * min(room, 21_000) < weights[0] <= room


def test_nothing_fits_where_there_is_no_room(large):
    assert candidate_shrinks(large, 100) == []


def test_what_fits_is_offered_best_first(large):
    expected = large.predict(TEXTS)
    found = list(rank_candidates(large, 9_000, TEXTS, expected))
    changes = [mean_change(small.predict(TEXTS), expected) for _, small in found]
    assert len(changes) > 3
    assert changes == sorted(changes)
    assert all(embedding_bytes(large, way) <= 9_000 for way, _ in found)


def test_the_cost_is_told_in_the_words_of_the_task():
    before = np.array([[0.9, 0.2], [0.4, 0.8]])
    after = np.array([[0.8, 0.6], [0.4, 0.8]])
    assert "50.0% of 2 texts keep their labels" in describe_change(after, before, kind="labels")
    told = describe_change(after, before, np.array([[1, 0], [0, 1]]), "labels")
    assert told.endswith("f1_micro 1.0000 before, 0.8000 after.")
    assert "accuracy 1.0000 before, 1.0000 after" in describe_change(after, before, [0, 1])
    told = describe_change(after[:, :1], before[:, :1], np.array([1.0, 0.4]), "number")
    assert told.startswith("numbers change by 0.05 on average of 2 texts; rmse 0.07")


def test_an_export_is_made_small_enough_and_says_at_what_cost(large, tmp_path):
    labels = large.predict(TEXTS).argmax(axis=-1)
    path = tmp_path / "small"
    with in_this_process():
        (whole,) = export_bundle(large, tmp_path / "whole", ["keras"], TEXTS)
        limit = 0.6 * whole.megabytes
        (small,) = export_bundle(large, path, ["keras"], TEXTS, labels, max_size_mb=limit)
    assert small.megabytes <= limit
    assert "Shrunk to fit" in small.notes[0]
    assert "Shrunk to fit" in (path / "README.md").read_text(encoding="utf-8")
    after = float(re.search(r"accuracy 1.0000 before, (\d.\d+) after", small.notes[0])[1])
    assert small.proof.accuracy == pytest.approx((1.0, after), abs=5e-5)
    again = Bundle.load(path)
    assert any(isinstance(layer, CompactEmbedding) for layer in again.model.layers)


def test_a_size_out_of_reach_is_told_with_what_was_reached(large, tmp_path):
    asked = r"smallest artefact.*; 0\.001 MB were asked"
    with in_this_process(), pytest.raises(ExportError, match=asked):
        export_bundle(large, tmp_path / "small", ["keras"], TEXTS, max_size_mb=0.001)
    assert not (tmp_path / "small").exists()


def test_values_that_make_no_sense_are_refused():
    for wrong in ({"rows": "int3"}, {"rank": 0}, {"vocabulary": 2}):
        with pytest.raises(ExportError):
            Shrink(**wrong)


def test_a_model_without_embedding_cannot_shrink(large):
    ids = keras.Input((None,), dtype="int32")
    pooled = keras.ops.max(keras.ops.one_hot(ids, 1500), axis=1)
    model = keras.Model(ids, keras.layers.Dense(2, activation="softmax")(pooled))
    with pytest.raises(ExportError, match="has no Embedding layer"):
        shrink_embeddings(large.with_model(model), Shrink())


def exported_size(bundle, form, folder):
    """Bytes of the artefact, which gives what the bundle gives."""
    folder.mkdir()
    made = exporters[form](bundle, folder)
    artefact = made[0] if isinstance(made, list) else made
    assert verify_artefact(bundle, artefact, TEXTS, Here()).difference <= artefact.tolerance
    return size_of(artefact.file)


@pytest.mark.parametrize("form", ["savedmodel", "onnx", "litert"])
def test_narrow_rows_stay_narrow_in_every_format(tmp_path, form):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    model = classifier("additive", "none", vocabulary=1500, width=48)
    large = Bundle(VECTORIZER, model, ["no", "yes"], max_length=20)
    full = exported_size(large, form, tmp_path / "full")
    for rows, saved in {"int8": 0.6, "int4": 0.7, "pairs": 0.5}.items():
        small = exported_size(shrink_embeddings(large, Shrink(rows)), form, tmp_path / rows)
        assert full - small > saved * 1500 * 48 * 4, rows


@pytest.mark.parametrize("form", ["savedmodel", "onnx", "litert"])
def test_the_word_vectors_of_regions_are_narrowed_too_and_every_format_reads_them(tmp_path, form):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    vectors = np.random.default_rng(0).normal(size=(len(VECTORIZER.vocabulary), 128))
    hypermodel = AttentionHyperModel(len(VECTORIZER.vocabulary), 2, vectors=vectors, seed=0)
    model = hypermodel.model({"encoder": "none", "head": "mean", "region_size": 5})
    whole = Bundle(VECTORIZER, model, ["no", "yes"], max_length=20)
    full = exported_size(whole, form, tmp_path / "whole")
    small = shrink_embeddings(whole, Shrink("int8", vocabulary=500))
    np.testing.assert_allclose(
        shrink_embeddings(whole, Shrink("int8")).predict(TEXTS), whole.predict(TEXTS), atol=0.02
    )
    assert full - exported_size(small, form, tmp_path / "small") > 3 * 64 * (902 + 902)


@pytest.fixture(scope="module")
def of_ngrams():
    model = AttentionHyperModel(len(VECTORIZER.vocabulary), 2, seed=0).model(
        {"encoder": "none", "head": "mean", "hashed_ngrams": 3, "ngram_buckets": 4_096}
    )
    return Bundle(VECTORIZER, model, ["no", "yes"], max_length=20)


def test_a_table_of_hashed_ngrams_keeps_its_rows_and_is_narrowed_too(of_ngrams):
    for way in (Shrink("int8"), Shrink("int8", vocabulary=500)):
        small = shrink_embeddings(of_ngrams, way)
        assert small.model.get_layer("ngram_embedding").table.shape[0] == 4_096
        assert small.model.get_layer("embedding").table.shape[0] == (way.vocabulary or 902)
    close = shrink_embeddings(of_ngrams, Shrink("int8")).predict(TEXTS)
    np.testing.assert_allclose(close, of_ngrams.predict(TEXTS), atol=0.02)
    assert embedding_bytes(of_ngrams, Shrink()) == 4 * (64 * 902 + 16 * 4_096)


def test_buckets_of_hashed_ngrams_are_folded_where_room_is_short(of_ngrams):
    folded = shrink_embeddings(of_ngrams, Shrink("float32", fold=8))
    assert folded.model.get_layer("ngram_embedding").table.shape[0] == 512
    assert folded.model.get_layer("ngram_ids").buckets == 512
    assert np.isfinite(folded.predict(TEXTS)).all()
    ways = candidate_shrinks(of_ngrams, 40_000)
    assert max((way.fold for way in ways), default=1) > 1
    assert all(embedding_bytes(of_ngrams, way) <= 40_000 for way in ways)


def test_hashed_ngrams_keep_two_buckets_where_there_is_no_room(of_ngrams):
    way = fit_buckets(of_ngrams, Shrink("int8"), 10.0)
    assert shrink_embeddings(of_ngrams, way).model.get_layer("ngram_ids").buckets == 2


def test_rows_that_a_format_compresses_less_than_others_are_narrowed_further(
    of_ngrams, monkeypatch
):
    def make(bundle, folder):
        tables = [each for each in bundle.model.layers if isinstance(each, CompactEmbedding)]
        size = sum(weight.numpy().nbytes for each in tables for weight in each.weights)
        size += 30_000 * any(each.rows != "int8" for each in tables)
        (folder / "file").write_bytes(bytes(size if tables else 10**6))
        return Artefact("keras", folder / "file", tolerance=None)

    def only_int4(bundle, room, *_):
        way = fit_tables(bundle, Shrink("int4"), room)
        return [(way, shrink_embeddings(bundle, way))]

    monkeypatch.setattr(export, "exporter_for_backend", lambda name: make)
    monkeypatch.setattr(export, "rank_candidates", only_int4)
    _, megabytes, notes = export.fit_to_size(of_ngrams, 0.1, TEXTS)
    assert megabytes <= 0.1
    assert "int4 rows, 1/" in notes[0]
    with pytest.raises(ExportError, match=r"; 0\.03 MB are not part of the embedding"):
        export.fit_to_size(of_ngrams, 0.03, TEXTS)
