"""The attention weights of the steps of series, and how much lies on steps known to decide."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np

from attn_tuner.attention import Head
from attn_tuner.attention.placed_weights import with_attention
from attn_tuner.exporting.bundle import bucket_length
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.inputs.dataset import Part
from attn_tuner.series.batches import padded
from attn_tuner.series.sensor_demo import mass_on

BATCH = 64
BATCH_STEPS = 65_536  # Long series go in smaller batches: weights are placed by a matrix.


class SeriesAttention:
    """Answers series with the attention weights of their steps: `SeriesAttention(bundle)(series)`.

        a_t = mean_r a_rt            over the rows r, each a hop of a head of a member

    Args:
        bundle: the model; without an attention head there are no weights.
    """

    def __init__(self, bundle: SeriesBundle):
        self.bundle = bundle
        self.has_weights = any(isinstance(layer, Head) for layer in bundle.model.layers)
        self._outputs = with_attention(bundle.model)

    def __call__(self, series: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        """Predicts series.

        Args:
            series: arrays `(steps, features)`, as `bundle.inputs` returns them.

        Returns:
            Answers `(series, columns)`, and for each series its weights `(steps,)`: 0 at steps
            that are cut, none at all without a head.
        """
        answers = np.zeros((len(series), self.bundle.width), "float32")
        weights = [np.zeros(0, "float32")] * len(series)
        for chosen in series_batches([len(each) for each in series]):
            some = [series[each] for each in chosen]
            batch = padded(some, bucket_length(max(map(len, some))))
            given = self._outputs.predict_on_batch(batch)
            given = {name: keras.ops.convert_to_numpy(each) for name, each in given.items()}
            answers[chosen] = self.bundle.columns(given["probabilities"])
            if self.has_weights:
                for each, rows in zip(chosen, given["weights"].mean(axis=1), strict=True):
                    weights[each] = rows[: len(series[each])]
        return answers, weights


def series_batches(lengths: Sequence[int]) -> Iterator[np.ndarray]:
    """Yields the indices of series of similar length, the longest first.

    Args:
        lengths: steps of each series.
    """
    order = np.argsort(-np.asarray(lengths), kind="stable")
    start = 0
    while start < len(order):
        size = max(1, min(BATCH, BATCH_STEPS // lengths[order[start]]))
        yield order[start : start + size]
        start += size


def measure_spans(bundle: Any, part: Part) -> dict | None:
    """Measures the attention on the steps that decide; see `series.sensor_demo.mass_on`.

    Args:
        bundle: the model of the search, of any kind of input.
        part: inputs of that kind; series may have `spans`.

    Returns:
        `mass`, the mean share of the attention on the spans; `even`, that of even attention;
        `inputs`, how many series were read. None where no spans are known, or without a head.
    """
    if part.spans is None:
        return None
    attention = SeriesAttention(bundle)
    if not attention.has_weights:
        return None
    _, weights = attention(part.inputs)
    spans = [(int(start), int(end)) for start, end in part.spans]
    even = [np.ones(len(each)) for each in part.inputs]
    return {
        "mass": float(mass_on(spans, weights).mean()),
        "even": float(mass_on(spans, even).mean()),
        "inputs": len(part.inputs),
    }
