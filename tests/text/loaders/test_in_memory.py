"""Lists, arrays, DataFrames and tf.data.Datasets."""

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from attn_tuner.errors import DataError
from attn_tuner.text import load
from attn_tuner.text.loaders import loaders
from attn_tuner.text.loading import read_source

TEXTS = ["one é", "two", "three", "four"]
LABELS = ["x", "y", "x", "y"]


def all_texts(data):
    return sorted(text for part in data.parts().values() for text in part.texts)


@pytest.mark.parametrize(
    "texts",
    [
        TEXTS,
        tuple(TEXTS),
        [text.encode() for text in TEXTS],
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        np.array([text.encode() for text in TEXTS]),
        np.array(TEXTS, dtype=np.dtypes.StringDType()) if hasattr(np.dtypes, "StringDType") else [],
        pd.Series(TEXTS),
        iter(TEXTS),
    ],
    ids=["list", "tuple", "bytes", "U", "object", "S", "StringDType", "Series", "iterator"],
)
def test_texts_may_come_as_any_kind_of_strings(texts):
    if isinstance(texts, list) and not texts:
        pytest.skip("this numpy has no StringDType")
    data = load((texts, LABELS), validation=0.5)
    assert all_texts(data) == sorted(TEXTS)
    assert all(type(text) is str for text in all_texts(data))


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pd.Categorical])
def test_labels_may_come_as_any_sequence(kind):
    assert load((TEXTS, kind(LABELS)), validation=0.5).classes == ("x", "y")


def test_a_frame_is_read_by_its_obvious_columns():
    frame = pd.DataFrame({"id": range(4), "Review": TEXTS, "Sentiment": LABELS})
    assert read_source(frame).parts["train"] == (TEXTS, LABELS)


def test_columns_that_are_asked_for_are_taken():
    frame = pd.DataFrame({"text": LABELS, "body": TEXTS, "label": TEXTS, "kind": LABELS})
    assert read_source(frame, text="body", label="kind").parts["train"] == (TEXTS, LABELS)


def test_of_two_columns_the_other_one_is_meant():
    frame = pd.DataFrame({"strange": TEXTS, "label": LABELS})
    assert read_source(frame).parts["train"] == (TEXTS, LABELS)


def test_a_column_that_is_not_there_is_refused_with_those_that_are():
    frame = pd.DataFrame({"text": TEXTS, "label": LABELS})
    with pytest.raises(DataError, match=r"column of the DataFrame is called 'txt'. Did you mean"):
        load(frame, text="txt")


def test_columns_that_are_not_obvious_are_asked_for():
    frame = pd.DataFrame({"a": TEXTS, "b": LABELS, "c": LABELS})
    with pytest.raises(DataError, match=r"Name it with text=. Its columns: a, b, c"):
        load(frame)
    frame = pd.DataFrame({"text": TEXTS, "b": LABELS, "c": LABELS})
    with pytest.raises(DataError, match=r"Name it with label=. Its columns: text, b, c"):
        load(frame)


def test_one_column_cannot_be_text_and_label():
    frame = pd.DataFrame({"text": TEXTS, "label": LABELS})
    with pytest.raises(DataError, match="cannot both be column 'text'"):
        load(frame, text="text", label="text")


def test_a_numeric_text_column_and_missing_values_are_refused():
    frame = pd.DataFrame({"text": [1.0, 2.0, 3.0, 4.0], "label": LABELS})
    with pytest.raises(DataError, match=r"are numbers, such as 1.0"):
        load(frame)
    frame = pd.DataFrame({"text": TEXTS, "label": ["x", None, "y", "x"]})
    with pytest.raises(DataError, match="1 of 4 rows of the DataFrame have no label"):
        load(frame)
    frame = pd.DataFrame({"text": TEXTS, "label": pd.array([1, None, 2, 1], dtype="Int64")})
    with pytest.raises(DataError, match="the first is row 2"):
        load(frame)
    frame = pd.DataFrame({"text": pd.array([None, *TEXTS[1:]], dtype="string"), "label": LABELS})
    with pytest.raises(DataError, match="Text 1 of the DataFrame is missing"):
        load(frame)


@pytest.mark.parametrize("batch", [None, 3])
def test_a_dataset_of_pairs_is_read_batched_or_not(batch):
    dataset = tf.data.Dataset.from_tensor_slices((TEXTS, [0, 1, 0, 1]))
    dataset = dataset.batch(batch) if batch else dataset
    texts, labels = read_source(dataset).parts["train"]
    assert [text.decode() for text in texts] == TEXTS
    assert labels == [0, 1, 0, 1]


def test_a_dataset_of_dictionaries_is_read_by_its_columns():
    dataset = tf.data.Dataset.from_tensor_slices({"label": LABELS, "text": TEXTS})
    assert load(dataset, validation=0.5).classes == ("x", "y")


