"""Keeps the settings that a caller gave, as JSON can hold them: what a plan remembers of a call."""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from attn_tuner.settings.table import DATA, SETTINGS

OBJECT = "object"  # The only key of what stands for a value that JSON cannot hold.
_LONGEST_LIST, _LONGEST_JSON = 20, 10_000  # Paths; characters. Longer values are not kept.


def as_asked(given: Mapping) -> dict:
    """Returns the data and the settings that differ from their defaults, as JSON can hold them.

    Args:
        given: `data` and every setting, by name.
    """
    changed = [
        each.name
        for each in SETTINGS
        if each.repeated and not _same(given[each.name], each.default)
    ]
    return {name: _as_json(given[name]) for name in (DATA.name, *changed)}


def is_object(value: Any) -> bool:
    """Says whether this stands for a value that JSON cannot hold."""
    return isinstance(value, Mapping) and list(value) == [OBJECT]


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)


def _as_json(value: Any) -> Any:
    if isinstance(value, os.PathLike):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, list | tuple | set | frozenset) and all(
        isinstance(each, str | os.PathLike) for each in value
    ):
        several = [str(each) for each in value]
        return several if len(several) <= _LONGEST_LIST else _object(value)
    if isinstance(value, list) and all(isinstance(each, float) for each in value):
        return list(value) if len(value) <= _LONGEST_LIST else _object(value)
    if value is None or isinstance(value, str | int | float):
        return value
    try:
        if isinstance(value, Mapping) and json.loads(json.dumps(value)) == value:
            return dict(value) if len(json.dumps(value)) < _LONGEST_JSON else _object(value)
    except (TypeError, ValueError):
        pass
    return _object(value)


def _object(value: Any) -> dict:
    return {OBJECT: f"<a {type(value).__name__}>"}
