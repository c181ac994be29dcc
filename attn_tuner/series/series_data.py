"""Tells data of series from texts, and refuses them where texts alone are read."""

from collections.abc import Mapping
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.series.dataset import SeriesDataset
from attn_tuner.series.numbers import holds_series


def are_series(data: Any, word_index: Mapping[str, int] | None = None) -> bool:
    """Returns whether data are series of numbers, read or not.

    Args:
        data: data of a search.
        word_index: mapping of word to id; data that come with one are texts.
    """
    return isinstance(data, SeriesDataset) or (word_index is None and holds_series(data))


def refuse_series(data: Any, word_index: Mapping[str, int] | None, what: str, instead: str) -> None:
    """Raises DataError where series are given to something that reads texts alone.

    Args:
        data, word_index: as of `are_series`.
        what: str, subject of the sentence: "check()".
        instead: str, a sentence on what to do.
    """
    if are_series(data, word_index):
        named = data if isinstance(data, str) else "the data"
        verb = "holds" if isinstance(data, str) else "are"
        raise DataError(
            f"{what} reads texts, and {named} {verb} series of numbers. Give texts with one class "
            f"each. {instead}"
        )
