"""Reads Arrow files and streams, Feather among them."""

import io
from collections.abc import Callable
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import ReadOptions, Table, loaders
from attn_tuner.text.loaders.files import FileFormat

_FILE_MARK = b"ARROW1"  # Of an Arrow file; a stream has none.
_FEATHER_1 = b"FEA1"


@loaders.register("arrow")
class ArrowLoader(FileFormat):
    """Takes an .arrow or .feather file, or a stream in Arrow's IPC format."""

    suffixes = (".arrow", ".feather", ".ipc")

    def parse(self, name: str, data: bytes, options: ReadOptions) -> Table:
        from pyarrow import feather, ipc

        def read():
            if data.startswith((_FILE_MARK, _FEATHER_1)):
                return feather.read_table(io.BytesIO(data))
            return ipc.open_stream(data).read_all()

        return read_arrow(name, "Arrow", read)


def read_arrow(name: str, format: str, read: Callable[[], Any]) -> Table:
    """Returns the columns of a `pyarrow.Table`.

    Args:
        name: str, name of the file in messages.
        format: str, its format in messages.
        read: returns the `pyarrow.Table`.

    Raises:
        DataError: pyarrow cannot read it.
    """
    import pyarrow

    try:
        table = read()
        columns = [column.to_pylist() for column in table.columns]
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{name} is not a {format} file that can be read: {first}.") from error
    return Table.of_rows(name, table.column_names, zip(*columns, strict=True))
