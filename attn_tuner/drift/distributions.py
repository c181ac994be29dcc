"""How what was compared is spread, among the validation texts and among the new ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attn_tuner.drift.text_facts import TextFacts

BINS = 8  # Of about as many validation texts each.
CLASSES = 12  # That are shown, those whose share has changed most.


@dataclass(frozen=True)
class Distribution:
    """Shares of the texts, before and now.

    Args:
        name: "lengths", "unknown words", "classes" or "confidence", as of a `Comparison`.
        bins: what each share is of: a class, or a range of values.
        before, now: share of the validation texts and of the new texts in each bin.
    """

    name: str
    bins: tuple[str, ...]
    before: tuple[float, ...]
    now: tuple[float, ...]


def distributions(
    reference: TextFacts, new: TextFacts, classes: Sequence[str]
) -> tuple[Distribution, ...]:
    """Returns how lengths, unknown words, predicted classes and confidence are spread.

    Args:
        reference, new: the texts.
        classes: names.
    """
    return (
        _of_values("lengths", reference.lengths, new.lengths, "{:.0f}"),
        _of_values("unknown words", reference.unknown, new.unknown, "{:.2f}"),
        _of_classes(reference.classes, new.classes, classes),
        _of_values("confidence", reference.confidences, new.confidences, "{:.3f}"),
    )


def _of_values(name: str, before: np.ndarray, now: np.ndarray, form: str) -> Distribution:
    """Counts values in ranges that hold about as many of those before; the last ends nowhere."""
    inner = np.unique(np.quantile(before, np.arange(1, BINS) / BINS))
    lows = ["", *(form.format(each) for each in inner)]
    highs = [*lows[1:], ""]
    bins = [
        f"above {low}" if not high else f"{low} to {high}" if low else f"up to {high}"
        for low, high in zip(lows, highs, strict=True)
    ]
    shares = [
        np.bincount(np.searchsorted(inner, each), minlength=len(bins)) / len(each)
        for each in (before, now)
    ]
    return Distribution(name, tuple(bins), *(tuple(each.tolist()) for each in shares))


def _of_classes(before: np.ndarray, now: np.ndarray, classes: Sequence[str]) -> Distribution:
    shares = [np.bincount(each, minlength=len(classes)) / len(each) for each in (before, now)]
    order = np.argsort(-np.abs(shares[1] - shares[0]), kind="stable")[:CLASSES]
    names = tuple(str(classes[place]) for place in order)
    return Distribution("classes", names, *(tuple(each[order].tolist()) for each in shares))
