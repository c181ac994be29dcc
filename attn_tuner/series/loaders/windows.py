"""Cuts one long series into windows, each with the steps that follow it as its label."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.value_checks import as_numbers, check_series

MAX_WINDOWS = 1_000_000  # Each is an object in memory, though all share the numbers.


def cut_windows(
    values: Any,
    window: int,
    horizon: int = 0,
    stride: int = 1,
    target: str | int | None = None,
    features: Sequence[str] | None = None,
) -> LabelledSeries:
    """Cuts a series of T steps into windows of w steps, each `stride` s after the one before.

        series_i = x[i s : i s + w]
        label_i  = x[i s + w : i s + w + horizon, target]
        time_i   = i s + w - 1

    The windows are views of one array. With the times, a search holds out the latest windows; their
    labels overlap those of the `horizon / stride` windows before them, which it should leave out.

    Args:
        values: `(steps, features)` or `(steps,)` array, list, tensor or DataFrame.
        window: int, steps of a window.
        horizon: int, steps that are forecast, all at once; 0 cuts windows without labels.
        stride: int, steps from the start of a window to the start of the next.
        target: name or index of the feature that is forecast; needed where there are several.
        features: names of the features; of a DataFrame those of its columns.

    Returns:
        `LabelledSeries`; labels are floats for a horizon of 1, else `(horizon,)` float32. Windows
        whose label has a missing value are left out, and counted in a note.

    Raises:
        DataError: the series is shorter than window and horizon, the windows are more than a
            million, or no window has a whole label.
    """
    for name, value, least in (
        ("window", window, 1),
        ("horizon", horizon, 0),
        ("stride", stride, 1),
    ):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise DataError(f"{name} is {value!r}. It should be an int of at least {least}.")
    if features is None and hasattr(values, "columns"):
        features = list(values.columns)
    found = as_numbers(values, "The series")
    if found.ndim not in (1, 2):
        raise DataError(
            f"The series has {found.ndim} dimensions. Give one series, (steps, features)."
        )
    found = found[:, None] if found.ndim == 1 else found
    needed = window + horizon
    if len(found) < needed:
        raise DataError(
            f"The series has {len(found):,} steps, and window={window} with horizon={horizon} "
            f"needs {needed:,}. Give a longer series or a shorter window."
        )
    count = (len(found) - needed) // stride + 1
    if count > MAX_WINDOWS:
        least = -(-(len(found) - needed) // (MAX_WINDOWS - 1))
        raise DataError(
            f"{len(found):,} steps make {count:,} windows at stride={stride}, and at most "
            f"{MAX_WINDOWS:,} are cut. Say stride={least} or more."
        )
    [made], names, notes = check_series([found], features, lambda place: "The series")
    starts = np.arange(count) * stride
    labels = None
    if horizon:
        column = _target_column(target, names)
        ahead = np.lib.stride_tricks.sliding_window_view(made[:, column], horizon)
        labels = ahead[starts + window]
        whole = ~np.isnan(labels).any(axis=1)
        if not whole.any():
            raise DataError(
                f"'{names[column]}' has missing values in every stretch of {horizon} steps. Fill "
                "them, or forecast fewer steps."
            )
        if not whole.all():
            notes += (
                f"{(~whole).sum():,} of {count:,} windows were left out: a step to forecast is "
                "missing.",
            )
        starts, labels = starts[whole], labels[whole]
        labels = labels[:, 0].tolist() if horizon == 1 else list(labels)
    times = (starts + window - 1).astype("float64")
    series = [made[start : start + window] for start in starts]
    return LabelledSeries(series, labels, names, times=times, notes=notes)


def _target_column(target: str | int | None, names: tuple[str, ...]) -> int:
    if target is None:
        if len(names) > 1:
            raise DataError(
                f"The series has {len(names)} features: {', '.join(names)}. Say which one is "
                f"forecast, such as target='{names[0]}'."
            )
        return 0
    if isinstance(target, str) and target in names:
        return names.index(target)
    is_index = isinstance(target, int | np.integer) and not isinstance(target, bool)
    place = int(target) if is_index else len(names)
    if -len(names) <= place < len(names):
        return place % len(names)
    raise DataError(f"No feature is called {target!r}. The features are {', '.join(names)}.")
