"""What a search tries by itself on given data."""

import numpy as np
import pytest

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.text import Split, TextDataset
from attn_tuner.tuning.data import RunData
from attn_tuner.tuning.plan import Plan
from attn_tuner.tuning.standard import oracle_of, search_space


def prepared(directory, ones, texts=60):
    labels = (np.arange(texts) < ones).astype("int32")
    split = Split([f"text number {index}" for index in range(texts)], labels)
    return RunData.prepare(TextDataset("few", split, split, None, ("no", "yes")), directory)


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    return prepared(tmp_path_factory.mktemp("uneven") / "data", ones=6)


@pytest.mark.parametrize(
    ("objective", "first"), [("accuracy", "as they are"), ("f1_macro", "balanced")]
)
def test_where_a_class_is_rare_the_search_tries_to_weigh_it_more(uneven, objective, first):
    space = search_space(None, uneven, 4, objective)
    assert set(space["class_weights"].values) == {"balanced", "as they are"}
    assert space["class_weights"].default == first


def test_where_classes_are_even_there_is_nothing_to_weigh(tmp_path):
    even = prepared(tmp_path / "data", ones=30)
    assert "class_weights" not in search_space(None, even, 4, "f1_macro")


def test_balanced_training_gives_both_classes_the_same_weight(uneven):
    values = {"text_limit": 8, "keep": "head", "vocabulary_limit": 50, "batch_size": 60}
    _, labels, weights = uneven.training({**values, "class_weights": "balanced"}, 0)[0]
    assert weights[labels == 1].sum() == pytest.approx(weights[labels == 0].sum())
    assert len(uneven.training({**values, "class_weights": "as they are"}, 0)[0]) == 2


@pytest.mark.parametrize(("fidelity", "most"), [("epochs", 4), ("texts", 9), ("length", 9)])
def test_the_highest_rung_has_the_callers_epochs_or_all_of_the_texts(fidelity, most):
    plan = Plan("few", "0", ("no", "yes"), {}, tuner="hyperband", fidelity=fidelity, epochs=4)
    assert oracle_of(plan, AttentionHyperModel(50)).max_epochs == most
