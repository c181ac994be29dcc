"""Reads a `tf.data.Dataset` of `(text, label)` pairs or of dictionaries, batched or not."""

import logging
import sys
import time
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import RawData, choose_columns, choose_text, loaders
from attn_tuner.text.loaders.sequences import MAX_VALUES, endless_error

_NAME = "the tf.data.Dataset"
_LOG_SECONDS = 10.0  # Interval of progress messages.
_log = logging.getLogger(__name__)


@loaders.register("tf_data")
class TfDataLoader:
    """Takes a finite `tf.data.Dataset` whose elements hold a string and its label.

    Batches, and batches of batches, are split; sample weights are not used. If the data set does
    not know its size, as one from a generator, at most a million texts are read.
    """

    def accepts(self, source: Any) -> bool:
        tf = sys.modules.get("tensorflow")  # A dataset exists only once TensorFlow is imported.
        return tf is not None and isinstance(source, tf.data.Dataset)

    def read(self, source: Any, text: str | None = None, label: str | None = None) -> RawData:
        import tensorflow as tf

        pairs, notes = _as_pairs(source, text, label)
        spec = pairs.element_spec
        if not all(isinstance(each, tf.TensorSpec) for each in spec):
            raise DataError(
                f"The elements of {_NAME} are ragged, sparse or nested: {_short_spec(spec)}. Map "
                "them to pairs of plain tensors, dataset.map(lambda ...: (text, label)), or give "
                "(texts, labels)."
            )
        if spec[0].dtype != tf.string:
            raise DataError(
                f"The texts of {_NAME} are {spec[0].dtype.name}. They should be strings."
            )
        cardinality = pairs.cardinality()
        if cardinality == tf.data.INFINITE_CARDINALITY:
            raise DataError(f"{_NAME} is infinite. Take a part of it: dataset.take(n).")
        bounded = cardinality != tf.data.UNKNOWN_CARDINALITY
        if spec[0].shape.rank == 0:
            pairs = pairs.batch(1024)
        try:
            texts, labels = _read(pairs, bounded)
        except tf.errors.OpError as error:
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise DataError(f"{_NAME} failed while it was read: {first[:300]}") from error
        return RawData(_NAME, {"train": (texts, labels)}, notes=notes)


def _as_pairs(dataset, text, label):
    """Maps the data set to `(text, label)` elements; returns it with notes on what was left out."""
    spec, notes = dataset.element_spec, ()
    if isinstance(spec, dict):
        text, label = choose_columns(_NAME, spec, text, label)
        return dataset.map(lambda row: (row[text], row[label])), notes
    if isinstance(spec, tuple) and len(spec) == 3:
        notes = (f"The sample weights of {_NAME} are not used.",)
        dataset = dataset.map(lambda text, label, weight: (text, label))
        spec = dataset.element_spec
    if not isinstance(spec, tuple) or len(spec) != 2:
        raise DataError(
            f"The elements of {_NAME} are {_short_spec(spec)}. They should be (text, label) pairs."
        )
    if isinstance(spec[0], dict):
        text = choose_text(_NAME, spec[0], text)
        dataset = dataset.map(lambda row, target: (row[text], target))
    return dataset, notes


def _read(pairs, bounded) -> tuple[list, list]:
    """Reads the texts and labels of all batches; raises DataError if there is no end."""
    texts, labels, logged = [], [], time.monotonic()
    for batch in pairs.as_numpy_iterator():
        batch_texts, batch_labels = _split_batch(*batch)
        texts += batch_texts
        labels += batch_labels
        if not bounded and len(texts) > MAX_VALUES:
            raise endless_error(_NAME, len(texts))
        if time.monotonic() - logged > _LOG_SECONDS:
            logged = time.monotonic()
            _log.warning("%s texts of %s were read so far.", f"{len(texts):,}", _NAME)
    return texts, labels


def _split_batch(texts: np.ndarray, labels: np.ndarray) -> tuple[list, list]:
    """Splits a batch, or a batch of batches, into single texts and labels."""
    texts, labels = np.asarray(texts), np.asarray(labels)
    if labels.shape[: texts.ndim] != texts.shape and texts.shape[-1:] == (1,):
        texts = texts[..., 0]
    if labels.shape[: texts.ndim] != texts.shape or labels.ndim > texts.ndim + 1:
        raise DataError(
            f"A batch of {_NAME} has texts of the shape {texts.shape} and labels of the shape "
            f"{labels.shape}. Each text needs one label, or one row of them."
        )
    rows = labels.reshape(texts.size, *labels.shape[texts.ndim :])
    if rows.ndim == 2 and rows.shape[1] == 1:
        rows = rows[:, 0]
    return texts.reshape(-1).tolist(), rows.tolist()


def _short_spec(spec) -> str:
    said = " ".join(str(spec).split())
    return said if len(said) < 200 else f"{said[:200]}..."
