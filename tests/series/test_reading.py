"""Series with labels become parts, as texts do."""

import numpy as np
import pandas as pd
import pytest

import attn_tuner
from attn_tuner.errors import DataError
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.loaders import from_arrays
from attn_tuner.series.reading import load_series
from tests.support.waves import waves


def stack(part):
    return {each.tobytes() for each in part.series}


def test_parts_share_no_series_and_hold_all_of_them():
    series, labels = waves(60)
    data = load_series((series, labels))
    parts = [stack(part) for part in data.parts().values()]
    assert len(parts) == 3
    assert sum(map(len, parts)) == 60
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    assert data.classes == ("noise", "wave")
    assert data.task == "binary"
    assert data.features == ("feature_1", "feature_2")


def test_each_series_keeps_its_label():
    series, labels = waves(60)
    known = {each.tobytes(): label for each, label in zip(series, labels, strict=True)}
    data = load_series((series, labels))
    for part in data.parts().values():
        named = [data.classes[label] for label in part.labels]
        assert named == [known[each.tobytes()] for each in part.series]


def test_copies_of_a_series_stay_in_one_part_and_the_note_speaks_of_series():
    series, labels = waves(30)
    data = load_series((series * 2, labels * 2))
    assert not stack(data.train) & stack(data.test)
    said = " ".join(data.notes)
    assert "60 training series contain 30 distinct ones" in said
    assert "text" not in said


def test_no_group_is_in_two_parts():
    series, labels = waves(60)
    groups = [f"machine {index // 6}" for index in range(60)]
    data = load_series(LabelledSeries(series, labels, ("heat", "noise"), groups=groups))
    found = [set(part.groups) for part in data.parts().values()]
    assert sum(map(len, found)) == len(set.union(*found)) == 10
    assert data.features == ("heat", "noise")


def test_later_series_are_held_out():
    series, labels = waves(60)
    times = np.arange(60.0)
    data = load_series(LabelledSeries(series, labels, (), times=times))
    assert data.train.times.max() < data.validation.times.min() < data.test.times.min()


def test_given_parts_are_used_and_series_in_two_parts_leave_training():
    series, labels = waves(40)
    others = waves(20, seed=1)
    twice = (series[:10] + others[0], labels[:10] + others[1])
    data = load_series((series, labels), test=twice, validation=waves(10, seed=2))
    assert (len(data.train), len(data.validation), len(data.test)) == (30, 10, 30)
    assert any("10 training series were removed" in note for note in data.notes)


@pytest.mark.parametrize("read", [lambda *pair: pair, from_arrays])
def test_the_columns_of_a_table_of_labels_are_the_names_of_the_classes(read):
    series, labels = waves(40)
    one_hot = pd.get_dummies(pd.Series(labels)).astype(int)
    named = load_series((series, labels))
    table = load_series(read(series, one_hot), test=read(*(each[:8] for each in (series, one_hot))))
    assert table.classes == named.classes == ("noise", "wave")
    known = {each.tobytes(): label for each, label in zip(series, labels, strict=True)}
    for part in table.parts().values():
        said = [table.classes[label] for label in part.labels]
        assert said == [known[each.tobytes()] for each in part.series]


def test_the_columns_of_a_table_of_several_labels_are_their_names():
    series, _ = waves(30)
    table = pd.DataFrame({"hot": [1, 1, 0] * 10, "loud": [0, 1, 1] * 10})
    data = load_series((series, table))
    assert data.task == "multilabel"
    assert data.classes == ("hot", "loud")


def test_numbers_and_several_labels_are_tasks_as_of_texts():
    series, _ = waves(30)
    assert load_series((series, np.linspace(0.5, 9.5, 30))).task == "regression"
    several = [["a"], ["a", "b"], ["b"]] * 10
    assert load_series((series, several)).task == "multilabel"


@pytest.mark.parametrize("make", [list, np.array, lambda labels: np.array(labels)[:, None]])
def test_labels_come_as_a_list_or_an_array(make):
    series, labels = waves(30)
    given = make(labels)
    for data in ((series, given), LabelledSeries(series, given, ())):
        assert load_series(data).classes == ("noise", "wave")


def test_other_numbers_are_other_data():
    series, labels = waves(30)
    changed = [series[0] + 1, *series[1:]]
    first, second = (load_series((each, labels)).fingerprint for each in (series, changed))
    assert first != second
    assert first == load_series((series, labels)).fingerprint


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ((waves(4)[0], ["a", "b"]), "There are 4 series and 2 labels. Give one label a series."),
        (waves(4)[0], "The given series have no labels"),
        (LabelledSeries(waves(4)[0], None, ()), "The LabelledSeries has no labels"),
        ((waves(4)[0], ["a"] * 4), "The given series has one class only|the given series has one"),
        ((waves(4)[0], ["a", "b", None, "b"]), "label"),
    ],
    ids=["another number", "no labels", "none", "one class", "a missing label"],
)
def test_labels_that_do_not_fit_are_refused(data, said):
    with pytest.raises(DataError, match=said):
        load_series(data)


def test_parts_of_other_features_are_refused():
    with pytest.raises(DataError, match="have 1 features, and those of training 2"):
        load_series(waves(30), test=([np.zeros(5)] * 4, ["wave", "noise"] * 2))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"vectors": "README.md"}, None),
        ({"label": "state"}, "label= is for texts, and the data are series of numbers. Give the"),
        ({"group": "machine"}, "group= is for texts"),
        ({"pretrain": 0.3}, "pretrain= is for texts"),
        ({"faithful": 0.1}, "faithful= is for texts"),
        ({"teacher": "average"}, "teacher= is for texts"),
        ({"objective": "faithful accuracy"}, "Faithfulness is measured on the words of texts"),
        ({"max_size_mb": 1.0}, "max_size_mb= is for texts"),
        ({"unlabelled": ["a text"]}, "unlabelled= is for texts"),
    ],
    ids=str,
)
def test_a_setting_of_texts_is_refused_before_any_work(options, said, tmp_path):
    with pytest.raises(DataError, match=said):
        attn_tuner.search(*waves(30), directory=tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_rows_of_zeros_and_ones_are_several_labels():
    series = [np.arange(5.0) + index for index in range(40)]
    rows = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]] * 10)
    assert load_series((series, rows)).task == "multilabel"
