"""What a search tries by itself on given data."""

import re

import numpy as np
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.model_space import NGRAM_DIM, REGION_DIM, REGION_SIZES, default_space
from attn_tuner.search_defaults import (
    check_space,
    region_vectors,
    search_space,
    word_vectors,
)
from attn_tuner.space import Choice
from attn_tuner.storage.plan import Plan
from attn_tuner.text import Split, TextDataset
from attn_tuner.training.adversarial import ExtraLosses
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.tuning.oracles.factory import KNOWN_GOOD, known_good, oracle_of
from tests.support import ROOT


def prepared(directory, ones, texts=60, words="text number"):
    labels = (np.arange(texts) < ones).astype("int32")
    split = Split([f"{words} {index}" for index in range(texts)], labels)
    return EncodedData.prepare(TextDataset("few", split, split, None, ("no", "yes")), directory)


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("uneven") / "data", ones=6)


@pytest.mark.parametrize(("objective", "first"), [("accuracy", "none"), ("f1_macro", "balanced")])
def test_where_a_class_is_rare_the_search_tries_to_weigh_it_more(uneven, objective, first):
    space = search_space(None, uneven, 4, objective)
    assert set(space["class_weight"].values) == {"balanced", "none"}
    assert space["class_weight"].default == first


def test_where_classes_are_even_there_is_nothing_to_weigh(tmp_path):
    even = prepared(tmp_path / "data", ones=30)
    assert "class_weight" not in search_space(None, even, 4, "f1_macro")


def test_balanced_training_gives_both_classes_the_same_weight(uneven):
    values = {"max_length": 8, "truncation": "head", "vocabulary_size": 50, "batch_size": 60}
    _, labels, weights = uneven.training({**values, "class_weight": "balanced"}, 0)[0]
    assert weights[labels == 1].sum() == pytest.approx(weights[labels == 0].sum())
    assert len(uneven.training({**values, "class_weight": "none"}, 0)[0]) == 2


def test_only_labels_are_smoothed_and_no_numbers(uneven, tmp_path):
    assert "label_smoothing" in search_space(None, uneven, 4)
    numbers = np.linspace(0, 1, 60).astype("float32")
    split = Split([f"text number {index}" for index in range(60)], numbers)
    data = TextDataset("numbers", split, split, None, ())
    stored = EncodedData.prepare(data, tmp_path / "data")
    space = search_space(None, stored, 4, "rmse")
    assert "label_smoothing" not in space
    assert "adversarial_weight" in space
    assert not {"virtual_weight", "entropy_weight"} & set(space)


def test_adversarial_training_is_searched_and_the_virtual_loss_only_where_asked_for(uneven):
    space = search_space(None, uneven, 4)
    assert not ExtraLosses.of(space.defaults())
    assert space["adversarial_weight"].values == (0.0, 1.0)
    assert space["virtual_weight"].values == (0.0,)
    asked = search_space({"virtual_weight": [0.0, 1.0]}, uneven, 4)
    assert asked["virtual_weight"].values == (0.0, 1.0)


def test_where_tokens_are_characters_the_search_begins_with_groups_of_them(uneven, tmp_path):
    characters = prepared(tmp_path / "data", ones=30, words="房间很干净服务也好")
    space = search_space(None, characters, 4)
    assert "ngrams" in space["encoder"].names()
    assert [point.get("encoder") for point in known_good(space)] == [
        *("none", "ngrams", "gru", "ngrams"),
    ]
    narrowed = search_space({"encoder": ["gru", "lstm"]}, characters, 4)
    words = search_space(None, uneven, 4)
    for other in (narrowed, words):
        assert "ngrams" not in other["encoder"].names()
        assert known_good(other) == KNOWN_GOOD


