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

REPEATS = 50
MIN_BYTES = 1  # Of a weight in the smallest format, 8 bits.


@dataclass(frozen=True)
class Constraints:
    """Holds the limits that a user set; None where there is none.

    Args:
        parameters: int, weights of a model at most.
        latency_ms: float, milliseconds for one text at most, the median of 50 on this machine.
        size_mb: float, megabytes (10^6 bytes) of an artefact at most.
    """

    parameters: int | None = None
    latency_ms: float | None = None
    size_mb: float | None = None

    def __post_init__(self):
        for name in ("parameters", "latency_ms", "size_mb"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise SpaceError(f"The limit on {name} must be above 0; got {value!r}.")

    def __bool__(self):
        return self != Constraints()

    def refusal(
        self, model: keras.Model, latency: float | None = None, bytes_each: int = MIN_BYTES
    ) -> str | None:
        """Returns why a model need not be trained, or None.

        Args:
            model: built, trained or not: neither its size nor its speed depends on that.
            latency: float, what `latency_ms` measured; needed only where latency is limited.
            bytes_each: int, of a weight on disk; 4 where artefacts are not compressed.
        """
        weights = model.count_params()
        return (
            self._above("parameters", weights, "weights", ",")
            or self._above("size_mb", weights * bytes_each / 1e6, "megabytes of weights", ".1f")
            or self._too_slow(latency)
        )

    def broken(self, parameters: int, size_mb: float, latency_ms: float) -> str | None:
        """Returns which limit a finished artefact breaks, or None."""
        return (
            self._above("parameters", parameters, "weights", ",")
            or self._above("size_mb", size_mb, "megabytes", ".1f")
            or self._too_slow(latency_ms)
        )

    def _too_slow(self, found: float | None):
        return self._above("latency_ms", found, "ms for one text", ".1f")

    def _above(self, name: str, found: float | None, unit: str, form: str):
        limit = getattr(self, name)
        if limit is None or found is None or found <= limit:
            return None
        return f"{found:{form}} {unit}; at most {limit:,} are allowed"


def latency_ms(model: keras.Model, steps: int, repeats: int = REPEATS) -> float:
    """Measures a model on one text of so many tokens: milliseconds, the median of `repeats`."""
    ids = np.full((1, steps), 1, "int32")
    return median_ms(lambda: model.predict_on_batch(ids), repeats)


def median_ms(answer: Callable[[], object], repeats: int = REPEATS, warmup: int = 3) -> float:
    """Measures a call: milliseconds, the median of `repeats` after some that are not counted."""
    for _ in range(warmup):
        answer()
    spent = []
    for _ in range(repeats):
        began = time.perf_counter()
        answer()
        spent.append(time.perf_counter() - began)
    return 1e3 * float(np.median(spent))
