"""Converts series as they came to float32, and says what is odd about their values.

    check_series(series, features) -> series, names of the features, sentences

What no model can read is refused: text, infinite numbers, series of unlike features or without
steps. What a model can read, and a reader of its scores should know, is a note: missing values,
constant features, single steps.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.series.named_features import numbered_features

LONG_STEPS = 100_000  # A recurrent encoder reads a step after the other.
WINDOWS = "Cut one long series into windows: attn_tuner.series.loaders.cut_windows."
LOST = 0.01  # Of the range of a feature, what rounding to float32 may change.
_NAMED = 5  # Features that a sentence names.


def as_numbers(values: Any, what: str) -> np.ndarray:
    """Converts what holds numbers to an array of floats; None and masked values become NaN.

    Args:
        values: array, list, tensor, or table of numbers.
        what: str, its name in messages, such as "Series 3".

    Raises:
        DataError: there is text, a date or a complex number among them, or rows of unlike length.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # A ragged list; what it becomes is checked below.
            found = values if isinstance(values, np.ndarray) else np.asarray(values)
    except ValueError:
        raise DataError(
            f"{what} has rows of unlike length. Give every step the same number of features, NaN "
            "where a value is missing."
        ) from None
    if isinstance(found, np.ma.MaskedArray):
        found = np.ma.filled(found.astype("float64"), np.nan)
    if found.dtype.kind in "fiub":
        return found
    if found.dtype.kind != "O":
        raise DataError(_no_number(what, values, found))
    try:
        return found.astype("float64")
    except (TypeError, ValueError):
        raise DataError(_no_number(what, values, found)) from None


def with_features(row: np.ndarray, what: str) -> np.ndarray:
    """Returns a series as `(steps, features)`.

    Args:
        row: numbers `(steps, features)` or `(steps,)`.
        what: str, its name in messages.

    Raises:
        DataError: it is a single number, or has more dimensions.
    """
    if row.ndim == 0:
        raise DataError(
            f"{what} is a single number. Give a list of arrays, one for each series. {WINDOWS}"
        )
    if row.ndim > 2:
        raise DataError(f"{what} has {row.ndim} dimensions. Give (steps, features).")
    return row[:, None] if row.ndim == 1 else row


def numbered(place: int) -> str:
    """Returns what a series is called in messages: "Series 3" of the index 2."""
    return f"Series {place + 1}"


def check_series(
    series: Sequence[np.ndarray],
    features: Sequence[str] | None = None,
    called: Callable[[int], str] = numbered,
) -> tuple[list[np.ndarray], tuple[str, ...], tuple[str, ...]]:
    """Converts series to float32 and checks them against each other.

    Args:
        series: arrays of floats or integers, `(steps, features)` each.
        features: names of the features; "feature_1" and so on if not given.
        called: returns what a series is called in messages, by its index.

    Returns:
        The series, the names of their features, and sentences on what is odd.

    Raises:
        DataError: there is no series, one has no steps or other features than the first, or a
            value is infinite.
    """
    if not len(series):
        raise DataError("There are no series. Give at least one array of steps and features.")
    width = series[0].shape[1]
    for place, each in enumerate(series):
        if each.shape[1] != width:
            raise DataError(
                f"{called(place)} has {_counted(each.shape[1], 'feature')}, and {called(0)} has "
                f"{width}. All series need the same features, NaN where one was not measured."
            )
        if not len(each):
            raise DataError(f"{called(place)} has no steps. Leave it out.")
    if not width:
        raise DataError("The series have no features. Give at least one number a step.")
    names = numbered_features(width)
    if features is not None:
        names = tuple(map(str, features))
        if len(names) != width or len(set(names)) != width:
            raise DataError(
                f"features= names {_counted(len(names), 'feature')} ({', '.join(names)}), and the "
                f"series have {width}. Give one name for each, no name twice."
            )
    with np.errstate(over="ignore"):  # What float32 cannot hold becomes infinite, and is refused.
        made = [np.ascontiguousarray(each, dtype="float32") for each in series]
    for place, (given, each) in enumerate(zip(series, made, strict=True)):
        if np.isinf(each).any():
            raise DataError(_infinite(called(place), names, given, each))
    return made, names, (*_rounded(series, made, names), *_notes(made, names))


