"""Reads Parquet files."""

import io

from attn_tuner.text.loaders.arrow import read_arrow
from attn_tuner.text.loaders.base import ReadOptions, Table, loaders
from attn_tuner.text.loaders.files import FileFormat


@loaders.register("parquet")
class ParquetLoader(FileFormat):
    """Takes a .parquet file."""

    suffixes = (".parquet", ".pq")

    def parse(self, name: str, data: bytes, options: ReadOptions) -> Table:
        from pyarrow import parquet

        return read_arrow(name, "Parquet", lambda: parquet.read_table(io.BytesIO(data)))
