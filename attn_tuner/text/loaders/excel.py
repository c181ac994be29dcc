"""Reads spreadsheets."""

import io
import zipfile

from attn_tuner.errors import DataError, need
from attn_tuner.text.loaders.base import ReadOptions, Table, loaders
from attn_tuner.text.loaders.files import FileFormat


@loaders.register("excel")
class ExcelLoader(FileFormat):
    """Takes an .xlsx file; its first sheet is read. Needs the extra 'excel'."""

    suffixes = (".xlsx", ".xlsm")

    def parse(self, name: str, data: bytes, options: ReadOptions) -> Table:
        need("openpyxl", "excel")
        import pandas

        header = None if options.header is False else 0
        try:
            with pandas.ExcelFile(io.BytesIO(data), engine="openpyxl") as book:
                sheets = [str(each) for each in book.sheet_names]
                # Only an empty cell is missing: a text may well be "NA".
                found = pandas.read_excel(
                    book, header=header, dtype=object, keep_default_na=False, na_values=[""]
                )
        except (ValueError, KeyError, OSError, TypeError, zipfile.BadZipFile) as error:
            first = (str(error).splitlines() or [type(error).__name__])[0]
            raise DataError(
                f"{name} is not a spreadsheet that can be read: {first}. Save it as .xlsx or .csv."
            ) from error
        notes = ()
        if sheets[1:]:
            others = ", ".join(f"'{each}'" for each in sheets[1:6])
            notes = (f"Of {name} the first sheet, '{sheets[0]}', was read; not read: {others}.",)
        columns = list(found.columns)
        if header is None:
            columns = [f"column_{place + 1}" for place in columns]
        rows = found.to_numpy().tolist()
        return Table.of_rows(name, columns, rows, positional=header is None, notes=notes)
