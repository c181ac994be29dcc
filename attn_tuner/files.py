"""Files written whole: a reader, or a process killed in the middle, never meets half of one."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from attn_tuner.errors import RunError


def write_whole(path, write: Callable):
    """Calls `write(temporary path)`, flushes it to the disk, and renames it to `path`.

    Raises:
        RunError: the folder is missing, may not be written, or its disk is full.
    """
    path = Path(path)
    try:
        _write(path, write)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror or error}.") from error


def _write(path, write):
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix="".join(path.suffixes))
    os.close(handle)
    try:
        write(Path(name))
        with open(name, "rb") as written:
            os.fsync(written.fileno())
        os.chmod(name, 0o666 & ~umask())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path, value):
    text = json.dumps(value, ensure_ascii=False, indent=1)
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_json(path):
    """What `write_json` wrote; RunError names a file that is missing or is not JSON."""
    path = Path(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise RunError(
            f"{path} is not whole JSON ({error}). It was cut short or written by something else; "
            "put back a copy, or start in another folder."
        ) from error


def umask() -> int:
    """The permissions that new files of this process do without."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
