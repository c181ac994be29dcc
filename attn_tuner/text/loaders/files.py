"""Defines the interface of a file format, and reads one file or several of any format.

A format is a loader, a class derived from `FileFormat` with the suffixes of its files and

    parse(name, data, options) -> Table     the columns in the bytes of a file
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import DEFAULTS, ReadOptions, Table, loaders, role_of
from attn_tuner.text.loaders.encodings import decode_text
from attn_tuner.text.loaders.locations import (
    COMPRESSIONS,
    exists,
    file_name,
    is_folder,
    is_pattern,
    is_url,
    local,
    matches,
    read_bytes,
    suffix_of,
    unzipped,
)

ZIP = ".zip"
_NAMED = 5  # Files that a sentence names.


class FileFormat:
    """Reads files whose names end in one of its suffixes, on disk or at a URL."""

    suffixes: tuple[str, ...] = ()

    def accepts(self, source: Any) -> bool:
        return is_one_file(source) and suffix_of(source) in self.suffixes

    def read(self, source: Any, options: ReadOptions) -> Table:
        return read_table(source, options)

    def parse(self, name: str, data: bytes, options: ReadOptions) -> Table:
        """Returns the columns in the bytes of a file."""
        raise NotImplementedError


@loaders.register("files")
class FilesLoader:
    """Takes a pattern of several tables, `parts/*.csv`, or a .zip file with one table.

    Tables called train, validation and test are these parts; others are read one after the other.
    """

    def accepts(self, source: Any) -> bool:
        if is_pattern(source):
            return isinstance(source, Path) or suffix_of(source) in suffixes()
        return is_one_file(source) and suffix_of(source) not in suffixes()

    def read(self, source: Any, options: ReadOptions) -> Table:
        if not is_pattern(source):
            return read_table(source, options)
        found = matches(source)
        if not found:
            raise DataError(f"No file matches {source}. Give the path of a table of texts.")
        return read_tables(file_name(source), found, options)


def formats() -> Iterator[type[FileFormat]]:
    """Yields the formats that are registered."""
    for name in loaders:
        build = loaders[name].build
        if isinstance(build, type) and issubclass(build, FileFormat):
            yield build


def suffixes() -> list[str]:
    """Returns the suffixes of all formats."""
    return [suffix for each in formats() for suffix in each.suffixes]


def is_one_file(source: Any) -> bool:
    """Checks for a path, a URL, or a string that is or looks like a path."""
    if isinstance(source, Path):
        return not is_folder(source) and not is_pattern(source)
    if not isinstance(source, str) or is_pattern(source) or is_folder(source):
        return False
    return is_url(source) or exists(source) or suffix_of(source) in (*suffixes(), ZIP)


def read_table(source: str | Path, options: ReadOptions = DEFAULTS) -> Table:
    """Reads the columns of a file of any known format.

    Raises:
        DataError: there is no such file, or it is no table of a known format; says what would do.
    """
    if not is_url(source) and not exists(source):
        what = "is a folder" if is_folder(source) else "does not exist"
        raise DataError(f"The file {local(source)} {what}. Give the path of a table of texts.")
    name, suffix = file_name(source), suffix_of(source)
    if suffix != ZIP:
        _format_of(name, suffix)  # Before anything is read.
    return parse_table(name, read_bytes(source), options)


def parse_table(name: str, data: bytes, options: ReadOptions) -> Table:
    """Returns the columns in the bytes of a file, whose name tells the format.

    Raises:
        DataError: they are no table of a known format.
    """
    suffix = suffix_of(name)
    if suffix == ZIP:
        inner, data = unzipped(name, data)
        suffix = suffix_of(inner)
    table = _format_of(name, suffix)().parse(name, data, options)
    if not table.parts["train"]:
        raise DataError(f"{name} holds no rows. It needs a line of column names.")
    return table


def read_tables(name: str, files: Iterable[str | Path], options: ReadOptions) -> Table:
    """Reads several files as one table, or as parts if their names say so.

    Raises:
        DataError: a file cannot be read, its columns are not those of the others, or its name does
            not say its part where another's says that it is not for training.
    """
    files = list(files)
    roles = _roles_of(files)
    parts: dict[str, dict] = {}
    notes: list[str] = []
    positional = False
    for role, file in zip(roles, files, strict=True):
        table = read_table(file, options)
        columns = table.parts["train"]
        own = parts.setdefault(role, {each: [] for each in columns})
        if set(own) != set(columns):
            raise DataError(
                f"{file_name(file)} has the columns {', '.join(map(str, columns))}, and the files "
                f"before it have {', '.join(map(str, own))}. Files that are read together should "
                "have the same columns."
            )
        for each, values in own.items():
            values.extend(columns[each])
        positional |= table.positional
        notes += table.notes
    named = zip(files[:_NAMED], roles, strict=False)
    said = ", ".join(f"{file_name(file)} ({role})" for file, role in named)
    more = f" and {len(files) - _NAMED} more" if files[_NAMED:] else ""
    notes.append(f"{len(files)} files were read: {said}{more}.")
    return Table(name, parts, positional=positional, notes=tuple(dict.fromkeys(notes)))


def _roles_of(files: Sequence[str | Path]) -> list[str]:
    """Tells the part of each file by its name; all are for training where no name says a part.

    Raises:
        DataError: one is named as another part than training, and one as none.
    """
    names = [file_name(each) for each in files]
    roles = [role_of(name.split(".")[0].split("-")[0]) for name in names]
    if "train" in roles and None not in roles:
        return [role or "train" for role in roles]
    held = [name for name, role in zip(names, roles, strict=True) if role not in (None, "train")]
    if held and None in roles:
        other = names[roles.index(None)]
        raise DataError(
            f"{held[0]} is named as a part of the data, and the name of {other} says none. Rows of "
            "a test part must not be trained on. Rename the other file to train, validation, test "
            "or unlabelled, move it to another folder, or give the parts by name: "
            '{"train": "a.csv", "test": "test.csv"}.'
        )
    return ["train"] * len(files)


def read_lines(source: str | Path, encoding: str | None = None) -> list[str]:
    """Reads the lines of a text file.

    Raises:
        DataError: it is not there, cannot be read or its encoding is not recognised.
    """
    return decode_text(file_name(source), read_bytes(source), encoding)[0].splitlines()


def _format_of(name: str, suffix: str) -> type[FileFormat]:
    found = next((each for each in formats() if suffix in each.suffixes), None)
    if found is None:
        raise DataError(
            f"The format of {name} is not clear from its name, which should end in "
            f"{', '.join(suffixes())}, or in one of these and {', '.join([*COMPRESSIONS, ZIP])}."
        )
    return found
