"""Stores series on disk, memory-mapped by every trial."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attn_tuner.errors import RunError
from attn_tuner.inputs.kinds import SERIES
from attn_tuner.inputs.store_arrays import joined_weights, numbered_groups
from attn_tuner.series.dataset import SeriesDataset, SeriesPart
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.storage.atomic_files import new_folder, write_json, writing
from attn_tuner.storage.checked_files import read_object, reading
from attn_tuner.storage.input_store import InputStore
from attn_tuner.storage.layout import SCALER, STORE_FACTS
from attn_tuner.storage.stored_arrays import open_arrays

_FORMAT = 1
MOST_COMPARED = 200_000  # Steps of all series that another process is sent as text.
_AGAIN = "Run the search again with the same data; it writes them again."


@dataclass(frozen=True, eq=False)
class SeriesStore(InputStore):
    """Series of one part, raw, one behind the other.

    Args:
        values: `(steps of all series, features)` float32; NaN where a value is missing.
        offsets: `(series + 1,)` int64; series i is `values[offsets[i]:offsets[i + 1]]`.
        labels: `(series,)` int32, `(series, labels)` uint8 or `(series,)` float32.
        weights: `(series,)` float32, weight of each in training; None for equal weights.
        groups: `(series,)` int32, number of each one's group within the part; None for none.
        times: `(series,)` float64; None for none.
    """

    ARRAYS = ("values", "offsets", "labels")
    FORM = (np.float32, 2)
    SHORTEST = 1

    values: np.ndarray
    offsets: np.ndarray
    labels: np.ndarray
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None

    @classmethod
    def of(cls, part: SeriesPart) -> "SeriesStore":
        """Joins the series of a part, in memory."""
        lengths = [len(each) for each in part.series]
        labels = np.asarray(part.labels)
        return cls(
            np.concatenate(part.series),
            np.cumsum([0, *lengths], dtype=np.int64),
            labels.astype(np.int32) if labels.dtype.kind == "i" else labels,
            part.weights,
            numbered_groups(part.groups),
            part.times,
        )

    @classmethod
    def concatenate(cls, stores: Iterable["SeriesStore"]) -> "SeriesStore":
        """Joins stores into one, in memory, without groups and times."""
        stores = list(stores)
        lengths = np.concatenate([store.lengths for store in stores])
        return cls(
            np.concatenate([store.values for store in stores]),
            np.cumsum([0, *lengths], dtype=np.int64),
            np.concatenate([store.labels for store in stores]),
            joined_weights(stores),
        )

    @classmethod
    def open(cls, directory: str | Path, check: bool = False) -> "SeriesStore":
        """Opens a store on disk; values are read when they are used.

        Args:
            directory: path of the folder that `save` wrote.
            check: bool, whether to read all files and verify their checksums.

        Raises:
            RunError: there is no whole store in the folder.
        """
        arrays, _ = open_arrays(directory, cls.ARRAYS, cls.EXTRAS, {}, check, _AGAIN)
        store = cls(**arrays)
        with reading(Path(directory) / STORE_FACTS, _AGAIN):
            store.check()
        return store


def store_parts(dataset: SeriesDataset, directory: str | Path) -> dict[str, SeriesStore]:
    """Writes all parts into `directory/role` with the scaler, or opens them if that was done.

    Raises:
        RunError: the folder cannot be written, or holds other data.
    """
    directory = Path(directory)
    key = f"{SERIES.name}-{_FORMAT}-{dataset.fingerprint}"
    if not directory.exists():
        with writing(directory):
            directory.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(directory, replaces=False) as draft:
            for role, part in dataset.parts().items():
                SeriesStore.of(part).save(draft / role)
            scaler = SeriesScaler.fit(dataset.train.series, dataset.features)
            write_json(draft / SCALER, scaler.get_config())
            facts = {"key": key, "classes": dataset.classes, "input": SERIES.name}
            write_json(draft / STORE_FACTS, facts)
    if read_object(directory / STORE_FACTS, {"key": str}, _AGAIN)["key"] != key:
        raise RunError(
            f"{directory} was written for other data. Use another folder, or remove this one."
        )
    return {role: SeriesStore.open(directory / role, check=True) for role in dataset.parts()}


def held_out(directory: str | Path, count: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Returns the first series of a store with their labels, on which an export is compared.

    Args:
        directory: path of the folder of the validation part.
        count: int, series at most; fewer of long series, `MOST_COMPARED` steps in all.
    """
    store = SeriesStore.open(directory)
    enough = int(np.searchsorted(store.offsets[1:], MOST_COMPARED, side="right"))
    count = min(count, len(store), max(1, enough))
    return [np.asarray(store[row]) for row in range(count)], np.asarray(store.labels[:count])


def open_scaler(directory: str | Path) -> SeriesScaler:
    """Loads the scaler of the series in this folder."""
    path = Path(directory) / SCALER
    with reading(path, _AGAIN):
        kinds = {"features": list[str], "mean": list[float], "deviation": list[float]}
        return SeriesScaler.from_config(read_object(path, kinds))
