"""Reads files and checks them: a damaged one raises `DamagedFile`.

A file must hold what it should (an object with certain keys, an array of a certain shape). Where
bytes may change without that, it is sealed with a digest:

    write_whole(path, lambda temporary: sealed(np.save, temporary, array))
    array = read_array(path, shape=(len(labels), None))
"""

import errno
import hashlib
import json
import math
import types
import typing
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, fields
from pathlib import Path

import numpy as np

from attn_tuner.errors import DamagedFile, MissingExtra, RunError
from attn_tuner.storage.atomic_files import COPY, read_json

AGAIN = "Run the same search on this folder again; it writes the file again."
Table = typing.TypeVar("Table")
_SEAL, _DIGEST = b"\nsealed:", 16  # Behind the end of a file, where NumPy and HDF5 do not look.
# An OSError with another number says that the file is out of reach, not that it is damaged.
_OF_CONTENT = (None, 0, errno.ENOENT, errno.EINVAL, errno.ENOTDIR, errno.EISDIR)


@contextmanager
def reading(path: str | Path, remedy: str = COPY) -> Iterator[None]:
    """Turns what reading `path` in the block raises into `DamagedFile`.

    Args:
        path: the file that is read.
        remedy: sentences on what to do about it.

    Raises:
        RunError: the file cannot be read; that does not mean that it is damaged.
    """
    try:
        yield
    except DamagedFile as error:
        raise DamagedFile(error.path, error.problem, remedy) from error
    except (MissingExtra, RunError):
        raise
    except Exception as error:  # Libraries raise what they like over bytes they do not expect.
        if isinstance(error, OSError) and error.errno not in _OF_CONTENT:
            raise RunError(f"{path} cannot be read: {error.strerror}.") from error
        raise DamagedFile(path, _problem(Path(path), error), remedy) from error


def read_object(path: str | Path, kinds: Mapping | None = None, remedy: str = COPY) -> dict:
    """Reads a JSON object.

    Args:
        path: the file.
        kinds: keys that it must hold, with their types as in annotations: `list[str]`.
        remedy: what to do about a damaged file.
    """
    with reading(path, remedy):
        table = read_json(path)
        check_kinds(table, kinds or {})
        return table


def read_dataclass(
    kind: type[Table],
    path: str | Path,
    remedy: str = COPY,
    former: Mapping[str, str] = types.MappingProxyType({}),
) -> Table:
    """Reads the dataclass whose fields the JSON object at `path` holds.

    Args:
        kind: the dataclass. Each value must be of the annotated type of its field.
        path: the file.
        remedy: what to do about a damaged file.
        former: names of keys in earlier versions, to those of today.
    """
    with reading(path, remedy):
        table = read_json(path)
        check_kinds(table, {})
        table = {former.get(name, name): value for name, value in table.items()}
        hints = typing.get_type_hints(kind)
        needed = {
            each.name
            for each in fields(typing.cast(typing.Any, kind))
            if each.default is MISSING and each.default_factory is MISSING
        }
        kinds = {name: hint for name, hint in hints.items() if name in needed or name in table}
        check_kinds(table, kinds)
        if unknown := set(table) - set(hints):
            raise ValueError(f"'{sorted(unknown)[0]}' is known to no version up to this one")
        return kind(**{name: _as(value, hints[name]) for name, value in table.items()})


def read_array(path: str | Path, shape: tuple | None = None, remedy: str = COPY) -> np.ndarray:
    """Reads a `.npy` file, sealed or not.

    Args:
        path: the file.
        shape: the shape that it must have, with None for any length; not checked if not given.
        remedy: what to do about a damaged file.
    """
    with reading(path, remedy):
        check_seal(path)
        with open(path, "rb") as file:
            if file.read(6) != b"\x93NUMPY":
                raise ValueError("it is no array of NumPy")
        array = np.load(path, allow_pickle=False)
        wanted = array.shape if shape is None else tuple(shape)
        if len(wanted) != array.ndim or any(
            want not in (None, have) for want, have in zip(wanted, array.shape, strict=True)
        ):
            raise ValueError(f"its array has the shape {array.shape}")
        return array


