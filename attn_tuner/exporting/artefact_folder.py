"""A folder that appears whole or not at all."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attn_tuner.errors import ExportError, Unwritable
from attn_tuner.storage.atomic_files import new_folder, writing
from attn_tuner.storage.checked_files import digest_of, read_object, reading
from attn_tuner.storage.layout import (
    BUNDLE_FACTS,
    BUNDLE_MODEL,
    CARD,
    CARD_PAGE,
    EXTRAS,
    FINGERPRINT,
    SAVED_MODEL,
    VARIABLES,
)

MADE_BY = "attn_tuner"
# What an export of a search is made of, by which a damaged one is known.
_NAMES = {CARD, CARD_PAGE, SAVED_MODEL, VARIABLES, FINGERPRINT, EXTRAS} | {
    "assets",
    "keras_metadata.pb",
}
_BUNDLE = {BUNDLE_FACTS, BUNDLE_MODEL}
_REMEDY = "Export the model again."


@contextmanager
def whole_folder(path) -> Iterator[Path]:
    """Gives an empty folder to write into, which takes the name `path` when the block succeeds.

    A reader never sees half an artefact, and an artefact that fails its check never stands at
    `path`. What stood there before stays until then, and is replaced only if it is empty or an
    earlier export.

    Raises:
        ExportError: `path` is a file, another's folder, or cannot be written.
    """
    path = Path(path).absolute()
    _refuse_what_is_not_ours(path)
    try:
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(path) as draft:
            yield draft
    except Unwritable as error:
        raise _cannot_write(
            path.parent, getattr(error.__cause__, "strerror", None) or error
        ) from error


def check_targets(path, formats: Sequence[str]):
    """Refuses folders that could not be written, before a model is loaded or a process started.

    Args:
        path: the folder of the artefact; with several formats, the folder of their folders.
        formats: names of formats.

    Raises:
        ExportError: as `whole_folder` does.
    """
    path = Path(path).absolute()
    for target in [path / name for name in formats] if len(formats) > 1 else [path]:
        _refuse_what_is_not_ours(target)
        there = target.parent
        try:
            while not there.exists():
                there = there.parent
        except OSError as error:
            raise _cannot_write(target.parent, error.strerror) from error
        if not there.is_dir():
            raise _cannot_write(target.parent, f"'{there}' is a file")
        if not os.access(there, os.W_OK | os.X_OK):
            raise _cannot_write(target.parent, "Permission denied")


def is_ours(path: Path) -> bool:
    """Whether an earlier export made this folder."""
    try:
        card = json.loads((path / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(card, dict) and card.get("made_by") == MADE_BY


def is_export(path) -> bool:
    """Whether a folder holds an export of any format, perhaps a damaged one, and nothing else."""
    if not Path(path).is_dir():
        return False
    names = {each.name for each in Path(path).iterdir()}
    return is_ours(Path(path)) or (bool(names) and names <= _NAMES)


def check_export(path):
    """Raises DamagedFile where a file of an export has changed since it was made."""
    path = Path(path)
    card = read_object(path / CARD, {"made_by": str, "files": dict}, _REMEDY)
    digests = card.get("digests", {})
    for name, size in card["files"].items():
        file = path / name
        with reading(file, _REMEDY):
            if file.stat().st_size != size or digests.get(name, "") not in ("", digest_of(file)):
                raise ValueError("its bytes have changed since it was exported")


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())


def _refuse_what_is_not_ours(path: Path):
    if path.is_dir():
        names = {each.name for each in path.iterdir()}
        if names and not names <= _BUNDLE and not is_ours(path):
            raise ExportError(
                f"'{path}' holds files that no export made. "
                "Choose an empty or new folder, or remove this one first."
            )
    elif path.exists():
        raise ExportError(f"'{path}' is a file; an export is a folder. Choose another name.")


def _cannot_write(folder, problem) -> ExportError:
    return ExportError(
        f"Cannot write to '{folder}' ({problem}). Make room, or choose another folder."
    )
