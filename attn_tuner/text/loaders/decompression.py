"""Reads the bytes of a file, decompresses and decodes them."""

import bz2
import codecs
import gzip
import lzma
import zlib
from pathlib import Path

from attn_tuner.errors import DataError

COMPRESSIONS = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress}

# UTF-32 comes first, as its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_decompressed(path: Path) -> bytes:
    """Reads a file, decompressed if its suffix says that it is compressed.

    Raises:
        DataError: it cannot be read, or is not packed as its name says.
    """
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise DataError(f"The file {path} cannot be read: {said}.") from error
    unpack = COMPRESSIONS.get(path.suffix.lower())
    try:
        return unpack(data) if unpack else data
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise DataError(
            f"{path.name} cannot be decompressed: {error}. Compress it again."
        ) from error


def decode_text(name: str, data: bytes) -> str:
    """Decodes UTF-8, or the encoding of the byte order mark, which is removed.

    Raises:
        DataError: it is not; names the line.
    """
    encoding = next((each for mark, each in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        start = min(error.start, len(data) - 1)
        line = data.count(b"\n", 0, start) + 1
        called = "UTF-8" if encoding.startswith("utf-8") else encoding.upper()
        raise DataError(
            f"Line {line} of {name} is not {called} (byte 0x{data[start]:02x}). "
            "Convert the file to UTF-8 first."
        ) from None
