"""Limits what a model may cost: weights, bytes and milliseconds.

allowed = Constraints(parameters=2_000_000, latency_ms=20, size_mb=10)
reason = allowed.refusal(model)                  # "3,100,000 weights; at most 2,000,000 ..."
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.layers.embedding_tables import embedding_tables

REPEATS = 50
WEIGHT_BYTES = 4  # Of a weight outside the embeddings in an export.
# Of a number of an embedding, and of the scale of a row, in an export that is shrunk to 4 bits.
NUMBER_BYTES, SCALE_BYTES = 0.5, 4
SIZED_BYTES = 1  # Of a weight, by which the space sizes its tables.


@dataclass(frozen=True)
class Constraints:
    """The limits that a user set; None for no limit.

    Args:
        parameters: int, maximum number of weights.
        latency_ms: float, maximum milliseconds for one text, median of 50 on this machine.
        size_mb: float, maximum size of an artefact in megabytes (10^6 bytes).
    """

    parameters: int | None = None
    latency_ms: float | None = None
    size_mb: float | None = None

    def __post_init__(self) -> None:
        for name in ("parameters", "latency_ms", "size_mb"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise SpaceError(f"The limit on {name} must be above 0; got {value!r}.")

    def __bool__(self) -> bool:
        return self != Constraints()

    def most_weights(self) -> float | None:
        """Returns the number of weights within both limits on size; None without either."""
        limits = [self.parameters, self.size_mb and 1e6 * self.size_mb / SIZED_BYTES]
        return min((each for each in limits if each is not None), default=None)

    def refusal(self, model: keras.Model, latency: float | None = None) -> str | None:
        """Returns which limit a model breaks before it is trained, or None.

        Args:
            model: the built model.
            latency: float, from `latency_ms`; needed only if latency is limited.
        """
        megabytes = least_bytes(model) / 1e6
        return (
            self._above("parameters", model.count_params(), "weights", ",")
            or self._above("size_mb", megabytes, "megabytes of weights", ".1f")
            or self._too_slow(latency)
        )

    def broken(self, parameters: int, size_mb: float, latency_ms: float) -> str | None:
        """Returns which limit a finished artefact breaks, or None."""
        return (
            self._above("parameters", parameters, "weights", ",")
            or self._above("size_mb", size_mb, "megabytes", ".1f")
            or self._too_slow(latency_ms)
        )

    def _too_slow(self, found: float | None) -> str | None:
        return self._above("latency_ms", found, "ms for one text", ".1f")

    def _above(self, name: str, found: float | None, unit: str, form: str) -> str | None:
        limit = getattr(self, name)
        if limit is None or found is None or found <= limit:
            return None
        return f"{found:{form}} {unit}; at most {limit:,} are allowed"


def least_bytes(model: keras.Model) -> float:
    """Returns the bytes of the weights in an export whose embeddings are shrunk to 4 bits.

        b = 4 n + sum over embeddings of rows (columns / 2 + 4)

    n are the weights outside the embeddings, which an export leaves as they are. The graph and the
    vocabulary, whose sizes are known when they are written, come on top.
    """
    rows = sum(
        table.input_dim * (NUMBER_BYTES * table.output_dim + SCALE_BYTES)
        for table in embedding_tables(model)
    )
    return other_bytes(model) + rows


def other_bytes(model: keras.Model) -> float:
    """Returns the bytes of the weights that an export does not shrink: all but embeddings."""
    shrunk = sum(table.count_params() for table in embedding_tables(model))
    return WEIGHT_BYTES * (model.count_params() - shrunk)


def latency_ms(model: keras.Model, steps: int, repeats: int = REPEATS) -> float:
    """Measures the milliseconds for one text or series, median of `repeats`.

    Args:
        model: the model.
        steps: int, tokens of the text, or steps of the series.
        repeats: int, number of measurements.
    """
    one = [
        np.full((1, *(steps if size is None else size for size in each.shape[1:])), 1, each.dtype)
        for each in model.inputs
    ]
    given = one if one[1:] else one[0]
    return median_ms(lambda: model.predict_on_batch(given), repeats)


def median_ms(answer: Callable[[], object], repeats: int = REPEATS, warmup: int = 3) -> float:
    """Measures the milliseconds of a call, median of `repeats`.

    Args:
        answer: function without arguments.
        repeats: int, number of measurements.
        warmup: int, calls before them that are not measured.
    """
    for _ in range(warmup):
        answer()
    spent = []
    for _ in range(repeats):
        began = time.perf_counter()
        answer()
        spent.append(time.perf_counter() - began)
    return 1e3 * float(np.median(spent))
