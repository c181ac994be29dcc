"""Lists, arrays, DataFrames and tf.data.Datasets."""

from pathlib import Path
from types import SimpleNamespace

import narwhals
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import tensorflow as tf

from attn_tuner.errors import DataError
from attn_tuner.text import load
from attn_tuner.text.loaders import ReadOptions, loaders
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
    assert read_source(frame, ReadOptions("body", "kind")).parts["train"] == (TEXTS, LABELS)


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
    with pytest.raises(DataError, match="of the DataFrame have no text; the first is row 1"):
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


class Exported:
    """A table of a library that nobody here knows, which exports Arrow."""

    columns = ("text", "label")

    def __arrow_c_stream__(self, requested_schema=None):
        return pa.table({"text": MANY, "label": KINDS}).__arrow_c_stream__()


class Indexed:
    """A data set as PyTorch has them."""

    def __len__(self):
        return len(MANY)

    def __getitem__(self, at):
        return MANY[at], int(NUMBERS[at])


class FakeDataset:
    """What Hugging Face's `Dataset` offers, without the package."""

    def __init__(self, rows=slice(None)):
        self.rows = rows
        self.column_names = ["text", "label", "idx"]
        self.features = {"text": None, "label": SimpleNamespace(names=["x", "y", "z"]), "idx": None}

    def __len__(self):
        return len(MANY[self.rows])

    def __getitem__(self, name):
        return {"text": MANY, "label": NUMBERS.tolist(), "idx": list(range(30))}[name][self.rows]


class FakeDatasetDict(dict):
    """What Hugging Face's `DatasetDict` offers."""

    @property
    def column_names(self):
        return {name: part.column_names for name, part in self.items()}


PARTS = FakeDatasetDict(train=FakeDataset(slice(0, 21)), test=FakeDataset(slice(21, None)))
TABLE = pa.table({"text": MANY, "label": KINDS})
SOURCES = {
    "[texts, labels]": [MANY, KINDS],
    "(x, y, x_test, y_test)": (MANY[:21], KINDS[:21], MANY[21:], KINDS[21:]),
    "train_test_split": [MANY[:21], MANY[21:], KINDS[:21], KINDS[21:]],
    "train_test_split, halves": [MANY[:15], MANY[15:], KINDS[:15], KINDS[15:]],
    "three pairs": tuple((MANY[at : at + 10], KINDS[at : at + 10]) for at in (0, 10, 20)),
    "pyarrow": TABLE,
    "narwhals": narwhals.from_native(TABLE),
    "columns of pyarrow": (TABLE["text"], TABLE["label"]),
    "Arrow of another library": Exported(),
    "generator": lambda: (pair for pair in zip(MANY, KINDS, strict=True)),
    "zip": lambda: zip(MANY, KINDS, strict=True),
    "generator of batches": lambda: ((MANY[n : n + 7], KINDS[n : n + 7]) for n in range(0, 30, 7)),
    "generator of dicts": lambda: (
        {"text": t, "label": k} for t, k in zip(MANY, KINDS, strict=True)
    ),
    "PyTorch Dataset": Indexed(),
    "Dataset": FakeDataset(),
    "DatasetDict": PARTS,
    "dict of parts": {"train": (MANY[:21], KINDS[:21]), "test": (MANY[21:], KINDS[21:])},
    "dict of tables": {"train": TABLE[:21], "dev": TABLE[21:]},
    "bytes": ([each.encode() for each in MANY], [each.encode() for each in KINDS]),
    "tf.data of dicts": tf.data.Dataset.from_tensor_slices({"text": MANY, "label": KINDS}),
    "tf.data of dicts, batched": tf.data.Dataset.from_tensor_slices(
        {"n": np.ones((30, 2)), "text": MANY, "label": KINDS}
    ).batch(4),
}


@pytest.mark.parametrize("name", SOURCES)
def test_data_as_people_hold_them_are_read(name):
    source = SOURCES[name]
    source = source() if callable(source) and not hasattr(source, "__len__") else source
    data = load(source)
    assert (data.task, len(data.classes)) == ("multiclass", 3)
    assert all_texts(data) == sorted(MANY)
    for part in data.parts().values():
        for text, label in zip(part.texts, part.labels.tolist(), strict=True):
            assert label == int(text[5:]) % 3


@pytest.mark.parametrize("library", ["polars", "datasets"])
def test_tables_of_libraries_that_are_installed_are_read(library):
    module = pytest.importorskip(library)
    columns = {"text": MANY, "label": KINDS}
    made = module.DataFrame(columns) if library == "polars" else module.Dataset.from_dict(columns)
    assert all_texts(load(made)) == sorted(MANY)


def test_class_names_and_parts_of_a_dataset_dict_are_taken():
    data = load(PARTS)
    assert data.classes == ("x", "y", "z")
    assert data.test.texts == MANY[21:]


@pytest.mark.parametrize("batch", [None, 4])
def test_sample_weights_of_a_dataset_are_kept(batch):
    weights = np.arange(1.0, 31.0)
    dataset = tf.data.Dataset.from_tensor_slices((MANY, NUMBERS, weights))
    found = read_source(dataset.batch(batch) if batch else dataset)
    assert found.extras["train"]["weight"] == weights.tolist()


def test_an_iterator_of_something_else_or_without_end_is_refused(monkeypatch):
    with pytest.raises(DataError, match=r"Element 1 of the generator is a str. Each should be a"):
        load(each for each in MANY)
    monkeypatch.setattr("attn_tuner.text.loaders.sequences.MAX_VALUES", 100)
    with pytest.raises(DataError, match="100 entries of the generator were read"):
        load(endless())


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
    new = [each() if callable(each) else each for name, each in SOURCES.items()]
    paths = ("-", "a.xlsx", "a.zip", "s3://b/a.csv", "parts/*.csv", Path("a"), Path(), "a.tsv.zip")
    for source in (*sources, list(zip(TEXTS, LABELS, strict=True)), *new, *paths):
        assert sum(loader().accepts(source) for loader in loaders.values()) == 1
