"""Reads a `tf.data.Dataset` of `(text, label)` pairs or of dictionaries, batched or not."""

import logging
import sys
import time
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.column_choice import choose_text
from attn_tuner.text.loaders.base import RawData, ReadOptions, Table, loaders
from attn_tuner.text.loaders.sequences import MAX_VALUES, endless_error

_NAME = "the tf.data.Dataset"
_LOG_SECONDS = 10.0  # Interval of progress messages.
_log = logging.getLogger(__name__)


@loaders.register("tf_data")
class TfDataLoader:
    """Takes a finite `tf.data.Dataset` whose elements hold a string and its label.

    Batches, and batches of batches, are split; a third component is the sample weight. If the data
    set does not know its size, as one from a generator, at most a million texts are read.
    """

    def accepts(self, source: Any) -> bool:
        tf = sys.modules.get("tensorflow")  # A dataset exists only once TensorFlow is imported.
        return tf is not None and isinstance(source, tf.data.Dataset)

    def read(self, source: Any, options: ReadOptions) -> Table | RawData:
        import tensorflow as tf

        cardinality = source.cardinality()
        if cardinality == tf.data.INFINITE_CARDINALITY:
            raise DataError(f"{_NAME} is infinite. Take a part of it: dataset.take(n).")
        bounded = cardinality != tf.data.UNKNOWN_CARDINALITY
        names, elements = _as_tuples(source, options)
        spec = elements.element_spec
        if not all(isinstance(each, tf.TensorSpec) for each in spec):
            raise DataError(
                f"The elements of {_NAME} are ragged, sparse or nested: {_short_spec(spec)}. Map "
                "them to pairs of plain tensors, dataset.map(lambda ...: (text, label)), or give "
                "(texts, labels)."
            )
        if names is None and spec[0].dtype != tf.string:
            raise DataError(
                f"The texts of {_NAME} are {spec[0].dtype.name}. They should be strings."
            )
        if spec[0].shape.rank == 0:
            elements = elements.batch(1024)
        try:
            columns = _read(elements, bounded)
        except tf.errors.OpError as error:
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise DataError(f"{_NAME} failed while it was read: {first[:300]}") from error
        if names is not None:
            return Table(_NAME, {"train": dict(zip(names, columns, strict=True))})
        extras = {"train": {"weight": columns[2]}} if len(columns) == 3 else {}
        return RawData(_NAME, {"train": (columns[0], columns[1])}, extras=extras)


def _as_tuples(dataset: Any, options: ReadOptions):
    """Maps the data set to tuples of tensors; returns the names of columns, if it has any."""
    import tensorflow as tf

    spec = dataset.element_spec
    if isinstance(spec, dict):
        asked = (options.text, options.label, options.weight, options.group, options.time)
        wanted = {name for each in asked for name in (each if isinstance(each, list) else [each])}
        names = [
            name
            for name, each in spec.items()
            if name in wanted or (isinstance(each, tf.TensorSpec) and each.shape.rank is not None)
        ]
        # Splitting batches goes by the first column, which should have one value a text.
        names.sort(key=lambda name: getattr(spec[name], "shape", tf.TensorShape(None)).rank or 0)
        return names, dataset.map(lambda row: tuple(row[name] for name in names))
    if not isinstance(spec, tuple) or len(spec) not in (2, 3):
        raise DataError(
            f"The elements of {_NAME} are {_short_spec(spec)}. They should be (text, label) pairs."
        )
    if isinstance(spec[0], dict):
        text = choose_text(_NAME, spec[0], options.text)
        dataset = dataset.map(lambda row, *others: (row[text], *others))
    return None, dataset


def _read(elements: Any, bounded: bool) -> list[list]:
    """Reads all batches, component by component; raises DataError if there is no end."""
    columns: list[list] = [[] for _ in elements.element_spec]
    logged = time.monotonic()
    for batch in elements.as_numpy_iterator():
        for column, values in zip(columns, _split_batch(*batch), strict=True):
            column += values
        if not bounded and len(columns[0]) > MAX_VALUES:
            raise endless_error(_NAME, len(columns[0]))
        if time.monotonic() - logged > _LOG_SECONDS:
            logged = time.monotonic()
            _log.warning("%s texts of %s were read so far.", f"{len(columns[0]):,}", _NAME)
    return columns


def _split_batch(texts: np.ndarray, *others: np.ndarray) -> list[list]:
    """Splits a batch, or a batch of batches, into single texts, labels and weights."""
    texts, others = np.asarray(texts), [np.asarray(each) for each in others]
    if any(each.shape[: texts.ndim] != texts.shape for each in others) and (
        texts.shape[-1:] == (1,)
    ):
        texts = texts[..., 0]
    split = [texts.reshape(-1).tolist()]
    for each in others:
        if each.shape[: texts.ndim] != texts.shape or each.ndim > texts.ndim + 1:
            raise DataError(
                f"A batch of {_NAME} has texts of the shape {texts.shape} and labels of the shape "
                f"{each.shape}. Each text needs one label, or one row of them."
            )
        rows = each.reshape(texts.size, *each.shape[texts.ndim :])
        if rows.ndim == 2 and rows.shape[1] == 1:
            rows = rows[:, 0]
        split.append(rows.tolist())
    return split


def _short_spec(spec: Any) -> str:
    said = " ".join(str(spec).split())
    return said if len(said) < 200 else f"{said[:200]}..."
