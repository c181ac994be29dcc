"""Decodes the bytes of a text file."""

import codecs

from charset_normalizer import from_bytes

from attn_tuner.errors import DataError

# UTF-32 comes first, as its mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 40_000  # Bytes by which an encoding is recognised.
_MIN_LETTERS = 3  # Bytes beyond ASCII without which any encoding would do.
_WESTERN = "cp1252"
_CENTRAL = {"Polish", "Czech", "Slovak", "Hungarian", "Croatian", "Slovene", "Romanian"}


def decode_text(name: str, data: bytes, encoding: str | None = None) -> tuple[str, tuple[str, ...]]:
    """Decodes a text file; a byte order mark is removed.

    Args:
        name: str, name of the file in messages.
        data: its bytes.
        encoding: str, its encoding. If None, that of the byte order mark, else UTF-8, else the one
            that `charset_normalizer` recognises.

    Returns:
        The text, and sentences on how it was read.

    Raises:
        DataError: the bytes are not in that encoding, or none is recognised; names the line.
    """
    marked = next((each for mark, each in _MARKS if data.startswith(mark)), None)
    tried = encoding or marked or "utf-8"
    if encoding and marked and codecs.lookup(encoding) == codecs.lookup("utf-8"):
        tried = "utf-8-sig"
    try:
        return data.decode(tried).removeprefix("\ufeff"), ()
    except UnicodeDecodeError as error:
        found = None if encoding or marked else recognise(data)
        if found is None:
            raise DataError(_not_decoded(name, data, tried, error)) from None
    return data.decode(found), (
        f"{name} is not UTF-8; it was read as {found}. If its letters are wrong, say encoding=.",
    )


def recognise(data: bytes) -> str | None:
    """Returns the encoding that the bytes are probably in, or None.

    Bytes of Western European languages fit many code pages, which differ in rare letters. Of those
    cp1252 is taken, unless the language recognised is one of Central Europe.
    """
    if sum(byte > 127 for byte in data[:_SAMPLE]) + sum(byte > 127 for byte in data[-_SAMPLE:]) < (
        _MIN_LETTERS
    ):
        return None
    sample = _telling(data)
    best = from_bytes(sample).best()
    if best is None:
        return None
    western = any(name in best.alphabets for name in ("Latin-1 Supplement", "Latin Extended-A"))
    order = [best.encoding]
    if western and best.language not in _CENTRAL and not best.multi_byte_usage:
        order.insert(0, _WESTERN)
    for encoding in order:
        try:
            data.decode(encoding)
            return encoding
        except (UnicodeDecodeError, LookupError):
            continue
    return None


def _telling(data: bytes) -> bytes:
    """Returns the lines that are not ASCII, up to a length; in a wide encoding the beginning."""
    if b"\0" in data[:_SAMPLE]:
        return data[:_SAMPLE]
    kept, size = [], 0
    for line in data.splitlines(keepends=True):
        if not line.isascii():
            kept.append(line)
            size += len(line)
        if size > _SAMPLE:
            break
    return b"".join(kept)[: 2 * _SAMPLE]


def _not_decoded(name: str, data: bytes, encoding: str, error: UnicodeDecodeError) -> str:
    start = min(error.start, len(data) - 1)
    line = data.count(b"\n", 0, start) + 1
    called = "UTF-8" if encoding.startswith("utf-8") else encoding.upper()
    return (
        f"Line {line} of {name} is not {called} (byte 0x{data[start]:02x}). Say its encoding, such "
        "as encoding='cp1252', or convert it to UTF-8."
    )
