"""Reads tables of polars, pyarrow and other libraries, through narwhals or Arrow."""

from typing import Any

import narwhals

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import ReadOptions, Table, distinct_columns, loaders
from attn_tuner.text.loaders.dataframe import is_pandas
from attn_tuner.text.loaders.hugging_face import is_hugging_face

_ARROW = "__arrow_c_stream__"  # The Arrow PyCapsule interface.
_INTERCHANGE = "__dataframe__"  # The older DataFrame interchange protocol.


@loaders.register("other_frames")
class OtherFramesLoader:
    """Takes a table of polars, pyarrow, Modin, DuckDB, ..., or what exports one as Arrow."""

    def accepts(self, source: Any) -> bool:
        return is_other_frame(source)

    def read(self, source: Any, options: ReadOptions) -> Table:
        name = f"the {type(source).__module__.split('.')[0]} {type(source).__name__}"
        try:
            frame = _frame(source)
            columns = distinct_columns(name, frame.columns)
            train = {each: frame[each].to_list() for each in columns}
        except DataError:
            raise
        except Exception as error:  # A foreign library raises its own.
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise DataError(
                f"The columns of {name} cannot be read: {first[:200]}. Convert it to a pandas "
                "DataFrame or a dict of lists."
            ) from error
        return Table(name, {"train": train})


def is_other_frame(source: Any) -> bool:
    """Checks for a table that is neither of pandas nor of Hugging Face."""
    if is_pandas(source) or is_hugging_face(source) or isinstance(source, type):
        return False
    if narwhals.dependencies.is_into_dataframe(source):
        return True
    if narwhals.dependencies.is_into_lazyframe(source):
        return True
    # A single column has the interface as well.
    named = hasattr(source, "columns") or hasattr(source, "column_names")
    return hasattr(source, _INTERCHANGE) or (hasattr(source, _ARROW) and named)


def _frame(source: Any) -> narwhals.DataFrame:
    known = narwhals.dependencies
    if known.is_into_dataframe(source) or known.is_into_lazyframe(source):
        frame = narwhals.from_native(source)
        return frame.collect() if isinstance(frame, narwhals.LazyFrame) else frame
    import pyarrow

    if hasattr(source, _ARROW):
        return narwhals.from_native(pyarrow.table(source))
    from pyarrow import interchange

    return narwhals.from_native(interchange.from_dataframe(source))
