"""Generates the set "sensor-demo": sensor series whose class has a known cause.

Somewhere in the vibration of a machine a short sweep rises in pitch or falls. Only the sweep that
comes while the pressure is raised decides the class. Other sweeps come at normal pressure and say
the opposite as often as not, and the pressure is raised a second time where there is no sweep. A
falling sweep is a rising one played backwards, so means, spreads and counts say nothing; attention
can be checked against the steps that decide.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from attn_tuner.errors import DataError
from attn_tuner.series.labelled_series import LabelledSeries

NAME = "sensor-demo"
CLASSES = ("falling", "rising")
FEATURES = ("vibration", "pressure", "temperature")
SIZES = {"train": 1_200, "validation": 300, "test": 600}
PATTERN = 12  # Steps of a sweep, and of a raised pressure.
_SLOT = 15  # Steps in which one of them lies, so that none touch.
_SLOTS = (5, 8)  # Fewest and most of a series: 75 to 134 steps.
_DISTRACTORS = (1, 2)  # Fewest and most sweeps at normal pressure.
_NOISE = 0.3
_RAISED = 2.0  # Pressure above normal.
_PITCH = (0.06, 0.34)  # Cycles a step, at the low end of a sweep and at the high one.


@dataclass(frozen=True, eq=False)
class SensorSeries:
    """One generated series.

    Args:
        values: `(steps, 3)` float32, the features of `FEATURES`.
        label: int, index into `CLASSES`.
        span: first step of the deciding sweep, and the step behind its last.
    """

    values: np.ndarray
    label: int
    span: tuple[int, int]


def sensor_series(count: int, seed: int = 0) -> list[SensorSeries]:
    """Generates series, half of them rising; deterministic for a seed."""
    draw = np.random.default_rng(seed)
    return [_series(draw, number % len(CLASSES)) for number in range(count)]


def sensor_parts(seed: int = 0) -> dict[str, list[SensorSeries]]:
    """Generates the set by part: "train", "validation" and "test"."""
    every = iter(sensor_series(sum(SIZES.values()), seed))
    return {role: [next(every) for _ in range(size)] for role, size in SIZES.items()}


def labelled(series: Sequence[SensorSeries]) -> LabelledSeries:
    """Returns generated series with their deciding spans, and names of classes and features."""
    labels = [CLASSES[each.label] for each in series]
    spans = np.array([each.span for each in series])
    return LabelledSeries([each.values for each in series], labels, FEATURES, spans=spans)


def mass_on(spans: Sequence[tuple[int, int]], weights: Sequence[ArrayLike]) -> np.ndarray:
    """Sums the attention that lies on the deciding steps.

        m_i = sum_{t in span_i} a_it / sum_t a_it

    Args:
        spans: `(start, end)` of each series, as in `SensorSeries.span`.
        weights: for each series `(steps,)` or `(hops, steps)`, whose hops are averaged.

    Returns:
        `(series,)` float64 between 0 and 1; even attention has the length of the span as a share of
        the steps.

    Raises:
        DataError: there are not as many weights as spans, a span lies behind the weights, or they
            sum to nothing.
    """
    if len(spans) != len(weights):
        raise DataError(
            f"There are {len(spans):,} spans and weights of {len(weights):,} series. Give both for "
            "each series."
        )
    found = np.empty(len(spans))
    for row, ((start, end), given) in enumerate(zip(spans, weights, strict=True)):
        each = np.atleast_2d(np.asarray(given, "float64")).mean(axis=0)
        total = each.sum()
        if end > len(each) or not total > 0:
            raise DataError(
                f"The span of series {row + 1} ends at step {end}, and its {len(each)} weights sum "
                f"to {total:g}. Give the weights of the whole series."
            )
        found[row] = each[start:end].sum() / total
    return found


def _series(draw: np.random.Generator, label: int) -> SensorSeries:
    slots = int(draw.integers(_SLOTS[0], _SLOTS[1] + 1))
    steps = slots * _SLOT + int(draw.integers(0, _SLOT))
    values = _NOISE * draw.normal(size=(steps, len(FEATURES)))
    values[:, 2] = np.cumsum(values[:, 2])  # The temperature drifts.
    distractors = int(draw.integers(_DISTRACTORS[0], _DISTRACTORS[1] + 1))
    chosen = draw.permutation(slots)[: distractors + 2]
    starts = chosen * _SLOT + draw.integers(0, _SLOT - PATTERN + 1, len(chosen))
    decides, empty, *others = (slice(start, start + PATTERN) for start in starts.tolist())
    values[decides, 0] += _sweep(draw, label)
    for each in (decides, empty):
        values[each, 1] += _RAISED
    for each in others:
        values[each, 0] += _sweep(draw, int(draw.integers(len(CLASSES))))
    return SensorSeries(values.astype("float32"), label, (decides.start, decides.stop))


def _sweep(draw: np.random.Generator, label: int) -> np.ndarray:
    """Returns `(PATTERN,)` values of a sweep: rising in pitch, or the same backwards."""
    time = np.arange(PATTERN)
    low, high = _PITCH
    cycles = low * time + (high - low) * time**2 / (2 * PATTERN)
    values = draw.uniform(1.2, 1.8) * np.sin(2 * np.pi * (cycles + draw.uniform()))
    return values if CLASSES[label] == "rising" else values[::-1]
