"""Moves the quantiles of a model so that on validation series each holds the share that it says."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from attn_tuner.layers.sorted_quantiles import MovedQuantiles
from attn_tuner.metrics import QUANTILES, quantiles_of

OWN_SERIES = 100  # From which on each step has offsets of its own.


def quantile_offsets(
    labels: np.ndarray, answers: np.ndarray, levels: Sequence[float] = QUANTILES
) -> np.ndarray:
    """Returns what to add to each quantile.

        o_q = the k-th smallest y - f_q,   k = ceil((n + 1) q)

    Of each step alone, and of all steps together where there are fewer than `OWN_SERIES` series.
    The series chose the model as well, so on others the shares are near to what is said, not at it.

    Args:
        labels: `(series, steps)`.
        answers: `(series, steps * quantiles)`.
        levels: of the quantiles.

    Returns:
        `(steps * quantiles,)` float32.

    Reference:
        Romano et al. 2019, algorithm 1 for each quantile alone. https://arxiv.org/abs/1905.03222
    """
    off = np.asarray(labels, "float64")[:, :, None] - quantiles_of(answers, levels)
    steps = off.shape[1]
    if len(off) < OWN_SERIES:
        off = off.reshape(-1, 1, len(levels))
    ranked, count = np.sort(off, axis=0), len(off)
    ranks = np.ceil(np.round((count + 1) * np.array(levels), 6)).astype(int)
    found = np.stack(
        [ranked[min(rank, count) - 1, :, place] for place, rank in enumerate(ranks)], axis=-1
    )
    return np.broadcast_to(found, (steps, len(levels))).ravel().astype("float32")


def with_moved_quantiles(
    model: keras.Model, labels: np.ndarray, answers: np.ndarray, levels: Sequence[float]
) -> tuple[keras.Model, np.ndarray]:
    """Returns a model with its quantiles moved by `quantile_offsets`, and its answers.

    Args:
        model: a Functional model of quantiles.
        labels, answers, levels: of the validation series, as in `quantile_offsets`.
    """
    offsets = quantile_offsets(labels, answers, levels).tolist()
    move = MovedQuantiles(offsets, levels, name="moved_quantiles")
    moved = keras.ops.convert_to_numpy(move(np.asarray(answers, "float32")))
    return keras.Model(model.inputs, move(model.outputs[0]), name=model.name), moved


def measured_quantiles(
    labels: np.ndarray, answers: np.ndarray, levels: Sequence[float]
) -> dict[str, Any]:
    """Measures which share of the numbers lies below each quantile, or at it.

    Args:
        labels: `(series, steps)`, of series that moved no quantile.
        answers: `(series, steps * quantiles)`.
        levels: of the quantiles.

    Returns:
        `levels`, `below` (a share for each), `between` (the share between the first and the last,
        the first left out), `series` and `steps`.
    """
    there = np.asarray(labels, "float64")[:, :, None] <= quantiles_of(answers, levels)
    below = there.mean(axis=(0, 1)).tolist()
    return {
        "levels": list(levels),
        "below": below,
        "between": below[-1] - below[0],
        "series": len(there),
        "steps": there.shape[1],
    }
