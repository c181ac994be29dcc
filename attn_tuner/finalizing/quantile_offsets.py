"""Moves the quantiles of a model so that on validation series each holds the share that it says."""

import keras
import numpy as np

from attn_tuner.layers.sorted_quantiles import MovedQuantiles
from attn_tuner.metrics import QUANTILES, quantiles_of

OWN_SERIES = 100  # From which on each step has offsets of its own.


def quantile_offsets(labels: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Returns what to add to each quantile.

        o_q = the k-th smallest y - f_q,   k = ceil((n + 1) q)

    Of each step alone, and of all steps together where there are fewer than `OWN_SERIES` series.
    The series chose the model as well, so on others the shares are near to what is said, not at it.

    Args:
        labels: `(series, steps)`.
        answers: `(series, steps * quantiles)`.

    Returns:
        `(steps * quantiles,)` float32.

    Reference:
        Romano et al. 2019, algorithm 1 for each quantile alone. https://arxiv.org/abs/1905.03222
    """
    off = np.asarray(labels, "float64")[:, :, None] - quantiles_of(answers)
    steps = off.shape[1]
    if len(off) < OWN_SERIES:
        off = off.reshape(-1, 1, len(QUANTILES))
    ranked, count = np.sort(off, axis=0), len(off)
    ranks = np.ceil(np.round((count + 1) * np.array(QUANTILES), 6)).astype(int)
    found = np.stack(
        [ranked[min(rank, count) - 1, :, place] for place, rank in enumerate(ranks)], axis=-1
    )
    return np.broadcast_to(found, (steps, len(QUANTILES))).ravel().astype("float32")


def with_moved_quantiles(
    model: keras.Model, labels: np.ndarray, answers: np.ndarray
) -> tuple[keras.Model, np.ndarray]:
    """Returns a model with its quantiles moved by `quantile_offsets`, and its answers.

    Args:
        model: a Functional model of quantiles.
        labels, answers: of the validation series, as in `quantile_offsets`.
    """
    move = MovedQuantiles(quantile_offsets(labels, answers).tolist(), name="moved_quantiles")
    moved = keras.ops.convert_to_numpy(move(np.asarray(answers, "float32")))
    return keras.Model(model.inputs, move(model.outputs[0]), name=model.name), moved
