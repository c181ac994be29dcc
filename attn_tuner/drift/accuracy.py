"""Estimates the accuracy on new texts, without labels, and compares it where there are some."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from attn_tuner.drift.text_facts import TextFacts

_DEVIATIONS = 1.96  # Of a normal distribution, for 95 %.


@dataclass(frozen=True)
class AccuracyEstimate:
    """The accuracy on new texts, estimated without their labels, in percent.

    Args:
        before: float, on the validation texts.
        points: float, the estimate.
        margin: float, half the width of its 95 % interval, for texts drawn from the same source.
    """

    before: float
    points: float
    margin: float


@dataclass(frozen=True)
class LabelledAccuracy:
    """The accuracy on those new texts that have labels.

    Args:
        texts: int, their number.
        points: float, accuracy in percent.
        p: float, p value of Fisher's exact test that it is that of the validation texts.
    """

    texts: int
    points: float
    p: float


def estimate_accuracy(reference: TextFacts, right: np.ndarray, new: TextFacts) -> AccuracyEstimate:
    """Estimates the accuracy on new texts by the change of the mean confidence.

        accuracy = mean(right) + mean(max p(new)) - mean(max p(reference))

    Where a model is surer of its answers it is more often right, by as much if its probabilities
    are calibrated. It cannot know of words that now mean something else.

    Args:
        reference: the validation texts.
        right: (texts,) bool, whether the model classified each of them as labelled.
        new: the new texts.

    Reference:
        Guillory et al. 2021, eq. 2, difference of confidences. https://arxiv.org/abs/2107.03315
    """
    residual = right - reference.confidences
    found = float(new.confidences.mean() + residual.mean())
    variance = new.confidences.var() / len(new) + residual.var() / len(reference)
    points = 100 * min(max(found, 0.0), 1.0)
    return AccuracyEstimate(
        100 * float(right.mean()), points, 100 * _DEVIATIONS * float(np.sqrt(variance))
    )


def compare_accuracy(before: np.ndarray, now: np.ndarray) -> LabelledAccuracy:
    """Tests whether the share of right answers has changed.

    Args:
        before: (validation texts,) bool, whether each answer was right.
        now: (labelled new texts,) bool.
    """
    table = [[int(each.sum()), int((~each).sum())] for each in (before, now)]
    p = float(stats.fisher_exact(table).pvalue)
    return LabelledAccuracy(len(now), 100 * float(now.mean()), p)
