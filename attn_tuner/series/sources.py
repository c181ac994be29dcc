"""Series that are named in one word: the file of an archive, or a generated set."""

from pathlib import Path
from typing import Any

from attn_tuner.series import sensor_demo
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.loaders.ts_file import from_ts
from attn_tuner.text.loaders.locations import file_name, suffix_of


def is_named_source(data: Any) -> bool:
    """Checks whether data are the path or URL of a .ts file, or "sensor-demo"."""
    if not isinstance(data, str | Path):
        return False
    return data == sensor_demo.NAME or suffix_of(data) == ".ts"


def named_source(data: Any) -> tuple[str, dict[str, LabelledSeries]] | None:
    """Reads series by name.

    Args:
        data: anything; see `is_named_source`.

    Returns:
        Name of the data, and the series of each part that they have: "train", and of generated ones
        "validation" and "test". None for other data.

    Raises:
        DataError: the file cannot be read.
    """
    if not is_named_source(data):
        return None
    if data == sensor_demo.NAME:
        parts = sensor_demo.sensor_parts()
        return data, {role: sensor_demo.labelled(part) for role, part in parts.items()}
    return file_name(data), {"train": from_ts(data)}
