"""Missing values, classes with few texts, and texts given as ids."""

import numpy as np
import pandas as pd
import pytest

from attn_tuner.errors import DataError
from attn_tuner.text import load

TEXTS = [f"text number {number}" for number in range(60)]
LABELS = ["x", "y", "z"] * 20
EMPTY = [None, "", "  \n", float("nan"), pd.NA]


def all_texts(data):
    return {text for part in data.parts().values() for text in part.texts}


@pytest.mark.parametrize("empty", EMPTY)
def test_an_empty_text_and_a_missing_one_are_the_same(empty):
    pairs = ([empty, *TEXTS[1:]], LABELS)
    with pytest.raises(DataError, match="1 of 60 rows of the given texts have no text"):
        load(pairs)
    data = load(pairs, drop_missing=True)
    assert all_texts(data) == set(TEXTS[1:])
    said = "Rows of the given texts without text or label were left out: 1 of 60."
    assert data.notes[0] == said


@pytest.mark.parametrize("task", [None, "regression"])
@pytest.mark.parametrize("empty", EMPTY)
def test_a_row_without_a_label_is_left_out_if_asked(empty, task):
    labels = [empty, *(range(59) if task else LABELS[1:])]
    with pytest.raises(DataError):
        load((TEXTS, labels), task=task)
    assert all_texts(load((TEXTS, labels), task=task, drop_missing=True)) == set(TEXTS[1:])


def test_a_text_without_any_of_several_labels_is_kept():
    labels = [None, *[["a", "b"], ["a"]] * 29, []]
    assert all_texts(load((TEXTS, labels), task="multilabel", drop_missing=True)) == set(TEXTS)


def test_only_empty_rows_are_refused():
    with pytest.raises(DataError, match="All rows of the given texts miss a text or a label"):
        load(([None, ""], ["x", "y"]), drop_missing=True)


RARE = (
    [*TEXTS, "one", "two", "three", "four", "five"],
    [*LABELS, "r", "s", "s", "t", "t"],
)


def test_all_classes_with_few_texts_are_in_one_sentence_with_what_to_do():
    with pytest.raises(DataError) as refusal:
        load(RARE)
    said = str(refusal.value)
    assert "3 classes of the given texts have fewer than 3 texts ('r' 1, 's' 2, 't' 2)" in said
    assert "min_per_class=3" in said
    assert "rare_classes='other'" in said


def test_a_class_of_two_texts_is_a_note():
    data = load((RARE[0][:63], [*LABELS, "s", "s", "x"]))
    assert any("1 class of the given texts has fewer than 3 texts ('s' 2)" in n for n in data.notes)


def test_rare_classes_are_left_out_or_joined():
    data = load(RARE, min_per_class=3)
    assert data.classes == ("x", "y", "z")
    assert all_texts(data) == set(TEXTS)
    said = "Classes of the given texts with fewer than 3 texts were left out: 'r', 's', 't', "
    assert f"{said}together 5 of 65 texts." in data.notes
    joined = load(RARE, min_per_class=3, rare_classes="other")
    assert joined.classes == ("other", "x", "y", "z")
    assert all_texts(joined) == set(RARE[0])
    assert load(RARE, min_per_class=2).classes == ("s", "t", "x", "y", "z")
    # The only one below two does not make a class, even under another name.
    alone = load(RARE, min_per_class=2, rare_classes="other")
    assert alone.classes == ("s", "t", "x", "y", "z")
    assert any("were left out: 'r', together 1 of 65 texts" in note for note in alone.notes)
    assert load((TEXTS, LABELS), min_per_class=3, rare_classes="other").classes == ("x", "y", "z")


def test_a_rare_class_of_the_test_part_leaves_it_too():
    test = (["a", "b", "c"], ["x", "y", "s"])
    assert load(RARE, min_per_class=3, test=test).test.texts == ["a", "b"]
    with pytest.raises(DataError, match="min_per_class is for data with one class per text"):
        load((TEXTS, np.linspace(0, 1, 60)), min_per_class=3)


WORDS = {"good": 1, "film": 2, "poor": 3, "number": 4}


def ids_of(offset, start=()):
    """Ten texts of one to five words, as ids."""
    return [[*start, *([1 + n % 2 + offset] * (1 + n // 2)), 4 + offset] for n in range(10)]


MEANT = {f"{' '.join([('good', 'film')[n % 2]] * (1 + n // 2))} number" for n in range(10)}


def test_ids_of_keras_data_sets_are_words_again():
    ids = np.array([[1, 2, *row] for row in ids_of(3)], dtype=object)
    data = load((ids, [0, 1] * 5), word_index=WORDS)
    assert all_texts(data) == MEANT
    assert "shifted by 3 as keras.datasets does; 20 of 60 ids are no word" in data.notes[0]


def test_padded_ids_and_ids_of_a_tokenizer_are_words_again():
    rows = [[1, *row] for row in ids_of(3)]
    padded = np.array([[0] * (9 - len(row)) + row for row in rows])
    assert all_texts(load((padded, [0, 1] * 5), word_index=WORDS)) == MEANT
    assert all_texts(load((ids_of(0), [0, 1] * 5), word_index=WORDS)) == MEANT


def test_ids_without_a_fitting_index_are_refused():
    with pytest.raises(DataError, match=r"word_index=keras.datasets.imdb.get_word_index\(\)"):
        load(([[1, 2]] * 4, [0, 1] * 2))
    with pytest.raises(DataError, match="word_index has none of the ids"):
        load(([[91, 92]] * 4, [0, 1] * 2), word_index=WORDS)
