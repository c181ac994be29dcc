"""Holds the series of a run with the scale of their features."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.inputs.kinds import SERIES
from attn_tuner.layers.token_limits import reading_of
from attn_tuner.model_space import series_space
from attn_tuner.series.batches import SeriesBatches
from attn_tuner.series.dataset import SeriesDataset
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.series.store import SeriesStore, open_scaler, store_parts
from attn_tuner.space import SearchSpace
from attn_tuner.tuning.encoded_data import ROLES, EncodedData

MOST_STEPS = 1_000  # The largest value of max_length; an encoder reads step by step.
FEWEST_STEPS = 16  # The smallest, but for series that are shorter.
DOWNSAMPLING = (1, 2, 4)  # How many steps are averaged to one.
LONG_STEPS = 200  # Median from which that is searched: what decides in fewer may span few steps.
EPOCH_SERIES = 2_000  # An epoch of fewer goes over them several times, or it has too few steps.


@dataclass(frozen=True, eq=False)
class EncodedSeries(EncodedData):
    """The series of a run, raw; models scale them themselves.

    Args:
        stores: dict of role, one of `ROLES`, to `SeriesStore`.
        scaler: the `SeriesScaler` of the training part.
    """

    stores: dict[str, SeriesStore]
    scaler: SeriesScaler

    input: ClassVar[str] = SERIES.name

    @classmethod
    def encode(cls, dataset: SeriesDataset, directory: Path) -> "EncodedSeries":
        stores = store_parts(dataset, directory)
        return cls(stores, open_scaler(directory))

    @classmethod
    def opened(cls, directory: Path) -> "EncodedSeries":
        roles = [role for role in ROLES if (directory / role).exists()]
        stores = {role: SeriesStore.open(directory / role) for role in roles}
        return cls(stores, open_scaler(directory))

    @property
    def encoder(self) -> SeriesScaler:
        return self.scaler

    def max_lengths(self) -> tuple[int, ...]:
        """Returns up to three values: all steps of 19 of 20 series, but 1,000 at most; half; a
        quarter. They count steps that an encoder reads."""
        usual = np.quantile(self.stores["train"].lengths, 0.95)
        most = int(min(np.ceil(usual), MOST_STEPS))
        shorter = [most // part for part in (4, 2) if most // part >= FEWEST_STEPS]
        return (*shorter, most)

    def model_space(self, most_weights: float | None = None) -> SearchSpace:
        return series_space(self.max_lengths(), self.downsampling())

    def downsampling(self) -> tuple[int, ...]:
        """Returns how many steps may be averaged to one: more than 1 in long series alone."""
        median = np.median(self.stores["train"].lengths)
        return DOWNSAMPLING if median >= LONG_STEPS else DOWNSAMPLING[:1]

    def model_options(self, space: SearchSpace) -> dict[str, Any]:
        return {"features": self.scaler.width, "scaler": self.scaler}

    def batches(
        self, store: SeriesStore, values: Mapping, size: int, **options: Any
    ) -> LengthBatches:
        return SeriesBatches(store, size, **reading_of(values), **options)

    def epoch_steps(self) -> float:
        return passes(self.size("train")) * super().epoch_steps()

    def shuffled(
        self, store: SeriesStore, values: dict, seed: int, rows: np.ndarray | None = None
    ) -> LengthBatches:
        """Returns batches for training. An epoch of few series goes over them several times."""
        rows = np.arange(len(store)) if rows is None else rows
        return super().shuffled(store, values, seed, np.tile(rows, passes(len(rows))))


def passes(series: int) -> int:
    """Returns how often an epoch goes over so many series."""
    return -(-EPOCH_SERIES // series)
