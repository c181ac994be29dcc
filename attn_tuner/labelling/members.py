"""Predicts texts with each member of an exported model."""

from collections.abc import Sequence
from dataclasses import replace

import keras
import numpy as np

from attn_tuner.exporting.bundle import Bundle
from attn_tuner.layers.probability_average import ProbabilityAverage


def member_bundles(bundle: Bundle) -> list[Bundle]:
    """Returns a bundle for each member of an average; the bundle itself where it is no average."""
    averages = [each for each in bundle.model.layers if isinstance(each, ProbabilityAverage)]
    if len(averages) != 1 or len(averages[0].shares) < 2:
        return [bundle]
    outputs = averages[0].input
    return [replace(bundle, model=keras.Model(bundle.model.inputs, each)) for each in outputs]


def member_answers(bundle: Bundle, texts: Sequence[str]) -> np.ndarray:
    """Predicts texts with each member: (members, texts, classes) float32.

    Args:
        bundle: the model, an average or a single one.
        texts: list of str.
    """
    return np.stack([each.predict(texts) for each in member_bundles(bundle)])
