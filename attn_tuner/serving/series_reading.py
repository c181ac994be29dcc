"""Reads the series of a request, and says in a sentence why one cannot be read."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.series.numbers import read_series

MOST_STEPS = 20_000  # Of one series: attention is placed on its steps by a matrix.
WHERE = "the request"


def read_request(bundle: SeriesBundle, given: Sequence[Any]) -> list[np.ndarray]:
    """Converts what JSON holds to series.

    Args:
        bundle: the model.
        given: a list of series, each a list of steps, each a list of numbers, or a number where the
            model has one feature; None where a value is missing.

    Returns:
        Arrays `(steps, features)` float32.

    Raises:
        DataError: a series has text among its numbers, steps of unlike length, other features than
            the model, no value at all, an infinite value, or too many steps.
    """
    for place, each in enumerate(given):
        who = f"Series {place + 1} of {WHERE}"
        if not isinstance(each, list):
            raise DataError(f"{who} is {_a(each)}, not a list of steps. {_form(bundle)}")
        if len(each) > MOST_STEPS:
            raise DataError(
                f"{who} has {len(each):,} steps, and the server takes {MOST_STEPS:,}. Send a part "
                "of it, or use attn-tuner predict."
            )
        _check_steps(each, who, bundle)
    return read_series(given, WHERE, bundle.features)[0] if given else []


def _check_steps(steps: list, who: str, bundle: SeriesBundle) -> None:
    """Checks that each step has a value for each feature."""
    width = len(bundle.features)
    for number, step in enumerate(steps, start=1):
        count = len(step) if isinstance(step, list) else 1
        if count != width:
            has = f"{count} value{'' if count == 1 else 's'}"
            raise DataError(
                f"{who} has {has} at step {number}, and the model was trained on {width}: "
                f"{', '.join(bundle.features)}. Missing values are null, or empty in a file."
            )


def _a(value: Any) -> str:
    kinds = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        dict: "an object",
    }
    return kinds.get(type(value), "null")


def _form(bundle: SeriesBundle) -> str:
    step = ", ".join(["1.5"] * len(bundle.features))
    return f'Send {{"series": [[[{step}], [{step}]]]}}: series, steps, values of the features.'
