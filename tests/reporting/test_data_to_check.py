"""Labels and classes that the report names to be checked."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from attn_tuner.reporting import data_to_check
from attn_tuner.reporting.data_to_check import find_data_to_check
from attn_tuner.storage.validation_data import Validation

CLASSES = ("cold", "warm")


def validation(wrong=3):
    labels = np.arange(100) % 2
    texts = tuple(f"{CLASSES[label]} {number}" for number, label in enumerate(labels))
    probabilities = np.where(np.eye(2)[labels] > 0, 0.95, 0.05)
    labels = labels.copy()
    labels[:wrong] = 1 - labels[:wrong]
    return Validation(Path("run"), labels, texts), probabilities


def test_labels_that_the_model_contradicts_are_listed():
    pytest.importorskip("cleanlab", reason="the extra check is not installed")
    found = find_data_to_check(*validation(), CLASSES)
    assert found.suspects == 3
    assert {each.text for each in found.shown} == {"cold 0", "warm 1", "cold 2"}
    assert all(each.suggested == each.text.split()[0] != each.label for each in found.shown)
    assert found.sentence.startswith("Of the labels of 100 validation texts 3 (3.0%)")
    assert "None of the labels" in find_data_to_check(*validation(0), CLASSES).sentence


def test_without_texts_in_clear_or_the_extra_a_sentence_says_so(monkeypatch):
    given, probabilities = validation()
    bare = dataclasses.replace(given, texts=())
    assert "no validation text is kept" in find_data_to_check(bare, probabilities, CLASSES).sentence

    def absent(*given):
        raise data_to_check.MissingExtra("cleanlab is not installed.")

    monkeypatch.setattr(data_to_check, "rank_label_errors", absent)
    assert find_data_to_check(given, probabilities, CLASSES).sentence == (
        "Labels are not judged: cleanlab is not installed."
    )


def test_confused_classes_are_rows_of_a_table():
    labels = np.repeat(np.arange(3), 30)
    answers = labels.copy()
    answers[:9] = 1
    given = Validation(Path("run"), labels, ())
    found = find_data_to_check(given, np.eye(3)[answers], ("a", "b", "c"))
    assert found.confused_rows == [("a", "b", 9, 0, 0.15)]