def test_datasets_that_cannot_be_read_are_refused():
    pairs = tf.data.Dataset.from_tensor_slices((TEXTS, LABELS))
    with pytest.raises(DataError, match="is infinite"):
        load(pairs.repeat())
    with pytest.raises(DataError, match=r"are int32. They should be strings"):
        load(tf.data.Dataset.from_tensor_slices(([1, 2], [0, 1])))
    with pytest.raises(DataError, match=r"should be \(text, label\) pairs"):
        load(tf.data.Dataset.from_tensor_slices(TEXTS))
    with pytest.raises(DataError, match="Each text needs one label"):
        load(tf.data.Dataset.from_tensor_slices((TEXTS, [[[0, 1]]] * 4)))
    with pytest.raises(DataError, match="one class only"):
        load(tf.data.Dataset.from_tensor_slices((TEXTS, [[0, 1]] * 4)))


MANY = [f"text {number}" for number in range(30)]
KINDS = ["x", "y", "z"] * 10
NUMBERS = np.array([0, 1, 2] * 10)
ONE_HOT = np.eye(3)[NUMBERS]


@pytest.mark.parametrize(
    "source",
    [
        (MANY, ONE_HOT),
        (MANY, ONE_HOT.astype(bool).tolist()),
        (MANY, pd.get_dummies(pd.Series(KINDS))),
        (MANY, NUMBERS.reshape(-1, 1)),
        (MANY, [[each] for each in KINDS]),
        (MANY, pd.DataFrame({"label": KINDS})),
        (pd.DataFrame({"text": MANY}), KINDS),
        (np.array(MANY).reshape(-1, 1), KINDS),
        (tf.constant(MANY), tf.constant(NUMBERS)),
        {"text": MANY, "label": KINDS},
        list(zip(MANY, KINDS, strict=True)),
        [[text, kind] for text, kind in zip(MANY, KINDS, strict=True)],
        [{"text": text, "label": kind} for text, kind in zip(MANY, KINDS, strict=True)],
        ((MANY[:21], KINDS[:21]), (MANY[21:], KINDS[21:])),
        tf.data.Dataset.from_tensor_slices((MANY, NUMBERS, np.ones(30))),
        tf.data.Dataset.from_tensor_slices((MANY, ONE_HOT)).batch(8),
        tf.data.Dataset.from_tensor_slices((MANY, NUMBERS)).batch(5).batch(2),
        tf.data.Dataset.from_tensor_slices((MANY, ONE_HOT)).batch(5).batch(2),
        tf.data.Dataset.from_tensor_slices((np.reshape(MANY, (-1, 1)), NUMBERS)).batch(4),
        tf.data.Dataset.from_tensor_slices(({"text": MANY}, NUMBERS)),
    ],
)
def test_classes_in_every_usual_form_are_classes(source):
    data = load(source)
    assert (data.task, len(data.classes)) == ("multiclass", 3)
    assert all_texts(data) == sorted(MANY)
    for part in data.parts().values():
        for text, label in zip(part.texts, part.labels.tolist(), strict=True):
            assert label == int(text[5:]) % 3


def test_columns_of_one_name_are_refused():
    frame = pd.DataFrame({"text": TEXTS, "label": LABELS})
    with pytest.raises(DataError, match="The DataFrame has several columns called 'label'"):
        load(pd.concat([frame, frame["label"]], axis=1))


def test_labels_of_any_size_are_classes():
    assert load((MANY, [10**20, 3] * 15)).classes == ("3", "100000000000000000000")
    with pytest.raises(DataError, match="too many digits"):
        load((MANY, [10**5000, 3] * 15))


def endless():
    while True:
        yield b"text", 1


def nothing_more():
    yield b"text", 1
    raise ValueError("the file is gone")


def test_a_dataset_that_ends_badly_or_never_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr("attn_tuner.text.loaders.tf_data.MAX_VALUES", 2_000)
    signature = (tf.TensorSpec((), tf.string), tf.TensorSpec((), tf.int64))
    given = tf.data.Dataset.from_generator(endless, output_signature=signature)
    with pytest.raises(DataError, match=r"2,048 entries of the tf.data.Dataset were read"):
        load(given)
    given = tf.data.Dataset.from_generator(nothing_more, output_signature=signature)
    with pytest.raises(DataError, match="failed while it was read"):
        load(given)


@pytest.mark.parametrize(
    "make",
    [
        lambda: tf.data.Dataset.from_tensor_slices(
            (tf.ragged.constant([["a"], ["b", "c"]]), [0, 1])
        ),
        lambda: tf.data.Dataset.from_tensor_slices((TEXTS, tf.ragged.constant([[0], [], [1], []]))),
        lambda: tf.data.Dataset.from_tensor_slices(((TEXTS, TEXTS), LABELS)),
        lambda: tf.data.Dataset.from_tensor_slices((TEXTS, (LABELS, LABELS))),
    ],
)
def test_ragged_and_nested_datasets_are_refused_in_a_sentence(make):
    with pytest.raises(DataError, match="are ragged, sparse or nested"):
        load(make())


def test_no_two_loaders_accept_the_same_source():
    frame = pd.DataFrame({"text": TEXTS, "label": LABELS})
    dataset = tf.data.Dataset.from_tensor_slices((TEXTS, LABELS))
    plain = {"text": TEXTS, "label": LABELS}
    sources = (frame, dataset, (TEXTS, LABELS), "demo", "imdb_reviews", "a.csv", "a.json.gz", plain)
    for source in (*sources, list(zip(TEXTS, LABELS, strict=True))):
        assert sum(loader().accepts(source) for loader in loaders.values()) == 1
