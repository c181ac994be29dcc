"""Says how to repeat a search: by the command, by its TOML file, or by the call in Python."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attn_tuner.settings.asked import OBJECT, is_object
from attn_tuner.settings.table import BY_NAME, DATA, Setting
from attn_tuner.settings.toml_file import CONFIG, has_toml


def command(asked: Mapping, directory: str | os.PathLike) -> str:
    """Returns the line that repeats a search: a command where one can say it, else Python.

    Args:
        asked: from `as_asked`.
        directory: the run folder.
    """
    given = {"directory": str(directory), **asked}
    line = words(given)
    if line is not None:
        return shlex.join(["attn-tuner", "search", *line])
    file = Path(directory) / CONFIG
    if file.exists() and has_toml(given):
        return shlex.join(["attn-tuner", "search", "--config", str(file)])
    data, out = given.pop("data"), given.pop("directory")
    options = "".join(
        f", {name}={_in_python(value)}" for name, value in {**given, "directory": out}.items()
    )
    return f"attn_tuner.search({_in_python(data)}{options})"


def words(given: Mapping) -> list[str] | None:
    """Returns data and settings as arguments of `attn-tuner search`; None if one has no words."""
    settings = {name: value for name, value in given.items() if name != DATA.name}
    data = given.get(DATA.name)
    if not isinstance(data, str):
        return None
    line = [] if data.startswith("-") else [data]
    for name in sorted(settings, key=lambda name: name == "directory"):
        said = _option(BY_NAME[name], settings[name])
        if said is None:
            return None
        line += said
    return line if line[:1] == [data] else [*line, "--", data]


def _option(setting: Setting, value: Any) -> list[str] | None:
    """The words for one setting; None where the command cannot say the value."""
    if setting.only_python:
        return None
    if setting.type is bool:
        return [setting.option if value else setting.opposite]
    several = value if setting.several and isinstance(value, list | tuple) else [value]
    if not all(_sayable(setting, each) for each in several):
        return None
    return [word for each in several for word in (setting.option, str(each))]


def _sayable(setting: Setting, value: Any) -> bool:
    types = (setting.type, *setting.also, *((int,) if setting.type is float else ()))
    return isinstance(value, types) and not isinstance(value, bool)


def _in_python(value: Any) -> str:
    return value[OBJECT] if is_object(value) else repr(value)
