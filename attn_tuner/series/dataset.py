"""Holds labelled series of numbers in training, validation and test parts."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from attn_tuner.inputs.dataset import Dataset, Part
from attn_tuner.inputs.kinds import SERIES


@dataclass(frozen=True, eq=False)
class SeriesPart(Part):
    """Series of one part of a data set, with their labels.

    Args:
        series: list of `(steps, features)` float32; NaN where a value is missing.
        labels: as of `text.Split`: class numbers, a 0/1 matrix, or numbers.
        weights: `(series,)` float32, weight of each in training; None for equal weights.
        groups: `(series,)` str; series of one group stay in one part. None for no groups.
        times: `(series,)` float64; later series are held out. None for a random division.
        rows: `(series,)` int64, where in the data each stood.
        spans: `(series, 2)` int, as of `LabelledSeries`.
    """

    series: list[np.ndarray]
    labels: np.ndarray
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    rows: np.ndarray | None = None
    spans: np.ndarray | None = None

    @property
    def inputs(self) -> list[np.ndarray]:
        return self.series


@dataclass(frozen=True, eq=False, repr=False)
class SeriesDataset(Dataset):
    """Labelled series, divided so that no training series is in another part.

    Args:
        name: str, name of the data in messages and reports.
        train, validation, test: `SeriesPart` each.
        classes: tuple of str, names of classes or labels by index; empty for a regression.
        features: tuple of str, names of the features.
        notes: tuple of str, sentences on what was changed while reading.
        held_out: tuple of str, the roles that were divided off the training part.
    """

    train: SeriesPart
    validation: SeriesPart | None
    test: SeriesPart | None
    features: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()

    input: ClassVar[str] = SERIES.name
    label_column: ClassVar[str] = ""

    @cached_property
    def fingerprint(self) -> str:
        """Hash of numbers, labels, weights, features, classes and division: 16 hex digits."""
        digest = hashlib.blake2b(repr((self.classes, self.features)).encode(), digest_size=8)
        for role, part in self.parts().items():
            digest.update(f"{role} {len(part)}\n".encode())
            for each in part.series:
                digest.update(repr(each.shape).encode() + each.astype("<f4").tobytes())
            kind = "<f4" if part.labels.dtype.kind == "f" else "<i4"
            digest.update(part.labels.astype(kind).tobytes())
            if part.weights is not None:
                digest.update(b"weights" + part.weights.astype("<f4").tobytes())
        return digest.hexdigest()
