"""Draws a stratified fraction of the inputs of a part."""

import numpy as np

from attn_tuner.metrics import kind_of


def stratified_fraction(labels: np.ndarray, share: float, seed: int = 0) -> np.ndarray:
    """Draws a stratified fraction of the inputs.

    For one seed a smaller fraction is a subset of every larger one, so that a model trained on a
    tenth continues on inputs that it knows when it is given a half.

    Args:
        labels: labels of the part.
        share: float in (0, 1], fraction of the inputs of each class.
        seed: int, for the draw.

    Returns:
        (chosen,) int64, indices of inputs, sorted.
    """
    random = np.random.default_rng(seed)
    alike = kind_of(labels) != "class"
    strata = np.zeros(len(labels), np.int32) if alike else labels
    chosen = []
    for label in range(int(strata.max(initial=-1)) + 1):
        members = random.permutation(np.flatnonzero(strata == label))
        chosen.append(members[: max(1, round(share * len(members)))])
    return np.sort(np.concatenate(chosen)) if chosen else np.zeros(0, np.int64)