@pytest.mark.parametrize(
    ("texts", "seconds", "tried"),
    [(100, None, True), (100, 300, True), (20_000, 900, False), (20_000, 3_600, True)],
)
def test_adversarial_training_is_tried_first_where_it_leaves_half_of_the_time(
    uneven, texts, seconds, tried
):
    space = search_space({"max_length": 400, "epochs": 3}, uneven, 8)
    model = AttentionHyperModel(50, space=space, training_texts=texts)
    plan = Plan("few", "0", ("no", "yes"), {}, max_time=seconds)
    points = oracle_of(plan, model).first_points
    assert len(points) == len(KNOWN_GOOD) - (not tried)
    assert any("adversarial_weight" in each for each in points) == tried


def test_every_second_first_point_has_regions_where_their_vectors_were_learnt(uneven):
    space = search_space(None, uneven, 4)
    plan = Plan("few", "0", ("no", "yes"), {})
    model = AttentionHyperModel(50, space=space, training_texts=60)
    assert not any("region_size" in each for each in oracle_of(plan, model).first_points)
    model.region_vectors = np.zeros((50, REGION_DIM), "float32")
    points = oracle_of(plan, model).first_points
    assert [each.get("region_size", 0) for each in points] == [5, 0, 5, 0, 5]
    assert points[-1] == {**points[-2], "region_size": 5}


def test_where_adversarial_training_is_not_on_offer_no_point_has_it(uneven):
    space = search_space({"adversarial_weight": 0.0}, uneven, 4)
    assert len(known_good(space)) == len(KNOWN_GOOD) - 1
    assert not any("adversarial_weight" in each for each in known_good(space))


@pytest.mark.parametrize(("rare", "first"), [(1, "word+subword"), (30, "word")])
def test_where_words_are_rare_the_search_begins_with_their_parts(tmp_path, rare, first):
    train = Split([f"text number {index}" for index in range(60)], np.arange(60) % 2)
    words = ["another" if place % rare == 0 else "text" for place in range(60)]
    validation = Split([f"text {word}" for word in words], np.arange(60) % 2)
    data = TextDataset("words", train, validation, None, ("no", "yes"))
    space = search_space(None, EncodedData.prepare(data, tmp_path / "data"), 4)
    assert set(space["tokens"].values) == {"word", "word+subword"}
    assert space["tokens"].default == first


def test_neither_parts_of_words_nor_regions_are_on_offer_where_tokens_are_characters(tmp_path):
    characters = prepared(tmp_path / "data", ones=30, words="房间很干净服务也好")
    space = search_space(None, characters, 4)
    assert "tokens" not in space
    assert space["region_size"].values == (0,)


@pytest.mark.parametrize("most", [None, 300_000, 5_000, 900])
def test_where_weights_are_limited_ngrams_have_at_most_half_of_them_and_regions_none(uneven, most):
    space = search_space(None, uneven, 4, most_weights=most)
    assert set(space["tokens"].values) == {"word", "word+subword"}
    if most is None:
        assert space["ngram_buckets"].default * NGRAM_DIM > 2_500
        assert space["region_size"].values == REGION_SIZES
        return
    assert space["region_size"].values == (0,)
    assert space["tokens"].default == "word"
    if most < 2 * NGRAM_DIM * 128:
        assert space["hashed_ngrams"].values == (1,)
    else:
        assert space["ngram_buckets"].default * NGRAM_DIM <= most / 2


def test_the_document_names_every_dimension(uneven):
    page = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", page))
    assert set(search_space(None, uneven, 4)) <= named


