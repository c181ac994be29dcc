"""Holds texts with their labels in training, validation and test parts."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from attn_tuner.inputs.dataset import Dataset, Part
from attn_tuner.inputs.kinds import COLUMNS, TEXT
from attn_tuner.text.columns import cells


@dataclass(frozen=True, eq=False)
class Split(Part):
    """Texts of one part of a data set, with their labels.

    Args:
        texts: list of str.
        labels: `(texts,)` int32, index into the classes of the data set; `(texts, labels)` uint8, 1
            where a text has the label; or `(texts,)` float32.
        weights: `(texts,)` float32, weight of each text in training; None for equal weights.
        groups: `(texts,)` str; texts of one group stay in one part. None for no groups.
        times: `(texts,)` float64; later texts are held out. None for a random division.
        rows: `(texts,)` int64, where in its part of the source each text stands, the first 0. None
            where the texts came from no source.
        columns: list of dict, values of the columns beside each text, by name; None for texts
            alone.
    """

    texts: list[str]
    labels: np.ndarray
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    rows: np.ndarray | None = None
    columns: list[dict[str, Any]] | None = None

    @property
    def inputs(self) -> list:
        if self.columns is None:
            return self.texts
        pairs = zip(self.texts, self.columns, strict=True)
        return [{cells.TEXT: text, **row} for text, row in pairs]

    def __len__(self) -> int:
        return len(self.texts)


@dataclass(frozen=True, eq=False, repr=False)
class TextDataset(Dataset):
    """Labelled texts, divided so that no training text is in another part.

    Args:
        name: str, name of the data in messages and reports.
        train: `Split` that models are trained on.
        validation: `Split` that trials are compared on.
        test: `Split` that the best model is measured on, once.
        classes: tuple of str, names of classes or labels by index; empty for a regression.
        unlabelled: sequence of str, further texts of the same kind; may be empty.
        notes: tuple of str, sentences on what was changed while loading.
        held_out: tuple of str, the roles whose texts were divided off the source's training part.
        label_column: str, name of the column of labels; "" where there is none or several.

    Raises:
        DataError: a class name has a line break.
    """

    train: Split
    validation: Split | None
    test: Split | None
    unlabelled: Sequence[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    label_column: str = ""

    @property
    def input(self) -> str:
        """Name of the kind of input: texts alone, or with columns beside them."""
        return TEXT.name if self.train.columns is None else COLUMNS.name

    @cached_property
    def fingerprint(self) -> str:
        """Hash of texts, labels, weights, classes and division: 16 hex digits."""
        digest = hashlib.blake2b(repr(self.classes).encode(), digest_size=8)
        for role, part in self.parts().items():
            lengths = np.fromiter(map(len, part.texts), np.int64, len(part))
            digest.update(f"{role} {len(part)}\n".encode())
            digest.update(lengths.tobytes())
            digest.update("".join(part.texts).encode())
            kind = "<f4" if part.labels.dtype.kind == "f" else "<i4"
            digest.update(part.labels.astype(kind).tobytes())
            if part.weights is not None:
                digest.update(b"weights" + part.weights.astype("<f4").tobytes())
            if part.columns is not None:
                digest.update(b"columns" + json.dumps(part.columns).encode())
        return digest.hexdigest()
