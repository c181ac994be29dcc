"""Puts the features of series in the order of their names."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError


def numbered_features(count: int) -> tuple[str, ...]:
    """Returns the names of features that have none."""
    return tuple(f"feature_{place}" for place in range(1, count + 1))


def columns_of(values: Any) -> tuple[str, ...] | None:
    """Returns the names of the columns of a DataFrame; None for what is none."""
    return tuple(map(str, values.columns)) if hasattr(values, "columns") else None


def by_name(values: Any, features: Sequence[str], who: str) -> Any:
    """Returns the columns of a DataFrame that are the features, in their order.

    What has no columns, or columns of other names alone, is returned as it is.

    Args:
        values: one series.
        features: their names.
        who: str, what the series is called in messages.

    Raises:
        DataError: it has some of the features, but not all.
    """
    columns = columns_of(values)
    places = None if columns is None else places_of(features, columns, who)
    if places is None:
        return values
    frame = values.to_pandas() if hasattr(values, "to_pandas") else values
    return frame.iloc[:, places]


def places_of(features: Sequence[str], columns: Sequence[str], who: str) -> list[int] | None:
    """Returns the place of each feature among the columns; None where they have none of the names.

    Args:
        features, columns: names.
        who: str, what has the columns, in messages.

    Raises:
        DataError: some of the features are there, but not all.
    """
    missing = [each for each in features if each not in columns]
    if missing and len(missing) < len(features):
        raise DataError(
            f"{who} has no '{missing[0]}'. The features are {', '.join(features)}, and its columns "
            f"{', '.join(map(str, columns))}. Give all of them, NaN where one was not measured."
        )
    return None if missing else [list(columns).index(each) for each in features]


def reordered(
    series: Sequence[np.ndarray],
    features: tuple[str, ...],
    wanted: tuple[str, ...],
    where: str,
) -> list[np.ndarray]:
    """Returns series with their features in the order of those of training.

    Args:
        series: `(steps, features)` each.
        features: their names.
        wanted: names of the features of training, as many.
        where: str, name of the series in messages.

    Raises:
        DataError: they have other names.
    """
    unnamed = numbered_features(len(wanted))
    if features == wanted or unnamed in (features, wanted):
        return list(series)
    if set(features) != set(wanted):
        raise DataError(
            f"The series of {where} have the features {', '.join(features)}, and those of training "
            f"{', '.join(wanted)}. Give the same features in all parts."
        )
    order = [features.index(each) for each in wanted]
    return [np.ascontiguousarray(each[:, order]) for each in series]
