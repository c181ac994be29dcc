"""Writes files and folders atomically: a reader never sees half, even after a kill.

What is being written lies in a draft, a folder `.NAME.*.part` beside the final path. No other
module of the package makes temporary names.
"""

import contextlib
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from attn_tuner.errors import DamagedFile, RunError, Unwritable

COPY = "Put back a copy, or start in another folder."

try:
    import fcntl
except ImportError:  # Windows, where a draft that is still being written cannot be told.
    fcntl = None

_ENDING = ".part"
_NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC))
_TAKEN = -1  # Instead of the descriptor, for a lock that another process holds.


def is_draft(path: str | Path) -> bool:
    """Returns whether a path has the name of a draft."""
    name = Path(path).name
    return name.startswith(".") and name.endswith(_ENDING)


@contextlib.contextmanager
def draft(path: str | Path) -> Iterator[Path]:
    """Makes an empty folder `.NAME.*.part` beside `path`, and removes it after the block.

    The process holds a lock on it, so that `remove_parts` of another process leaves it alone.
    """
    path = Path(path)
    while True:
        # A folder, since NumPy and Keras tell a file's format by its whole name.
        folder = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.", suffix=_ENDING))
        lock = _locked(folder, wait=True)
        if folder.exists():
            break
        _let_go(lock)  # It was taken for a left one before it was locked.
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _let_go(lock)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Makes an empty folder in the system's temporary folder, and removes it after the block."""
    with tempfile.TemporaryDirectory(prefix="attn-tuner.", suffix=_ENDING) as folder:
        yield Path(folder)


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Turns an OSError in the block into one that names the path.

    Raises:
        Unwritable: the folder is missing, may not be written, or its disk is full.
    """
    try:
        yield
    except OSError as error:
        raise Unwritable(f"{path} cannot be written: {error.strerror or error}.") from error


def unwritable(error: BaseException) -> Unwritable | None:
    """Returns the error as `Unwritable` where a disk is full or protected; else None."""
    if isinstance(error, Unwritable):
        return error
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return Unwritable(f"{error.filename or 'A file'} cannot be written: {error.strerror}.")
    return None


def raise_unwritable(error: BaseException) -> None:
    """Raises `Unwritable` where the error says that a disk is full or protected."""
    if problem := unwritable(error):
        raise problem from error


def write_whole(path: str | Path, write: Callable[[Path], object]) -> None:
    """Calls `write(temporary path)`, flushes it to the disk, and renames it to `path`.

    The temporary path ends in the same name, in a draft beside it.

    Raises:
        Unwritable: the folder is missing, may not be written, or its disk is full.
    """
    path = Path(path)
    with writing(path), draft(path) as folder:
        temporary = folder / path.name
        write(temporary)
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())
        os.replace(temporary, path)


@contextlib.contextmanager
def new_folder(path: str | Path, replaces: bool = True) -> Iterator[Path]:
    """Makes an empty folder to write into, and renames it to `path` when the block succeeds.

    Args:
        path: the folder. One that is already there stays until then.
        replaces: whether to replace one that is there; if not, that one stays.

    Raises:
        Unwritable: the folder around it is missing, may not be written, or its disk is full.
    """
    path = Path(path)
    with writing(path), draft(path) as folder:
        yield folder
        folder.chmod(0o777 & ~umask())  # It was made readable by its owner alone.
        if not path.exists():
            folder.rename(path)
        elif replaces:
            with draft(path) as former:
                path.rename(former / path.name)
                folder.rename(path)


def reserve(path: str | Path, size: int) -> None:
    """Raises OSError where a file of so many bytes cannot be written at `path`.

    This is for libraries that crash on a full disk.
    """
    if not hasattr(os, "posix_fallocate"):  # macOS, Windows.
        if shutil.disk_usage(Path(path).parent).free < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return
    with draft(path) as folder, open(folder / "room", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(size, 1))


def write_text(path: str | Path, text: str) -> None:
    """Writes a text file in UTF-8, whole or not at all."""
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_json(path: str | Path, value: object) -> None:
    """Writes a JSON file, whole or not at all."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1))


def remove_parts(folder: str | Path) -> None:
    """Removes the drafts that killed processes left in the folder and below."""
    for left in Path(folder).glob(f"**/.*{_ENDING}"):
        lock = _locked(left, wait=False)
        if lock is not _TAKEN:
            shutil.rmtree(left, ignore_errors=True)
            _let_go(lock)


def read_json(path: str | Path) -> Any:
    """Reads a JSON file.

    Raises:
        DamagedFile: it is missing or not JSON.
        RunError: it cannot be read.
    """
    path = Path(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DamagedFile(path, f"cannot be read: {error.strerror}", COPY) from error
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        empty = "is empty" if not path.stat().st_size else f"is not whole JSON ({error})"
        raise DamagedFile(path, empty, f"It was truncated or changed. {COPY}") from error


def umask() -> int:
    """Returns the umask of this process."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _locked(folder: Path, wait: bool) -> int | None:
    """Locks a folder and returns the descriptor; None where there are no locks, or `_TAKEN`."""
    if fcntl is None:
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return descriptor
    except BlockingIOError:
        os.close(descriptor)
        return _TAKEN
    except OSError:  # A file system without locks.
        os.close(descriptor)
        return None


def _let_go(lock: int | None):
    if lock is not None:
        os.close(lock)
