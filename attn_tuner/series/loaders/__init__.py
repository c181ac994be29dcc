"""Readers of series: one file for each kind of source, each with one function.

from_arrays(series, labels)                      arrays and lists of arrays
from_table(source, id="id", time="time")         a row for each step, CSV or Parquet
from_ts(path)                                    a .ts file of the UCR/UEA archive
cut_windows(values, window=48, horizon=24)       one long series, for forecasts
"""

from attn_tuner.series.loaders.arrays import from_arrays
from attn_tuner.series.loaders.long_table import from_table
from attn_tuner.series.loaders.tf_data import from_tf_data
from attn_tuner.series.loaders.ts_file import from_ts
from attn_tuner.series.loaders.windows import cut_windows

__all__ = ["cut_windows", "from_arrays", "from_table", "from_tf_data", "from_ts"]