def test_word_vectors_come_from_a_file_where_there_is_one(uneven, tmp_path):
    words = uneven.vectorizer.vocabulary
    rows = np.random.default_rng(0).normal(size=(3, 8))
    pairs = zip(words[2:5], rows, strict=True)
    lines = [f"{word} {' '.join(map(str, row))}\n" for word, row in pairs]
    (tmp_path / "glove.txt").write_text("".join(lines))
    space = search_space(None, uneven, 4)
    given = (space, uneven, Budget(None), tmp_path, 0)
    found = word_vectors(*given, tmp_path / "glove.txt")
    assert found.shape == (len(words), 128)  # As wide as the widest embedding on offer.
    assert not found[0].any()
    products = found[2:5, :8] @ found[2:5, :8].T
    centred = rows - rows.mean(axis=0)
    scale = products[0, 0] / (centred[0] @ centred[0])
    np.testing.assert_allclose(products, scale * centred @ centred.T, atol=1e-4)
    assert found[2:, 8:].std() <= found[2:, :8].std()
    again = word_vectors(*given, tmp_path / "glove.txt")
    np.testing.assert_array_equal(found, again)


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ({}, 128),
        ({"embedding_dim": 32}, REGION_DIM),
        ({"embedding_dim": 32, "region_size": 0}, 32),
        ({"embedding_init": "random"}, REGION_DIM),
        ({"embedding_init": "random", "region_size": 0}, None),
    ],
)
def test_word_vectors_are_as_wide_as_what_reads_them(uneven, tmp_path, changes, columns):
    space = search_space(changes, uneven, 4)
    found = word_vectors(space, uneven, Budget(None), tmp_path, 0)
    assert (found if found is None else found.shape[1]) == columns


def test_word_vectors_that_regions_do_not_read_are_as_wide_as_the_embedding(uneven, tmp_path):
    space = search_space({"embedding_dim": 32}, uneven, 4)
    given = (space, uneven, Budget(None), tmp_path, 0)
    assert region_vectors(*given) is None  # There are few texts.
    assert word_vectors(*given, regions=True).shape[1] == REGION_DIM
    assert word_vectors(*given, regions=False).shape[1] == 32


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"region_size": 4}, "region_size=4 has no token in its middle"),
        ({"region_size": -3}, "'region_size' should be at least 0; got -3"),
        ({"region_size": {"low": 1, "high": 7, "step": 2}}, "region_size is a range"),
        (default_space().extend(region_size=Choice((0, 2))), "region_size=2 has no token"),
    ],
)
def test_sizes_that_no_region_has_are_refused_before_any_data_are_read(given, said):
    with pytest.raises(SpaceError, match=said):
        check_space(given, 4)


def test_what_was_read_of_a_file_of_word_vectors_is_said(uneven, tmp_path):
    words = uneven.vectorizer.vocabulary
    rows = np.random.default_rng(0).normal(size=(10, 200))
    lines = [
        f"{word} {' '.join(map(str, row))}\n" for word, row in zip(words[2:12], rows, strict=False)
    ]
    (tmp_path / "wide.txt").write_text("".join(lines))
    space, said = search_space(None, uneven, 4), []
    given = (space, uneven, Budget(None), tmp_path, 0, tmp_path / "wide.txt", said.append)
    assert word_vectors(*given).shape == (len(words), 128)
    known = min(10, len(words) - 2)
    assert f"{known} of {len(words) - 2} words have a vector in" in said[0]
    assert said[0].endswith("; 128 of 200 columns keep 100% of their variance.")


@pytest.mark.parametrize(("fidelity", "most"), [("epochs", 4), ("texts", 9), ("length", 9)])
def test_the_highest_rung_has_the_callers_epochs_or_all_of_the_texts(fidelity, most):
    plan = Plan("few", "0", ("no", "yes"), {}, tuner="hyperband", fidelity=fidelity, epochs=4)
    assert oracle_of(plan, AttentionHyperModel(50)).max_epochs == most


@pytest.mark.parametrize(
    ("labelled", "unlabelled", "share"),
    [(100, 0, 0.12), (100, 10, 0.12), (100, 1_000, 0.2), (20_000, 50_000, 0.12)],
)
def test_word_vectors_get_more_time_where_few_texts_have_a_label_and_most_none(
    uneven, labelled, unlabelled, share
):
    class Stored:
        few_labels = EncodedTexts.few_labels
        size = staticmethod({"train": labelled, "unlabelled": unlabelled}.__getitem__)

        def vectors(self, directory, width, seed, seconds):
            return seconds

    space, budget = search_space(None, uneven, 4), Budget(100.0, clock=lambda: 0.0)
    assert word_vectors(space, Stored(), budget, "", 0) == pytest.approx(100 * share)
