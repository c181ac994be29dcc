"""Reads a `tf.data.Dataset` of series with their labels."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.loaders.arrays import from_arrays

MAX_SERIES = 1_000_000  # Read from a data set that does not know its size.
_INFINITE, _UNKNOWN = -1, -2  # tf.data.INFINITE_CARDINALITY and UNKNOWN_CARDINALITY.
_NAME = "The tf.data.Dataset"


def from_tf_data(dataset: Any, features: Sequence[str] | None = None) -> LabelledSeries:
    """Reads series `(steps, features)`, one an element, or batches of them.

    Padding of a batch counts as steps; give single series or ragged batches to keep their lengths.

    Args:
        dataset: `tf.data.Dataset` of `(series, label)` or of series alone. An element of three
            axes is a batch.
        features: names of the features.

    Raises:
        DataError: the data set is infinite, its elements are neither, or as in `from_arrays`.
    """
    spec = dataset.element_spec
    labelled = isinstance(spec, tuple)
    if isinstance(spec, dict) or (labelled and len(spec) != 2):
        raise DataError(
            f"The elements of the tf.data.Dataset are a {type(spec).__name__} of {len(spec)}. They "
            "should be (series, label): dataset.map(lambda ...: (series, label))."
        )
    size = int(dataset.cardinality())
    if size == _INFINITE:
        raise DataError(f"{_NAME} is infinite. Take a part of it: dataset.take(n).")
    rank = (spec[0] if labelled else spec).shape.rank
    if rank not in (1, 2, 3):
        raise DataError(
            f"The series of the tf.data.Dataset have {rank} axes. They should be (steps, "
            "features), or (batch, steps, features)."
        )
    single = dataset.unbatch() if rank == 3 else dataset
    most = MAX_SERIES + 1 if size == _UNKNOWN else None
    rows = list(islice(single.as_numpy_iterator(), most))
    if size == _UNKNOWN and len(rows) > MAX_SERIES:
        raise DataError(
            f"{_NAME} has given {MAX_SERIES:,} series and not ended. Take a part of it: "
            "dataset.take(n)."
        )
    series = [_dense(each[0] if labelled else each) for each in rows]
    return from_arrays(series, [_plain(each[1]) for each in rows] if labelled else None, features)


def _dense(values: Any) -> Any:
    """Returns the array of a series, which may be a row of a ragged batch."""
    return values.to_tensor().numpy() if hasattr(values, "to_tensor") else values


def _plain(label: Any) -> Any:
    label = label.tolist() if hasattr(label, "tolist") else label
    return label.decode("utf-8", errors="replace") if isinstance(label, bytes) else label
