"""Reads a data set of TensorFlow Datasets by name, such as `imdb_reviews` or `glue/sst2`."""

import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import RawData, choose_columns, loaders, role_of

_NAME = re.compile(r"[a-zA-Z]\w*(/[\w.+-]+)?(:[\d.*]+)?")


@loaders.register("tfds")
class TfdsLoader:
    """Takes a TFDS name; reads its splits and class names.

    Reads from `TFDS_DATA_DIR` if that is set; downloads and prepares the data set if needed.
    """

    def accepts(self, source: Any) -> bool:
        is_name = isinstance(source, str) and _NAME.fullmatch(source) and source != "demo"
        return bool(is_name) and not os.path.exists(source)

    def read(self, source: Any, text: str | None = None, label: str | None = None) -> RawData:
        import tensorflow_datasets as tfds

        builder = _prepared(tfds, source)
        features = builder.info.features
        usual = builder.info.supervised_keys
        if usual and text is None and label is None and len(usual) == 2:
            text, label = usual
        text, label = choose_columns(source, features, text, label)
        names = getattr(features[label], "names", None)
        parts, unlabelled, notes = {}, [], []
        for split in builder.info.splits:
            role = role_of(split)
            if role == "unlabelled":
                unlabelled = LazyTexts(builder, split, text)
            elif role is not None:
                texts, labels = _columns(builder, split, text, label)
                # Some public test parts have hidden labels, written as -1.
                secret = np.flatnonzero(labels < 0) if names else []
                if len(secret):
                    notes.append(f"{len(secret):,} rows of {source} ({split}) have no label.")
                    texts, labels = np.delete(texts, secret), np.delete(labels, secret)
                if len(labels):
                    parts[role] = (texts, labels.tolist())
        if "train" not in parts:
            found = ", ".join(builder.info.splits) or "none"
            raise DataError(f"{source} has no split called train. Its splits: {found}.")
        return RawData(source, parts, tuple(names) if names else None, unlabelled, tuple(notes))


class LazyTexts(Sequence):
    """Texts of a split, read on first use: they can outnumber the labelled ones."""

    def __init__(self, builder: Any, split: str, text: str):
        self._builder, self._split, self._text = builder, split, text
        self._texts = None

    def __len__(self) -> int:
        return self._builder.info.splits[self._split].num_examples

    def __getitem__(self, index):
        if self._texts is None:
            (texts,) = _columns(self._builder, self._split, self._text)
            self._texts = [each.decode("utf-8", errors="replace") for each in texts]
        return self._texts[index]


def _prepared(tfds, name):
    try:
        builder = tfds.builder(name, data_dir=os.environ.get("TFDS_DATA_DIR"))
    except Exception as error:  # TFDS raises its own, ValueError and import errors alike.
        raise DataError(
            f"'{name}' is neither a file nor a data set that TFDS can make: {_brief(error)}"
        ) from error
    if not builder.info.splits:
        try:
            builder.download_and_prepare()
        except Exception as error:  # Network, disk or a broken source.
            raise DataError(
                f"'{name}' is not prepared in {builder.data_dir}, and TFDS failed to prepare it: "
                f"{_brief(error)} Set TFDS_DATA_DIR to the folder that holds it."
            ) from error
    return builder


def _columns(builder, split, *names):
    """Reads a whole split as one array per feature, in the order on disk."""
    import tensorflow_datasets as tfds

    dataset = builder.as_dataset(split=split, batch_size=-1, shuffle_files=False)
    return [tfds.as_numpy(dataset[name]) for name in names]


def _brief(error) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = lines[0] if lines else type(error).__name__
    return first if first.endswith(".") else first + "."
