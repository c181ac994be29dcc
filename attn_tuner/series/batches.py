"""Makes batches of series of similar length, padded with NaN."""

import numpy as np

from attn_tuner.inputs.batches import LengthBatches


class SeriesBatches(LengthBatches):
    """Yields every series of a `SeriesStore`; arguments as of `LengthBatches`.

    A batch has raw numbers `(batch, steps, features)` float32: NaN where a value is missing, and in
    all features behind the last step of a series. The model scales them itself.
    """

    def inputs_of(self, chosen: np.ndarray) -> np.ndarray:
        there, places = self.places_of(chosen)
        found = np.full((*there.shape, self.store.values.shape[1]), np.nan, "float32")
        found[there] = self.store.values[places[there]]
        return found


def padded(series: list[np.ndarray], steps: int | None = None) -> np.ndarray:
    """Pads series with NaN to one length: `(series, steps, features)` float32.

    Args:
        series: arrays `(steps, features)`.
        steps: int, length; that of the longest if not given.
    """
    longest = steps or max((len(each) for each in series), default=1)
    found = np.full((len(series), longest, series[0].shape[1]), np.nan, "float32")
    for row, each in zip(found, series, strict=True):
        row[: len(each)] = each
    return found
