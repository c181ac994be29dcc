"""A `tf.data.Dataset` of `(text, label)` pairs or of dictionaries, batched or not."""

import sys

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import RawData, choose_columns, loaders

_NAME = "the tf.data.Dataset"


@loaders.register("tf_data")
class TfDataLoader:
    """Takes a finite `tf.data.Dataset` whose elements hold a string and its label."""

    def accepts(self, source) -> bool:
        tf = sys.modules.get("tensorflow")  # A dataset exists only once TensorFlow is imported.
        return tf is not None and isinstance(source, tf.data.Dataset)

    def read(self, source, text=None, label=None) -> RawData:
        import tensorflow as tf

        pairs = _as_pairs(source, text, label)
        text_spec = pairs.element_spec[0]
        if text_spec.dtype != tf.string:
            raise DataError(
                f"The texts of {_NAME} are {text_spec.dtype.name}. They should be strings."
            )
        if pairs.cardinality() == tf.data.INFINITE_CARDINALITY:
            raise DataError(f"{_NAME} never ends. Take a part of it: dataset.take(n).")
        if text_spec.shape.rank == 0:
            pairs = pairs.batch(1024)
        batches = list(pairs.as_numpy_iterator())
        texts = [value for batch, _ in batches for value in np.ravel(batch).tolist()]
        labels = [value for _, batch in batches for value in _one_each(batch)]
        return RawData(_NAME, {"train": (texts, labels)})


def _as_pairs(dataset, text, label):
    spec = dataset.element_spec
    if isinstance(spec, dict):
        text, label = choose_columns(_NAME, spec, text, label)
        return dataset.map(lambda row: (row[text], row[label]))
    if not isinstance(spec, tuple) or len(spec) != 2:
        raise DataError(f"The elements of {_NAME} are {spec}. They should be (text, label) pairs.")
    return dataset


def _one_each(labels: np.ndarray) -> list:
    if labels.ndim > 1 and labels.shape[-1] > 1:
        raise DataError(
            f"The labels of {_NAME} have shape {labels.shape}. Each text needs one label."
        )
    return np.ravel(labels).tolist()