def read_arrays(
    path: str | Path, names: Iterable[str] = (), remedy: str = COPY
) -> dict[str, np.ndarray]:
    """Reads all arrays of a `.npz` file, which must hold those named."""
    with reading(path, remedy):
        if not zipfile.is_zipfile(path):
            raise ValueError("it is no archive of arrays")
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        if lacking := [name for name in names if name not in found]:
            raise ValueError(f"it has no '{lacking[0]}'")
        return found


def sealed(write: Callable, path: str | Path, *given: object) -> None:
    """Calls `write(path, *given)` and seals the file, so that later changes are noticed."""
    write(path, *given)
    digest = _digest(path, None)
    with open(path, "ab") as file:
        file.write(_SEAL + digest)


def check_seal(path: str | Path) -> None:
    """Raises ValueError where a sealed file has changed. A file without a seal passes."""
    length = len(_SEAL) + _DIGEST
    size = Path(path).stat().st_size
    if size < length:
        return
    with open(path, "rb") as file:
        file.seek(size - length)
        end = file.read()
    # A seal may be damaged itself. Other bytes agree with half of it once in 10^8 files.
    alike = sum(map(int.__eq__, end, _SEAL))
    if 2 * alike < len(_SEAL):
        return
    if alike < len(_SEAL) or end[len(_SEAL) :] != _digest(path, size - length):
        raise ValueError("its bytes have changed since it was written")


def digest_of(path: str | Path) -> str:
    """Returns 32 hex digits that stand for the bytes of a file."""
    return _digest(path, None).hex()


def check_kinds(table: object, kinds: Mapping) -> None:
    """Raises ValueError unless the JSON value is an object with these keys, of these types."""
    if not isinstance(table, dict):
        raise ValueError(f"it is {json.dumps(table)[:40]} and no object")
    for name, kind in kinds.items():
        if name not in table:
            raise ValueError(f"it has no '{name}'")
        if not is_a(table[name], kind):
            raise ValueError(f"its '{name}' is {json.dumps(table[name])[:40]}")


def is_a(value: object, kind: object) -> bool:
    """Returns whether a JSON value is of an annotated type: `dict[str, float] | None`."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if kind is typing.Any:
        return True
    if origin in (typing.Union, types.UnionType):
        return any(is_a(value, each) for each in inner)
    if kind is type(None):
        return value is None
    if origin in (list, tuple) or kind in (list, tuple):
        return isinstance(value, list) and all(is_a(each, inner[0]) for each in value if inner)
    if origin is dict or kind is dict:
        return isinstance(value, dict) and all(
            is_a(each, inner[1]) for each in value.values() if inner
        )
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    if kind is float:
        return isinstance(value, int | float)
    return isinstance(value, typing.cast(type, kind))


def finite(value: object) -> bool:
    """Returns whether a JSON value is a finite number."""
    return isinstance(value, int | float) and is_a(value, float) and math.isfinite(value)


def _as(value, kind):
    return tuple(value) if (typing.get_origin(kind) or kind) is tuple else value


def _digest(path, size) -> bytes:
    """Of the first `size` bytes of the file, or of all."""
    digest = hashlib.blake2b(digest_size=_DIGEST)
    left = Path(path).stat().st_size if size is None else size
    with open(path, "rb") as file:
        while left and (piece := file.read(min(left, 1 << 20))):
            digest.update(piece)
            left -= len(piece)
    return digest.digest()


def _problem(path: Path, error: Exception) -> str:
    if not path.exists():
        return "is missing"
    if path.is_file() and not path.stat().st_size:
        return "is empty"
    said = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
    return f"does not hold what it should ({said[:160]})"
