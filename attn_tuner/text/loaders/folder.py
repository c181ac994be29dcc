"""Reads a folder with a folder of text files for each class."""

from pathlib import Path
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import ReadOptions, Table, loaders, role_of
from attn_tuner.text.loaders.encodings import decode_text
from attn_tuner.text.loaders.files import read_tables, suffixes
from attn_tuner.text.loaders.locations import is_folder, local, read_bytes, suffix_of

_TEXT = ".txt"
_COLUMNS = ("text", "label")


@loaders.register("folder")
class FolderLoader:
    """Takes a folder that holds a folder of .txt files for each class, one text a file.

    There may be folders train, validation and test, each with the folders of the classes: the
    convention of `keras.utils.text_dataset_from_directory`. A folder of tables is read as these.
    """

    def accepts(self, source: Any) -> bool:
        return isinstance(source, str | Path) and source != "demo" and is_folder(source)

    def read(self, source: Any, options: ReadOptions) -> Table:
        folder = local(source)
        inner = _folders(folder)
        tables = [
            path for path in _entries(folder) if path.is_file() and suffix_of(path) in suffixes()
        ]
        if tables and not inner:
            return read_tables(folder.name, tables, options)
        roles = {role: path for path in inner if (role := role_of(path.name))}
        own = roles if "train" in roles else {"train": folder}
        parts, notes = {}, []
        for role, path in own.items():
            parts[role] = _part(path, role, parts, notes, options)
        if not parts["train"][_COLUMNS[0]]:
            raise DataError(
                f"The folder {folder} holds no texts. Give a folder with a folder of .txt files "
                "for each class, or the path of a table of texts."
            )
        return Table(
            folder.name,
            parts,
            usual=_COLUMNS,
            notes=tuple(dict.fromkeys(notes)),
        )


def _part(folder: Path, role: str, parts: dict, notes: list[str], options: ReadOptions) -> dict:
    """Reads the texts and classes of one part; texts of no class go to `parts["unlabelled"]`."""
    found: dict[str, list] = {name: [] for name in _COLUMNS}
    if role == "unlabelled":
        found["text"] = _texts(folder, notes, options)
        found["label"] = [None] * len(found["text"])
        return found
    for each in _folders(folder):
        texts = _texts(each, notes, options)
        if role_of(each.name) == "unlabelled":  # As in the folder of IMDb's reviews.
            more = parts.setdefault("unlabelled", {name: [] for name in _COLUMNS})
            more["text"] += texts
            more["label"] += [None] * len(texts)
        else:
            found["text"] += texts
            found["label"] += [each.name] * len(texts)
    return found


def _texts(folder: Path, notes: list[str], options: ReadOptions) -> list[str]:
    texts = []
    for path in sorted(folder.rglob(f"*{_TEXT}")):
        text, said = decode_text(path.name, read_bytes(path), options.encoding)
        texts.append(text)
        notes += said
    return texts


def _folders(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if path.is_dir()]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise DataError(f"The folder {folder} cannot be read: {error.strerror}.") from error
