"""Reads the bytes of a file: on disk, at a URL, compressed or not."""

import bz2
import glob
import gzip
import io
import lzma
import os
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from attn_tuner.errors import DataError, need

COMPRESSIONS = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}
STANDARD_INPUT = "-"
_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://.+")
_ANY = frozenset("*?[")
_PRIVATE = ("__MACOSX/", ".")  # Entries that macOS adds to a zip file.


def is_url(source: Any) -> bool:
    """Checks for a URL, such as `https://host/reviews.csv` or `s3://bucket/reviews.csv`."""
    return isinstance(source, str) and bool(_URL.fullmatch(source))


def is_pattern(source: Any) -> bool:
    """Checks for a pattern such as `part-*.csv` that is not itself the name of a file."""
    # The question mark of a URL begins its query.
    marks = _ANY - {"?"} if is_url(source) else _ANY
    return isinstance(source, str | Path) and bool(marks & {*str(source)}) and not exists(source)


def exists(source: Any) -> bool:
    """Checks for a file on disk; `~` is the home directory."""
    try:
        return not is_url(source) and local(source).is_file()
    except (OSError, ValueError):  # Longer than a name may be, or with a null in it.
        return False


def is_folder(source: Any) -> bool:
    """Checks for a folder on disk."""
    try:
        return not is_url(source) and os.path.isdir(local(source))
    except (OSError, ValueError):
        return False


def local(source: str | Path) -> Path:
    """Returns the path with `~` replaced by the home directory."""
    try:
        return Path(source).expanduser()
    except (RuntimeError, ValueError):  # There is no such user, or a null in the name.
        return Path(source)


def file_name(source: str | Path) -> str:
    """Returns the name of a file without its folder: `a.csv` of `https://host/a.csv?raw=1`."""
    if is_url(source):
        return PurePosixPath(re.split(r"[?#]", str(source))[0]).name or str(source)
    return local(source).name


def suffix_of(source: str | Path) -> str:
    """Returns the suffix that tells the format of a table: `.csv` of `a.csv.gz` and `a.csv.zip`."""
    suffixes = [each.lower() for each in PurePosixPath(file_name(source)).suffixes]
    if suffixes and suffixes[-1] in COMPRESSIONS:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def matches(pattern: str | Path) -> list[str]:
    """Returns the files that a pattern names, sorted.

    Raises:
        DataError: the pattern is a URL that cannot be listed.
    """
    if not is_url(pattern):
        try:
            found = glob.glob(str(local(pattern)), recursive=True)
        except (OSError, ValueError):  # A null, or a name that is too long.
            return []
        return sorted(each for each in found if exists(each))
    fsspec = need("fsspec", "remote")
    try:
        return sorted(file.full_name for file in fsspec.open_files(str(pattern), "rb"))
    except Exception as error:  # What a file system raises is its own.
        raise _unread(str(pattern), error) from error


def read_bytes(source: str | Path) -> bytes:
    """Reads a file or URL, decompressed if its suffix says that it is compressed.

    Raises:
        DataError: it cannot be read, or is not packed as its name says.
        MissingExtra: a URL needs fsspec, which is not installed.
    """
    name = file_name(source)
    return unpacked(name, _remote(source) if is_url(source) else _on_disk(local(source)))


def unpacked(name: str, data: bytes) -> bytes:
    """Returns the bytes decompressed as the suffix of their file says.

    Raises:
        DataError: they are not packed as the name says.
    """
    unpack = COMPRESSIONS.get(PurePosixPath(name).suffix.lower())
    try:
        return unpack(data) if unpack else data
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise DataError(f"{name} cannot be decompressed: {error}. Compress it again.") from error


def unzipped(name: str, data: bytes) -> tuple[str, bytes]:
    """Returns name and bytes of the one file in a zip file.

    Raises:
        DataError: it is no zip file, is encrypted, or does not hold exactly one file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inner = [
                each
                for each in archive.infolist()
                if not each.is_dir() and not each.filename.startswith(_PRIVATE)
            ]
            if len(inner) != 1:
                listed = ", ".join(each.filename for each in inner[:5]) or "none"
                raise DataError(
                    f"{name} holds {len(inner)} files: {listed}. It should hold one table. "
                    "Unzip it, and give one file or a pattern such as 'folder/*.csv'."
                )
            return PurePosixPath(inner[0].filename).name, archive.read(inner[0])
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, zlib.error, EOFError) as error:
        raise DataError(f"{name} cannot be unzipped: {error}. Zip it again.") from error


def _on_disk(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise DataError(f"The file {path} cannot be read: {said}.") from error


def _remote(url: str) -> bytes:
    fsspec = need("fsspec", "remote")
    try:
        with fsspec.open(url, "rb") as file:
            return file.read()
    except Exception as error:  # What a file system raises is its own.
        raise _unread(url, error) from error


def _unread(url: str, error: Exception) -> DataError:
    lines = str(error).strip().splitlines()
    said = (lines[0] if lines else type(error).__name__).rstrip(".")
    hint = " Try: pip install 'attn-tuner[remote]'." if isinstance(error, ImportError) else ""
    return DataError(f"{url} cannot be read: {said[:200]}.{hint}")
