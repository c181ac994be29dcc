"""The options of a search as its plan remembers them, and the call that begins it again."""

import inspect
import json
import os
import shlex
from collections.abc import Callable, Mapping
from datetime import timedelta

OBJECT = "object"  # Key of what stands for a value that JSON does not hold.
FLAGS = ("refit",)
_NO_OPTION = ("patience", "pruner", "keep", "warm_start", "cpus_per_trial", "gpus_per_trial")
_ONLY_SHOWN = ("progress",)


def as_asked(given: Mapping, search: Callable) -> dict:
    """The options that differ from what `search` does unasked, as JSON can hold them.

    Args:
        given: name to value.
        search: whose signature holds the defaults.
    """
    parameters = inspect.signature(search).parameters
    return {
        name: _plain(value)
        for name, value in given.items()
        if name not in _ONLY_SHOWN and not _same(value, parameters[name].default)
    }


def command(asked: Mapping, directory) -> str:
    """The command, or where it has no option for something the call in Python, of a search.

    Args:
        asked: what `as_asked` gave.
        directory: of the run, where none was asked for.
    """
    given = {"directory": str(directory), **asked}
    data, out = given.pop("data"), given.pop("directory")
    sayable = all(
        name not in _NO_OPTION and isinstance(value, str | int | float)
        for name, value in [*given.items(), ("", data)]
    )
    if not sayable:
        values = {**given, "directory": out}
        options = "".join(f", {name}={_in_python(value)}" for name, value in values.items())
        return f"attn_tuner.search({_in_python(data)}{options})"
    words = ["attn-tuner", "search", data]
    for name, value in given.items():
        words.append(f"--{name.replace('_', '-')}")
        if name not in FLAGS:
            words.append(str(value))
    return shlex.join([*words, "--out", out])


def _same(value, default) -> bool:
    return value is default or (type(value) is type(default) and value == default)


def _plain(value):
    if isinstance(value, os.PathLike):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, list | tuple | set) and all(
        isinstance(each, str | os.PathLike) for each in value
    ):
        return [str(each) for each in value] if len(value) <= 20 else _object(value)
    if value is None or isinstance(value, str | int | float):
        return value
    try:
        if isinstance(value, Mapping) and json.loads(json.dumps(value)) == value:
            return dict(value) if len(json.dumps(value)) < 10_000 else _object(value)
    except (TypeError, ValueError):
        pass
    return _object(value)


def _object(value) -> dict:
    return {OBJECT: f"<a {type(value).__name__}>"}


def _in_python(value) -> str:
    if isinstance(value, Mapping) and list(value) == [OBJECT]:
        return value[OBJECT]
    return repr(value)
