"""Writes the folder of an export atomically, and recognises folders of earlier exports."""

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
def artefact_folder(path: str | Path) -> Iterator[Path]:
    """Creates an empty folder to write into, which is moved to `path` when the block succeeds.

    So an artefact at `path` is always complete and has passed its check. A folder already there
    stays until then, and is replaced only if it is empty or an earlier export.

    Raises:
        ExportError: `path` is a file, a folder that no export wrote, or not writable.
    """
    path = Path(path).absolute()
    _check_replaceable(path)
    try:
        with writing(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(path) as draft:
            yield draft
    except Unwritable as error:
        raise _write_error(
            path.parent, getattr(error.__cause__, "strerror", None) or error
        ) from error


def check_targets(path: str | Path, formats: Sequence[str]) -> None:
    """Raises ExportError if an export could not be written, before any model is loaded.

    Args:
        path: path of the artefact's folder; with several formats, of the folder that holds them.
        formats: sequence of str, names of formats.

    Raises:
        ExportError: as `artefact_folder` does.
    """
    path = Path(path).absolute()
    for target in [path / name for name in formats] if len(formats) > 1 else [path]:
        _check_replaceable(target)
        there = target.parent
        try:
            while not there.exists():
                there = there.parent
        except OSError as error:
            raise _write_error(target.parent, error.strerror) from error
        if not there.is_dir():
            raise _write_error(target.parent, f"'{there}' is a file")
        if not os.access(there, os.W_OK | os.X_OK):
            raise _write_error(target.parent, "Permission denied")


def has_model_card(path: Path) -> bool:
    """Checks whether an export wrote this folder, by its `card.json`."""
    try:
        card = json.loads((path / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(card, dict) and card.get("made_by") == MADE_BY


def is_export(path: str | Path) -> bool:
    """Checks whether a folder holds an export, perhaps a damaged one, and nothing else."""
    if not Path(path).is_dir():
        return False
    names = {each.name for each in Path(path).iterdir()}
    return has_model_card(Path(path)) or (bool(names) and names <= _NAMES)


def check_export(path: str | Path) -> None:
    """Raises DamagedFile if a file of an export has changed since it was written."""
    path = Path(path)
    card = read_object(path / CARD, {"made_by": str, "files": dict}, _REMEDY)
    digests = card.get("digests", {})
    for name, size in card["files"].items():
        file = path / name
        with reading(file, _REMEDY):
            if file.stat().st_size != size or digests.get(name, "") not in ("", digest_of(file)):
                raise ValueError("its bytes have changed since it was exported")


def size_of(path: Path) -> int:
    """Returns the bytes of a file, or of all files in a folder."""
    if path.is_file():
        return path.stat().st_size
    return sum(each.stat().st_size for each in path.rglob("*") if each.is_file())


def _check_replaceable(path: Path):
    if path.is_dir():
        names = {each.name for each in path.iterdir()}
        if names and not names <= _BUNDLE and not has_model_card(path):
            raise ExportError(
                f"'{path}' holds files that no export made. "
                "Choose an empty or new folder, or remove this one first."
            )
    elif path.exists():
        raise ExportError(f"'{path}' is a file; an export is a folder. Choose another name.")


def _write_error(folder, problem) -> ExportError:
    return ExportError(
        f"Cannot write to '{folder}' ({problem}). Make room, or choose another folder."
    )
