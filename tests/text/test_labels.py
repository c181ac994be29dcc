"""Several labels a text and numbers, in every form in which people have them."""

import numpy as np
import pandas as pd
import pytest

from attn_tuner.errors import DataError, UnknownName
from attn_tuner.text import TokenStore, Vectorizer, load
from attn_tuner.text.labels import guess_task
from attn_tuner.text.splitting import hold_out

COUNT = 60
TEXTS = [f"text number {index}" for index in range(COUNT)]
MATRIX = np.stack([np.arange(COUNT) % 2, np.arange(COUNT) % 3 == 0], axis=1).astype(int)
SETS = [[name for name, there in zip("xy", row, strict=True) if there] for row in MATRIX]


def by_text(data):
    """Each text's row of labels, from whatever part it went to."""
    parts = data.parts().values()
    return {
        text: tuple(map(int, row))
        for part in parts
        for text, row in zip(part.texts, part.labels, strict=True)
    }


@pytest.mark.parametrize(
    ("labels", "options", "names"),
    [
        (MATRIX, {}, ("0", "1")),
        (MATRIX.tolist(), {}, ("0", "1")),
        (pd.DataFrame(MATRIX, columns=["x", "y"]), {}, ("x", "y")),
        (SETS, {}, ("x", "y")),
        ([set(row) for row in SETS], {}, ("x", "y")),
        (["|".join(row) for row in SETS], {"task": "multilabel"}, ("x", "y")),
        ([", ".join(row) or None for row in SETS], {"task": "multilabel"}, ("x", "y")),
    ],
    ids=["matrix", "rows", "frame", "lists", "sets", "bars", "commas"],
)
def test_labels_in_any_form_become_the_same_matrix(labels, options, names):
    data = load((TEXTS, labels), **options)
    assert (data.task, data.classes) == ("multilabel", names)
    assert data.train.labels.dtype == np.uint8
    expected = {text: tuple(row) for text, row in zip(TEXTS, MATRIX.tolist(), strict=True)}
    assert by_text(data) == expected


def test_fractions_are_numbers_and_whole_numbers_are_classes_unless_said_otherwise():
    numbers = [index / 8 for index in range(COUNT)]
    data = load((TEXTS, numbers))
    assert (data.task, data.classes, data.train.labels.dtype) == ("regression", (), np.float32)
    assert sorted(value for part in data.parts().values() for value in part.labels) == numbers
    assert load((TEXTS, [1.0, 2.0] * 30)).task == "binary"
    assert load((TEXTS, [1.0, 2.0] * 30), task="regression").task == "regression"


def test_a_column_of_fractions_is_read_from_a_file(tmp_path):
    path = tmp_path / "prices.csv"
    rows = [f"{text},{index}.5" for index, text in enumerate(TEXTS)]
    path.write_text("\n".join(["text,label", *rows]))
    assert load(path).task == "regression"


@pytest.mark.parametrize(
    ("labels", "task", "words"),
    [
        (["q"] * COUNT, "regression", "Label 1 of the given texts is 'q'"),
        ([1.5, None, *[2.5] * (COUNT - 2)], "regression", "Label 2 of .* is None"),
        ([2.5] * COUNT, None, "the same number"),
        (["q"] * COUNT, "multilabel", r"has 1 label \('q'\)"),
        (np.zeros((COUNT, 2), int), None, "No training text of the given texts has the label 0, 1"),
        (MATRIX.tolist(), "multiclass", "one string, integer or boolean per text"),
        ([10**400, *[2.5] * (COUNT - 1)], "regression", "not a finite number"),
        ([1e300, *[2.5] * (COUNT - 1)], "regression", "not a finite number"),
    ],
)
def test_labels_that_cannot_be_learned_are_one_sentence(labels, task, words):
    with pytest.raises(DataError, match=words):
        load((TEXTS, labels), task=task)


def test_a_label_that_training_lacks_is_named():
    other = ([*TEXTS[:2], "third"], [["x"], ["y"], ["z"]])
    with pytest.raises(DataError, match="label z, which no training text has"):
        load((TEXTS, SETS), test=(["one", "two", "three"], other[1]))


@pytest.mark.parametrize("labels", [SETS, [0.5, 1.5] * 30, ["a", "b"] * 30])
def test_texts_that_are_all_alike_leave_nothing_to_train_on(labels):
    with pytest.raises(DataError, match="training text"):
        load((["the same"] * COUNT, labels))


def test_an_unknown_task_gets_a_suggestion():
    with pytest.raises(UnknownName, match="Did you mean 'regression'"):
        load((TEXTS, SETS), task="regresion")


def test_what_looks_like_classes_is_never_guessed_to_be_more():
    assert guess_task(["a|b", "c"]) is None
    assert guess_task([0, 1, 2]) is None
    assert guess_task([True, False]) is None
    assert guess_task(["1", "2"]) is None


def test_the_fingerprint_tells_labels_and_numbers_apart():
    one = load((TEXTS, SETS)).fingerprint
    assert one == load((TEXTS, [list(row) for row in SETS])).fingerprint
    assert one != load((TEXTS, [["x", "y"], *SETS[1:]])).fingerprint


@pytest.mark.parametrize("labels", [SETS, [index / 8 for index in range(COUNT)]])
def test_stores_keep_labels_of_any_kind(labels, tmp_path):
    data = load((TEXTS, labels))
    vectorizer = Vectorizer.build(data.train.texts)
    store = TokenStore.encode(data.train, vectorizer)
    store.save(tmp_path / "store")
    opened = TokenStore.open(tmp_path / "store")
    np.testing.assert_array_equal(opened.labels, data.train.labels)
    assert opened.labels.dtype == data.train.labels.dtype
    assert len(opened.fraction(0.5)) == round(0.5 * len(opened))
    left, held = hold_out(data.train, 0.25, 0, classes=len(data.classes))
    assert len(left) + len(held) == len(data.train)
