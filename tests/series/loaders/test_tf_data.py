"""A tf.data.Dataset gives its series one by one or in batches, and has to end."""

import numpy as np
import pytest
import tensorflow as tf

from attn_tuner.errors import DataError
from attn_tuner.series.loaders import from_tf_data

VALUES = np.arange(24, dtype="float32").reshape(4, 3, 2)


def test_single_series_and_batches_are_read_alike():
    dataset = tf.data.Dataset.from_tensor_slices((VALUES, ["a", "b", "a", "b"]))
    for each in (dataset, dataset.batch(3)):
        read = from_tf_data(each, features=["x", "y"])
        np.testing.assert_array_equal(read.series, VALUES)
        assert read.labels == ["a", "b", "a", "b"]
        assert read.features == ("x", "y")


def test_ragged_batches_keep_the_lengths():
    ragged = tf.ragged.constant([[[1.0, 2.0]], [[3.0, 4.0], [5.0, 6.0]]], inner_shape=(2,))
    read = from_tf_data(tf.data.Dataset.from_tensor_slices((ragged, [0, 1])).batch(2))
    assert [each.shape for each in read.series] == [(1, 2), (2, 2)]
    assert read.labels == [0, 1]


def test_series_alone_have_no_labels():
    assert from_tf_data(tf.data.Dataset.from_tensor_slices(VALUES)).labels is None


def test_what_does_not_end_or_holds_no_series_is_refused(monkeypatch):
    dataset = tf.data.Dataset.from_tensor_slices((VALUES, [0, 1, 0, 1]))
    with pytest.raises(DataError, match=r"is infinite\. Take a part of it"):
        from_tf_data(dataset.repeat())
    monkeypatch.setattr("attn_tuner.series.loaders.tf_data.MAX_SERIES", 5)
    with pytest.raises(DataError, match="has given 5 series and not ended"):
        from_tf_data(dataset.repeat(2).filter(lambda *_: True))
    with pytest.raises(DataError, match="have 0 axes"):
        from_tf_data(tf.data.Dataset.range(3))
    with pytest.raises(DataError, match="are a dict of 1"):
        from_tf_data(tf.data.Dataset.from_tensor_slices({"x": VALUES}))
