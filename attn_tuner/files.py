"""Files written whole: a reader, or a process killed in the middle, never meets half of one."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from attn_tuner.errors import DamagedFile, RunError

COPY = "Put back a copy, or start in another folder."


def write_whole(path, write: Callable):
    """Calls `write(temporary path)`, flushes it to the disk, and renames it to `path`.

    The temporary path ends in the same name, in a folder `.NAME.*.part` beside it. A process that
    is killed may leave one behind: see `remove_parts`.

    Raises:
        RunError: the folder is missing, may not be written, or its disk is full.
    """
    path = Path(path)
    try:
        _write(path, write)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror or error}.") from error


def _write(path, write):
    # A folder, since NumPy and Keras tell a file's format by its whole name.
    folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part"))
    try:
        temporary = folder / path.name
        write(temporary)
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_text(path, text: str):
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path, value):
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1))


def remove_parts(folder):
    """Removes what killed processes left half written anywhere in the folder."""
    for left in Path(folder).glob("**/.*.part"):
        shutil.rmtree(left, ignore_errors=True)


def read_json(path):
    """What `write_json` wrote; DamagedFile, a RunError, names a file that is missing or no JSON."""
    path = Path(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DamagedFile(path, f"cannot be read: {error.strerror}", COPY) from error
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        empty = "is empty" if not path.stat().st_size else f"is not whole JSON ({error})"
        raise DamagedFile(path, empty, f"It was cut short or changed. {COPY}") from error


def umask() -> int:
    """The permissions that new files of this process do without."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
