"""Parses labels of several numbers each, such as the next steps of a series."""

from collections.abc import Mapping, Sequence

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.labels import parse_numbers


def parse_number_rows(values: Sequence, where: str) -> np.ndarray:
    """Converts labels of several numbers each: `(inputs, numbers)` float32.

    Args:
        values: rows of numbers, or a number each.
        where: str, name of the part in messages.

    Raises:
        DataError: a number is missing or not finite, or rows have unlike lengths.
    """
    rows = [np.ravel(each).tolist() for each in values]
    short = next((row for row, each in enumerate(rows) if len(each) != len(rows[0])), None)
    if short is not None:
        raise DataError(
            f"Label {short + 1} of {where} has {len(rows[short])} numbers, and the first has "
            f"{len(rows[0])}. Give as many for each."
        )
    columns = [parse_numbers(column, where) for column in zip(*rows, strict=True)]
    return np.stack(columns, axis=1)


def same_width(parts: Mapping[str, np.ndarray], name: str) -> int:
    """Returns how many numbers the labels of all parts have.

    Args:
        parts: by role what `parse_number_rows` returned.
        name: str, of the data in messages.

    Raises:
        DataError: parts differ.
    """
    widths = {role: labels.shape[1] for role, labels in parts.items()}
    if len(set(widths.values())) > 1:
        listed = ", ".join(f"{role} {width}" for role, width in widths.items())
        raise DataError(f"The labels of {name} have unlike numbers of steps: {listed}.")
    return next(iter(widths.values()))
