"""Converts what a user gives as series to arrays of numbers, or says what is wrong with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.sources import is_named_source

_LARGEST = float(np.finfo("float32").max)
_SHOWN = 40  # Characters of a value in a message.


def holds_series(data: Any) -> bool:
    """Checks whether data are series of numbers, with labels or without; reads only the first.

    Arrays `(series, steps, features)`, arrays of fractions `(series, steps)`, and lists whose first
    member is an array of either are series. Lists of whole numbers are not: those are texts as
    ids, see `text.word_ids`.

    Args:
        data: `LabelledSeries`, `(series, labels)`, the series alone, or a source of series by name.
    """
    if isinstance(data, LabelledSeries) or is_named_source(data):
        return True
    if isinstance(data, tuple) and len(data) == 2:
        return _are_series(data[0])
    return _are_series(data)


def _are_series(given: Any) -> bool:
    shape, kind = _form(given)
    if kind is not None and kind != "O":
        return (len(shape) == 3 and kind in "fiub") or (len(shape) == 2 and kind == "f")
    if not isinstance(given, list | tuple | np.ndarray) or not len(given):
        return False
    return _is_series(given[0])


def _is_series(given: Any) -> bool:
    shape, kind = _form(given)
    if kind is not None:
        return (len(shape) == 2 and kind in "fiub") or (len(shape) == 1 and kind == "f")
    if not isinstance(given, list | tuple) or not len(given):
        return False
    first = given[0]
    rows = isinstance(first, list | tuple) and len(first) > 0
    return isinstance(first, float) or (rows and isinstance(first[0], float | int))


def _form(given: Any) -> tuple[tuple[int, ...], str | None]:
    """Returns shape and kind of dtype of an array or tensor; None for what is none."""
    if not isinstance(given, np.ndarray) and not (
        hasattr(given, "__array__") and hasattr(given, "shape") and not hasattr(given, "columns")
    ):
        return (), None
    if isinstance(given, np.ndarray):
        return given.shape, given.dtype.kind
    array = np.asarray(given)
    return array.shape, array.dtype.kind


def read_series(given: Any, where: str = "the given series") -> tuple[list[np.ndarray], list[str]]:
    """Converts series to arrays.

    Args:
        given: array `(series, steps, features)` or `(series, steps)`; list of arrays `(steps,
            features)` or `(steps,)`; `LabelledSeries`.
        where: str, name of the series in messages.

    Returns:
        List of `(steps, features)` float32, NaN where a value is missing, and sentences on what was
        changed.

    Raises:
        DataError: there is none, one is empty or has no value, holds something that is no finite
            number, or has another number of features than the first.
    """
    if isinstance(given, LabelledSeries):
        given = given.series
    if isinstance(given, str | bytes) or not hasattr(given, "__len__"):
        raise DataError(
            f"{_start(where)} should be an array (series, steps, features) or a list of arrays "
            f"(steps, features); this is a {type(given).__name__}."
        )
    if not len(given):
        raise DataError(f"There are no series in {where}.")
    found, shortened = [], 0
    for number, each in enumerate(given, start=1):
        array = _array(each, f"Series {number} of {where}")
        if found and array.shape[1] != found[0].shape[1]:
            raise DataError(
                f"Series {number} of {where} has {_features(array)} and series 1 has "
                f"{_features(found[0])}. All series need the same features in every step; fill one "
                "that was not measured with NaN."
            )
        whole = array[: 1 + int(np.flatnonzero(~np.isnan(array).all(axis=1))[-1])]
        shortened += len(whole) < len(array)
        found.append(np.ascontiguousarray(whole))
    notes = []
    if shortened:
        notes.append(
            f"Of {shortened:,} of {len(found):,} series the last steps were left out: they have no "
            "value."
        )
    return found, notes


def _array(given: Any, who: str) -> np.ndarray:
    """Returns one series as `(steps, features)` float32."""
    if hasattr(given, "to_numpy"):
        given = given.to_numpy()
    try:
        array = np.asarray(given)
    except ValueError:
        raise DataError(
            f"{who} has steps of unlike numbers of values. Give every step the same features, "
            "with NaN for what is missing."
        ) from None
    if array.dtype.kind not in "fiub":
        array = _from_objects(np.asarray(given, dtype=object), who)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise DataError(
            f"{who} has the shape {array.shape}. It should be (steps, features) or (steps,)."
        )
    if not array.shape[0] or not array.shape[1]:
        raise DataError(f"{who} is empty: its shape is {array.shape}. Leave it out.")
    wrong = np.argwhere(np.isinf(array) | (np.abs(array.astype("float64")) > _LARGEST))
    if len(wrong):
        step, feature = wrong[0]
        raise DataError(
            f"{who} has the value {array[step, feature]} in step {step + 1}, feature "
            f"{feature + 1}. Replace it by a finite number, or by NaN if it is missing."
        )
    array = array.astype("float32")
    if np.isnan(array).all():
        raise DataError(f"{who} has no value: all {array.size:,} are NaN. Leave it out.")
    return array


def _from_objects(array: np.ndarray, who: str) -> np.ndarray:
    """Converts an array of objects: numbers, and None for a missing one."""
    for place, value in np.ndenumerate(array):
        if value is None or (isinstance(value, float | int | np.number) and not _complex(value)):
            continue
        step = place[0] + 1 if place else 1
        raise DataError(
            f"{who} holds {str(value)[:_SHOWN]!r} in step {step}, which is no number. Give "
            "numbers alone, with NaN for what is missing."
        )
    return array.astype("float64")


def _complex(value: Any) -> bool:
    return isinstance(value, complex | np.complexfloating)


def _features(array: np.ndarray) -> str:
    return f"{array.shape[1]} feature{'' if array.shape[1] == 1 else 's'}"


def _start(where: str) -> str:
    return where[:1].upper() + where[1:]


def feature_names(given: Sequence[str], count: int) -> tuple[str, ...]:
    """Returns the names of the features: those given, or `feature 1`, `feature 2` and so on."""
    return tuple(given) or tuple(f"feature {number + 1}" for number in range(count))
