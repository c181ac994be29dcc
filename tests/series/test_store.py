"""Series on disk, their scale, and the batches that trials get."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.errors import RunError
from attn_tuner.inputs.truncation import TRUNCATIONS, truncate
from attn_tuner.series.batches import SeriesBatches, padded
from attn_tuner.series.dataset import SeriesPart
from attn_tuner.series.reading import load_series
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.series.store import (
    MOST_COMPARED,
    SeriesStore,
    held_out,
    open_scaler,
    store_parts,
)
from attn_tuner.tuning.encoded_data import EncodedData
from tests.support.waves import waves

VALUES = {"batch_size": 16, "max_length": 10, "truncation": "ends"}


def store_of(lengths, width=2):
    series = [np.full((length, width), index, "float32") for index, length in enumerate(lengths)]
    return SeriesStore.of(SeriesPart(series, np.zeros(len(series), "int32")))


def test_what_is_stored_is_what_is_opened_bit_by_bit(tmp_path):
    data = load_series(waves(30))
    store_parts(data, tmp_path / "data")
    opened = SeriesStore.open(tmp_path / "data" / "train")
    assert isinstance(opened.values, np.memmap)
    for index, each in enumerate(data.train.series):
        np.testing.assert_array_equal(opened[index], each)
    np.testing.assert_array_equal(opened.labels, data.train.labels)
    assert open_scaler(tmp_path / "data") == SeriesScaler.fit(data.train.series, data.features)


def test_a_folder_of_other_series_is_refused(tmp_path):
    store_parts(load_series(waves(30)), tmp_path / "data")
    with pytest.raises(RunError, match="was written for other data"):
        store_parts(load_series(waves(30, seed=1)), tmp_path / "data")


def test_a_store_whose_arrays_do_not_belong_together_is_noticed(tmp_path):
    store = store_of([3, 4])
    store.save(tmp_path / "part")
    np.save(tmp_path / "part" / "offsets.npy", np.array([0, 3, 9]))
    with pytest.raises(RunError, match="do not belong together"):
        SeriesStore.open(tmp_path / "part")


def test_a_scaler_measures_each_feature_without_what_is_missing():
    series = [
        np.array([[1.0, 5.0], [3.0, np.nan]], "float32"),
        np.array([[5.0, 5.0]], "float32"),
    ]
    scaler = SeriesScaler.fit(series, ("a", "b"))
    assert scaler.mean == (3.0, 5.0)
    assert scaler.deviation == (pytest.approx(np.sqrt(8 / 3)), 1.0)  # A constant is only shifted.
    assert scaler.missing
    assert SeriesScaler.from_config(scaler.get_config()) == scaler


@given(
    lengths=st.lists(st.integers(1, 40), min_size=1, max_size=30),
    limit=st.none() | st.integers(1, 20),
    truncation=st.sampled_from(TRUNCATIONS),
)
def test_batches_hold_every_series_once_cut_as_it_should_be(lengths, limit, truncation):
    random = np.random.default_rng(0)
    series = [random.normal(size=(length, 1)).astype("float32") for length in lengths]
    store = SeriesStore.of(SeriesPart(series, np.arange(len(series), dtype="int32")))
    batches = SeriesBatches(store, 4, limit, truncation)
    seen = {}
    for index in range(len(batches)):
        numbers, labels = batches[index]
        for row, label in zip(numbers, labels, strict=True):
            seen[int(label)] = row
    assert set(seen) == set(range(len(series)))
    for label, row in seen.items():
        wanted = truncate(series[label], limit, truncation)
        np.testing.assert_array_equal(row[: len(wanted)], wanted)
        assert np.isnan(row[len(wanted) :]).all()


def test_padding_is_nan_in_all_features():
    found = padded([np.ones((1, 2), "float32"), np.ones((3, 2), "float32")])
    assert found.shape == (2, 3, 2)
    assert np.isnan(found[0, 1:]).all()
    assert not np.isnan(found[1]).any()


def test_an_epoch_of_few_series_goes_over_them_several_times(tmp_path):
    stored = EncodedData.prepare(load_series(waves(30)), tmp_path / "data")
    batches = stored.training(VALUES, seed=0)
    counts = np.bincount(batches.rows)
    assert len(batches.rows) >= 2_000
    assert counts.min() == counts.max()
    steps = np.minimum(stored.stores["train"].lengths, max(stored.max_lengths())).sum()
    assert stored.epoch_steps() == steps * counts[0]
    assert len(stored.validation(VALUES).rows) == stored.size("validation")


def test_encoded_series_are_opened_as_they_were_prepared(tmp_path):
    prepared = EncodedData.prepare(load_series(waves(30)), tmp_path / "data")
    opened = EncodedData.open(tmp_path / "data")
    assert type(opened) is type(prepared)
    assert opened.sizes() == prepared.sizes()
    assert opened.encoder == prepared.encoder


def test_a_damaged_store_is_written_again(tmp_path):
    data, said = load_series(waves(30)), []
    EncodedData.prepare(data, tmp_path / "data")
    (tmp_path / "data" / "train" / "values.npy").write_bytes(b"")
    stored = EncodedData.prepare(data, tmp_path / "data", ours=True, say=said.append)
    assert len(stored.stores["train"]) == len(data.train)
    assert said
    assert said[0].startswith("The series are encoded again")


@pytest.mark.parametrize(
    ("length", "lengths"), [(10, (10,)), (40, (20, 40)), (5000, (250, 500, 1000))]
)
def test_max_length_offers_all_steps_a_half_and_a_quarter(length, lengths, tmp_path):
    series = [np.random.default_rng(index).normal(size=length) for index in range(12)]
    stored = EncodedData.prepare(load_series((series, ["a", "b"] * 6)), tmp_path / "data")
    assert stored.max_lengths() == lengths
    space = stored.model_space()
    assert space["max_length"].values == lengths
    assert "vocabulary_size" not in space


@pytest.mark.parametrize(
    ("lengths", "factors"), [((199, 199, 500), (1,)), ((200, 200, 20), (1, 2, 4))]
)
def test_averaging_steps_is_searched_where_half_of_the_series_are_long(lengths, factors, tmp_path):
    series = [np.random.default_rng(at).normal(size=lengths[at % 3]) for at in range(60)]
    stored = EncodedData.prepare(load_series((series, ["a", "b"] * 30)), tmp_path / "data")
    offered = stored.model_space()["downsampling"]
    assert (offered.values, offered.default) == (factors, 1)


def test_batches_of_a_model_that_averages_steps_have_as_many_times_more(tmp_path):
    series = [np.random.default_rng(index).normal(size=50) for index in range(12)]
    stored = EncodedData.prepare(load_series((series, ["a", "b"] * 6)), tmp_path / "data")
    inputs, _ = stored.validation({**VALUES, "downsampling": 4})[0]
    assert inputs.shape[1] == 40


def test_held_out_series_are_the_first_and_of_long_ones_fewer(tmp_path):
    store_of([3, 2, 4]).save(tmp_path / "short")
    series, labels = held_out(tmp_path / "short", 2)
    assert [len(each) for each in series] == [3, 2]
    assert len(labels) == 2
    store_of([MOST_COMPARED - 1, 1, 1]).save(tmp_path / "long")
    assert len(held_out(tmp_path / "long", 9)[0]) == 2
    store_of([MOST_COMPARED + 1, 1], width=1).save(tmp_path / "longer")
    assert len(held_out(tmp_path / "longer", 9)[0]) == 1
