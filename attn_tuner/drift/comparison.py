"""Tests whether new texts differ from the reference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from attn_tuner.drift.text_facts import TextFacts

LEVEL = 0.05  # Probability of a false alarm, for all comparisons together.
_LEAST_EXPECTED = 5.0  # Texts of a class, for the chi-squared test; rarer classes are joined.


@dataclass(frozen=True)
class Comparison:
    """A measurement compared between the reference and new texts.

    Args:
        name: "lengths", "unknown words", "classes" or "confidence".
        before, now: float, its mean among the reference and the new texts; for classes the share
            of the class whose share has changed most.
        p: float, p value, adjusted for the number of comparisons.
        label: str, the class whose share has changed most; "" for the others.
    """

    name: str
    before: float
    now: float
    p: float
    label: str = ""

    @property
    def differs(self) -> bool:
        """Whether the difference is more than chance explains."""
        return self.p < LEVEL


def compare(reference: TextFacts, new: TextFacts, classes: Sequence[str]) -> tuple[Comparison, ...]:
    """Compares lengths, unknown words, predicted classes and confidence.

    Lengths and confidence by the test of Kolmogorov and Smirnov, shares of unknown words by that of
    Mann and Whitney, as many are equal, counts of predicted classes by the chi-squared test. The p
    values are adjusted by Holm's method: with texts like the reference, the probability that any of
    them is below 5 % is at most 5 %.

    Args:
        reference, new: the texts.
        classes: names.

    Reference:
        Holm 1979. https://www.jstor.org/stable/4615733
        Rabanser, Gunnemann & Lipton 2019, for tests on a model's answers.
        https://arxiv.org/abs/1810.11953
    """
    before, now = (
        np.bincount(each.classes, minlength=len(classes)) / len(each) for each in (reference, new)
    )
    most = int(np.abs(now - before).argmax())
    raw = (
        stats.ks_2samp(reference.lengths, new.lengths).pvalue,
        stats.mannwhitneyu(reference.unknown, new.unknown).pvalue,
        _of_classes(reference.classes, new.classes, len(classes)),
        stats.ks_2samp(reference.confidences, new.confidences).pvalue,
    )
    p = holm(np.array([1.0 if np.isnan(each) else float(each) for each in raw]))
    return (
        Comparison("lengths", *_means(reference.lengths, new.lengths), p[0]),
        Comparison("unknown words", *_means(reference.unknown, new.unknown), p[1]),
        Comparison("classes", float(before[most]), float(now[most]), p[2], classes[most]),
        Comparison("confidence", *_means(reference.confidences, new.confidences), p[3]),
    )


def holm(p: np.ndarray) -> list[float]:
    """Adjusts p values, (n,) float, for their number.

    p'_(i) = max over j <= i of (n - j + 1) p_(j),    at most 1
    """
    order = np.argsort(p)
    steps = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted.tolist()


def _of_classes(reference: np.ndarray, new: np.ndarray, classes: int) -> float:
    """Tests whether classes are as frequent; those that are rare in both count as one."""
    counts = [np.bincount(each, minlength=classes) for each in (reference, new)]
    table = np.stack(counts).astype(float)
    expected = table.sum(axis=0) * min(len(reference), len(new)) / table.sum()
    rare = expected < _LEAST_EXPECTED
    joined = np.concatenate([table[:, ~rare], table[:, rare].sum(axis=1, keepdims=True)], axis=1)
    joined = joined[:, joined.sum(axis=0) > 0]
    return float(stats.chi2_contingency(joined).pvalue) if joined.shape[1] > 1 else 1.0


def _means(before: np.ndarray, now: np.ndarray) -> tuple[float, float]:
    return float(before.mean()), float(now.mean())