def _no_number(what, values, found) -> str:
    """Says where the first value that is no number stands."""
    kinds = {"M": "dates", "m": "time differences", "c": "complex numbers"}
    if found.dtype.kind in kinds:
        return f"{what} has {kinds[found.dtype.kind]}. Give numbers, such as seconds."
    if found.dtype.kind == "O" and any(isinstance(each, list | np.ndarray) for each in found.flat):
        return (
            f"{what} has rows of unlike length. Give every step the same number of features, NaN "
            "where a value is missing."
        )
    # The array has made text of the numbers as well, so the values are asked as they came.
    original = np.asarray(values, dtype=object)
    place = next(
        (place for place, value in np.ndenumerate(original) if isinstance(value, str | bytes)),
        None,
    )
    if place is None:
        return f"{what} has values of the type {type(original.flat[0]).__name__}. Give numbers."
    at = f" at step {place[0] + 1}" if place else ""
    return (
        f"{what} has the text {original[place]!r}{at}. Give numbers, and NaN where a value is "
        "missing."
    )


def _infinite(what, names, given, made) -> str:
    step, feature = map(int, np.argwhere(np.isinf(made))[0])
    value = given[step, feature]
    size = "is infinite" if np.isinf(value) else f"is {value:g}, more than float32 holds"
    return (
        f"{what}: '{names[feature]}' {size} at step {step + 1}. Replace it by NaN, which means "
        "missing, or by a finite number."
    )


def _rounded(series, made, names):
    """Yields a sentence on features of which float32 keeps too little."""
    exact = ("float16", "float32", "int8", "uint8", "int16", "uint16", "bool")
    wide = [each for each in series if each.dtype not in exact]
    if not wide:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # A feature of a series has no value.
        low = np.nanmin([np.nanmin(each, axis=0) for each in wide], axis=0)
        high = np.nanmax([np.nanmax(each, axis=0) for each in wide], axis=0)
        pairs = [pair for pair in zip(series, made, strict=True) if pair[0].dtype not in exact]
        lost = np.nanmax([np.nanmax(abs(each - plain), axis=0) for each, plain in pairs], axis=0)
    spread = high.astype("float64") - low
    few = [
        name
        for name, off, whole in zip(names, lost, spread, strict=True)
        if whole > 0 and off > LOST * whole
    ]
    if few:
        yield (
            f"{_listed(few)} varies too little for its size: in float32, which models read, more "
            f"than {LOST:.0%} of its range is lost. Subtract a constant first, such as its mean."
        )


def _notes(series, names):
    """Yields sentences on missing values, constant features, and very short or long series."""
    total = sum(each.size for each in series)
    absent = np.sum([np.isnan(each).sum(axis=0) for each in series], axis=0)
    if absent.any():
        yield (
            f"{absent.sum():,} of {total:,} values are missing ({absent.sum() / total:.1%}); they "
            "stay missing, and a model is told so."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # A feature of a series has no value.
        low = np.nanmin([np.nanmin(each, axis=0) for each in series], axis=0)
        high = np.nanmax([np.nanmax(each, axis=0) for each in series], axis=0)
    empty = [name for name, value in zip(names, low, strict=True) if np.isnan(value)]
    if empty:
        yield f"{_listed(empty)} has no value in any series. Leave it out."
    constant = [
        f"{name} ({least:g})"
        for name, least, most in zip(names, low, high, strict=True)
        if least == most
    ]
    if constant:
        yield f"{_listed(constant)} is the same in every step, and tells nothing. Leave it out."
    void = sum(bool(np.isnan(each).all()) for each in series)
    if void and len(empty) < len(names):
        yield f"{void:,} of {len(series):,} series have no value at all."
    lengths = np.array([len(each) for each in series])
    if (lengths == 1).any():
        yield (
            f"{(lengths == 1).sum():,} of {len(series):,} series have a single step, in which "
            "there is no order to learn."
        )
    if lengths.max() > LONG_STEPS:
        yield (
            f"The longest series has {lengths.max():,} steps, which take a recurrent encoder long. "
            "Cut it into windows, or average over several steps."
        )


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if names[_NAMED:] else ""
    word = "Each of the features " if len(names) > 1 else "The feature "
    return word + ", ".join(names[:_NAMED]) + more
