"""Reads and writes the settings of a search as a TOML file.

data = "reviews.csv"
max_time = "20m"
objective = "f1_macro"

[space]
embedding_dim = 64
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from attn_tuner.errors import DataError, UnknownName
from attn_tuner.registry import unknown
from attn_tuner.settings.asked import is_object
from attn_tuner.settings.table import DATA, GROUPS, SETTINGS
from attn_tuner.storage.atomic_files import write_text

CONFIG = "search.toml"  # In a run folder: the settings of its last search.
_KEYS = {each.name: each for each in (DATA, *SETTINGS) if not each.only_python}
_OF_PATHS = "Paths are as they were given, from the folder"


def read_settings(path: str | os.PathLike) -> dict:
    """Returns the settings of a TOML file by name; their values are checked by `search`.

    Raises:
        DataError: there is no such file, or it is not TOML.
        UnknownName: it has a key that is no setting.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"config is {str(path)!r}, which cannot be read ({error.strerror}). Give a TOML file."
        ) from error
    except ValueError as error:
        raise DataError(f"{path} is not a TOML file: {error}.") from error
    for name in table:
        if name not in _KEYS:
            raise UnknownName(f"{path}: {unknown('setting', name, _KEYS)}")
    return table


def write_settings(given: Mapping, directory: str | os.PathLike) -> None:
    """Writes `search.toml` to a run folder.

    Args:
        given: from `as_asked`. A value that TOML cannot hold becomes a comment.
        directory: the run folder.
    """
    path = Path(directory) / CONFIG
    given = {"directory": str(directory), **given}
    lines = [
        "# The settings of this search. To repeat it elsewhere:",
        f"#     attn-tuner search --config {CONFIG} --out ANOTHER_FOLDER",
        f"# {_OF_PATHS} {_comment(Path.cwd())}",
    ]
    for group in GROUPS:
        names = [
            each.name for each in (DATA, *SETTINGS) if each.group == group and each.name in given
        ]
        if names:
            lines += ["", f"# {group}", *(_line(name, given[name]) for name in names)]
    write_text(path, "\n".join([*lines, ""]))


def has_toml(given: Mapping) -> bool:
    """Says whether TOML can hold all these settings."""
    return all(name in _KEYS and _toml(value) is not None for name, value in given.items())


def _line(name: str, value: Any) -> str:
    said = _toml(value) if name in _KEYS else None
    return f"# {name}: only in Python" if said is None else f"{name} = {said}"


def _comment(value: Any) -> str:
    return "".join(each if each.isprintable() else "?" for each in str(value))


def _toml(value: Any) -> str | None:
    """A value as TOML writes it, on one line; None where it cannot."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, list | tuple):
        inner = [_toml(each) for each in value]
        written = [each for each in inner if each is not None]
        return f"[{', '.join(written)}]" if len(written) == len(inner) else None
    if isinstance(value, Mapping) and not is_object(value):
        inner = [(_string(key), _toml(each)) for key, each in value.items()]
        if any(None in pair for pair in inner):
            return None
        return f"{{ {', '.join(f'{key} = {each}' for key, each in inner)} }}" if inner else "{}"
    return None


def _string(value: str) -> str | None:
    """A basic string. TOML has JSON's escapes, and needs one more, of the delete character."""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:  # A file name that is not UTF-8.
        return None
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
