"""Whatever is handed over: a TextDataset, or one of our errors in one line."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from attn_tuner.errors import AttnTunerError, DataError
from attn_tuner.text import TextDataset, load

TEXTS = [f"text number {index}" for index in range(60)]
usual = settings(
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def answered(*given, **options):
    """The data set, or the sentence of the error."""
    try:
        found = load(*given, **options)
    except AttnTunerError as error:
        said = str(error)
    else:
        said = ""
    if said:
        assert "\n" not in said
        return said
    assert isinstance(found, TextDataset)
    texts = [set(part.texts) for part in found.parts().values()]
    assert sum(map(len, texts)) == len(set().union(*texts))
    return found


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([10**20, 10**400, 2**63]),
    st.floats(),
    st.floats(width=32).map(np.float32),
    st.integers(0, 3).map(np.int64),
    st.text(max_size=4),
    st.sampled_from(
        ["a", "A", "b", "['a', 'b']", "['a", "a|b", "1", "1.0", "nan", "\ud800", "\u200b"]
    ),
    st.binary(max_size=3),
    st.sampled_from([pd.NA, pd.NaT, np.nan, object(), b"a", 1j, np.array(1), np.str_("a")]),
)
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=3),
    st.lists(st.sampled_from([0, 1]), min_size=2, max_size=2),
    st.sets(st.sampled_from("abc"), max_size=2),
    st.sampled_from([{"a": 1}, np.array([0, 1]), np.array([["a"]]), ("a", "b")]),
)
some_texts = st.one_of(
    st.just(TEXTS[:12]),
    st.lists(st.sampled_from(TEXTS[:6]), min_size=8, max_size=20),
    st.lists(st.one_of(st.text(max_size=5), scalars), max_size=12),
)
some_labels = st.one_of(
    st.lists(st.sampled_from(["a", "b"]), min_size=8, max_size=20),
    st.lists(st.sampled_from([[0, 1], [1, 0], [1, 1]]), min_size=12, max_size=12),
    st.lists(st.sampled_from([1, 2.0, "1", "2.0"]), min_size=12, max_size=12),
    st.lists(scalars, min_size=12, max_size=12),
    st.lists(values, max_size=14),
)
columns = st.lists(
    st.one_of(
        st.sampled_from(["text", "label", "Label", "review", ""]),
        st.one_of(st.none(), st.integers(0, 2), st.floats(), st.tuples(st.text(max_size=1))),
    ),
    min_size=2,
    max_size=4,
)
tasks = st.sampled_from([None, "multiclass", "binary", "multilabel", "regression", "nope"])
wholes = st.one_of(some_texts, some_labels, scalars, st.just({}), st.just([[]]), st.just(set("ab")))
shapes = st.sampled_from(
    [
        lambda x, y: (x, y),
        lambda x, y: [x, y],
        lambda x, y: {"text": x, "label": y},
        lambda x, y: list(zip(x, y, strict=False)),
        lambda x, y: ((x, y), (x, y)),
        lambda x, y: (pd.Series(x, dtype=object), pd.Series(y, dtype=object)),
        lambda x, y: (np.array(x, dtype=object).reshape(-1, 1), y),
        lambda x, y: pd.DataFrame(
            {"text": pd.Series(x, dtype=object), "label": pd.Series(y, dtype=object)}
        ),
        lambda x, y: (iter(x), (each for each in y)),
    ]
)


@usual
@given(some_texts, some_labels, shapes, tasks)
def test_any_texts_with_any_labels(texts, labels, shape, task):
    answered(shape(texts, labels), task=task)


@usual
@given(wholes, wholes, tasks)
def test_anything_in_the_place_of_texts_and_labels(texts, labels, task):
    answered((texts, labels), task=task)
    answered(texts, validation=labels)


@usual
@given(some_labels, some_labels, tasks)
def test_any_other_part_beside_training(labels, others, task):
    train = (TEXTS[: len(labels)], labels)
    answered(train, test=([f"other {n}" for n in range(len(others))], others), task=task)


@usual
@example(names=["text", None], text=pd.NA, cells=[None, None, None, None])
@given(columns, st.one_of(st.none(), scalars), st.lists(scalars, min_size=4, max_size=4))
def test_any_columns_of_a_table(names, text, cells):
    rows = [[TEXTS[n], each, *"xy"][: len(names)] for n, each in enumerate(cells)]
    frame = pd.DataFrame(rows, dtype=object)
    frame.columns = pd.Index(names, dtype=object)
    answered(frame, text=text)
    answered(frame, label=text)


@usual
@given(
    st.sampled_from(["csv", "tsv", "json", "jsonl", "parquet", "csv.gz", "json.xz", "csv.bz2"]),
    st.one_of(
        st.binary(max_size=60),
        st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.lists(
            st.sampled_from(["text", "label", ",", ";", "\t", '"', "\n", "a", "b", "[", "{", "}"]),
            max_size=40,
        ).map(lambda parts: "".join(parts).encode()),
        st.recursive(
            scalars,
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["text", "label"]), inner)
            ),
        ).map(lambda value: json.dumps(value, default=str).encode() if not _huge(value) else b"1"),
    ),
    st.sampled_from(
        [b"", b"\xff\xfe", b"\xef\xbb\xbf", b"text,label\n", b'{"text": "a", "label": "b"}\n']
    ),
)
def test_any_bytes_in_a_file(tmp_path, suffix, content, before):
    path = tmp_path / f"table.{suffix}"
    path.write_bytes(before + content)
    answered(path)


def _huge(value) -> bool:
    try:
        json.dumps(value, default=str)
    except (ValueError, TypeError):
        return True
    return False


@given(st.text(st.characters(exclude_categories=["Cc"]), max_size=30))
def test_any_string_in_the_place_of_data(source):
    answered(source + "\x00.csv")
    answered("x" * 300 + source + ".jsonl")


@pytest.mark.parametrize("seed", [-1, 1.5, None, "x", True])
def test_a_seed_that_is_none_is_refused(seed):
    with pytest.raises(DataError, match="whole number from 0 up"):
        load((TEXTS, [0, 1] * 30), seed=seed)


@pytest.mark.parametrize("container", [{"a": 1}, "a string", b"bytes", set("ab"), 7, None])
def test_a_container_is_not_taken_for_its_keys_or_letters(container):
    with pytest.raises(DataError, match=r"For the texts a .* was given"):
        load((container, ["a", "b"]))
    with pytest.raises(DataError, match=r"For the labels a .* was given"):
        load((["a", "b"], container))


def test_what_never_ends_is_left_at_a_limit(monkeypatch):
    monkeypatch.setattr("attn_tuner.text.loaders.sequences.MAX_VALUES", 1_000)
    with pytest.raises(DataError, match="1,000 entries of the texts were read"):
        load((iter(lambda: "text", None), ["a", "b"]))


def test_a_row_of_two_ones_makes_several_labels_of_all_parts():
    train = (TEXTS, [[0, 1], [1, 0]] * 30)
    data = load(train, test=(["x", "y"], [[1, 1], [0, 1]]))
    assert data.task == "multilabel"
    assert load(train, test=(["x", "y"], [[1, 0], [0, 1]])).task == "binary"


def test_one_hot_rows_are_classes_with_the_names_of_their_columns():
    dummies = pd.get_dummies(pd.Series(["neg", "pos", "mid"] * 20))
    data = load((TEXTS, dummies), validation=(["x", "y", "z"], dummies[:3][["mid", "pos", "neg"]]))
    assert (data.task, data.classes) == ("multiclass", ("mid", "neg", "pos"))
    assert data.validation.labels.tolist() == [1, 2, 0]
    assert load((TEXTS, dummies), task="multilabel").task == "multilabel"


def test_a_column_of_a_one_hot_matrix_without_a_text_is_no_class_and_said():
    data = load((TEXTS, pd.DataFrame(np.eye(4, dtype=int)[[1, 2, 3] * 20], columns=list("abcd"))))
    assert data.classes == ("b", "c", "d")
    assert "Label columns without any 1 were ignored: 'a'." in data.notes


def test_columns_of_labels_in_another_order_mean_the_same_labels():
    matrix = pd.DataFrame({"x": [1, 1, 0] * 20, "y": [1, 0, 1] * 20})
    other = pd.DataFrame({"y": [1, 0], "x": [0, 1]})
    data = load((TEXTS, matrix), validation=(["q", "r"], other))
    assert data.classes == ("x", "y")
    assert data.validation.labels.tolist() == [[0, 1], [1, 0]]
    with pytest.raises(DataError, match="rows of 0 and 1 of different kinds"):
        load((TEXTS, matrix.to_numpy()), validation=(["q", "r"], [["x"], ["y"]]))


def test_arrays_of_no_dimension_are_neither_texts_nor_parts():
    point = np.array(1)
    assert "differ: 2 and 1." in answered(([point, point], [True]))
    assert "is a ndarray" in answered(([point, point], [True, False]))
    assert "A label of the given texts is array(1)" in answered((["a", "b"], [point, point]))
