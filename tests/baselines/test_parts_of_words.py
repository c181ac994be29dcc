"""The linear baseline reads parts of words where they tell more than words alone."""

import keras
import numpy as np
import pytest

from attn_tuner.baselines.background import measure_baselines
from attn_tuner.baselines.baselines import MAX_TOKENS, linear_baseline
from attn_tuner.baselines.ngram_rows import count_parts
from attn_tuner.exporting import Bundle, exporters
from attn_tuner.exporting.verification.verify import verify_artefact
from attn_tuner.layers.ngram_regression import linear_model
from attn_tuner.layers.registration import register_with_keras
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.checked_files import read_arrays
from attn_tuner.storage.layout import DATA, LINEAR, STORE_FACTS, VECTORIZER
from attn_tuner.text import Split, Vectorizer
from attn_tuner.text.subwords import bucket, ngrams
from attn_tuner.text.token_store import TokenStore
from tests.support.small_models import Here

ENDINGS = ("ation", "ingly")


def word(random, label):
    """A word that occurs once, whose ending tells the label."""
    stem = "".join(random.choice(list("bcdfglmnprstvw"), 6))
    return stem + ENDINGS[label]


def texts_of(random, count):
    """Texts of common words and one rare word, whose ending is their class."""
    labels = random.integers(0, 2, count)
    common = ["the", "house", "of", "a", "red", "garden", "near", "us"]
    texts = [" ".join([*random.choice(common, 4), word(random, label)]) for label in labels]
    return texts, labels.astype("int32")


@pytest.fixture(scope="module")
def parts():
    random = np.random.default_rng(3)
    (learnt, labels), (held, truth) = texts_of(random, 300), texts_of(random, 120)
    vectorizer = Vectorizer.build(learnt, minimum_count=1)
    training = TokenStore.encode(Split(learnt, labels), vectorizer)
    validation = TokenStore.encode(Split(held, truth), vectorizer)
    return vectorizer, training, validation, held


@pytest.fixture(scope="module")
def baseline(parts):
    _, training, validation, _ = parts
    return linear_baseline(training, {"validation": validation}, 2)


def test_endings_of_words_that_training_lacks_tell_their_class(baseline):
    assert baseline.validation["accuracy"] > 0.95
    assert "parts of words" in baseline.facts


def test_its_model_answers_as_the_baseline_does(parts, baseline):
    vectorizer, _, _, held = parts
    model = linear_model(baseline.learnt)
    answers = model.predict(vectorizer.padded(held, subwords=True), verbose=0)
    expected = baseline.probabilities["validation"][:, 1:]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(answers), expected, atol=1e-5)


def test_it_reads_words_alone_where_parts_tell_nothing_more():
    random = np.random.default_rng(5)
    signs = [" ".join(random.choice(["up", "down"], 5)) for _ in range(300)]
    labels = np.array([text.split().count("up") > 2 for text in signs], "int32")
    store = TokenStore.encode(Split(signs, labels), Vectorizer.build(signs))
    found = linear_baseline(store, {"validation": store}, 2)
    assert "word_parts" not in found.learnt


def test_long_texts_are_read_without_parts(parts, monkeypatch):
    _, training, validation, _ = parts
    monkeypatch.setattr("attn_tuner.baselines.baselines.MAX_TOKENS", 4)
    found = linear_baseline(training, {"validation": validation}, 2)
    assert "word_parts" not in found.learnt
    assert MAX_TOKENS > 4


def test_the_parts_of_a_known_and_of_an_unknown_word_are_counted():
    vectorizer = Vectorizer(["", "[UNK]", "cats"])
    store = TokenStore.encode(Split(["cats cats", "catch"], np.zeros(2, "int32")), vectorizer)
    tables = store.tables
    expected = np.zeros((2, tables.buckets))
    for text, parts in enumerate((2 * ngrams("<cats>"), ngrams("<cat"))):
        for part in parts:
            expected[text, bucket(part, tables.buckets)] += 1
    np.testing.assert_array_equal(count_parts(store, tables).toarray(), expected)


@pytest.mark.parametrize("form", list(exporters))
def test_every_format_reads_parts_alike(parts, baseline, form, tmp_path):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    vectorizer, _, _, held = parts
    bundle = Bundle(vectorizer, linear_model(baseline.learnt), ["ation", "ingly"], None)
    assert bundle.subwords
    texts = ["", "the house", *held[:20]]
    np.testing.assert_allclose(
        bundle.predict(held)[:, 1], baseline.probabilities["validation"][:, 1], atol=1e-5
    )
    made = exporters[form](bundle, tmp_path)
    for artefact in made if isinstance(made, list) else [made]:
        proof = verify_artefact(bundle, artefact, texts, Here())
        assert proof.difference <= (artefact.tolerance or 0.05), proof.sentence


def test_a_saved_model_keeps_its_parts(parts, baseline, tmp_path):
    vectorizer, _, _, held = parts
    register_with_keras()
    model, ids = linear_model(baseline.learnt), vectorizer.padded(held[:8], subwords=True)
    model.save(tmp_path / "linear.keras")
    again = keras.models.load_model(tmp_path / "linear.keras")
    np.testing.assert_array_equal(again.predict(ids, verbose=0), model.predict(ids, verbose=0))


def test_a_fit_like_an_earlier_one_takes_its_settings(parts, baseline, monkeypatch):
    _, training, validation, _ = parts
    monkeypatch.setattr("attn_tuner.baselines.baselines.fit_linear_model", None)
    both = TokenStore.concatenate([training, validation])
    again = linear_baseline(both, {"validation": validation}, 2, like=baseline.learnt)
    assert again.facts == baseline.facts
    assert again.learnt["penalty"] == baseline.learnt["penalty"]
    assert again.validation["accuracy"] >= baseline.validation["accuracy"]


def test_baselines_in_the_background_take_the_settings_of_a_file(
    parts, baseline, monkeypatch, tmp_path
):
    vectorizer, training, validation, _ = parts
    monkeypatch.setattr("attn_tuner.baselines.baselines.fit_linear_model", None)
    (tmp_path / DATA).mkdir()
    for role, store in (("train", training), ("validation", validation)):
        store.save(tmp_path / DATA / role)
    write_json(tmp_path / DATA / VECTORIZER, vectorizer.get_config())
    write_json(tmp_path / DATA / STORE_FACTS, {})
    np.savez(tmp_path / "before.npz", **baseline.learnt)
    measure_baselines(tmp_path, 2, 0, like=tmp_path / "before.npz")
    assert read_arrays(tmp_path / LINEAR)["penalty"] == baseline.learnt["penalty"]
