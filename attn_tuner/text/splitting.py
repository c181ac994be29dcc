"""Divides data sets so that all copies of a text go to the same part, stratified by class."""

from collections.abc import Iterable, Sequence

import numpy as np

from attn_tuner.metrics import kind_of
from attn_tuner.text.dataset import Split

_SMALLEST, _LARGEST = 500, 5_000


def default_fraction(count: int) -> float:
    """Returns the fraction of `count` distinct texts to hold out by default.

    A tenth; up to a fifth where a tenth is under 500 texts, as the accuracy on fewer is too
    uncertain; less where a tenth is over 5,000 texts, as more only cost time.
    """
    return min(max(0.1, min(0.2, _SMALLEST / count)), _LARGEST / count)


def hold_out(
    part: Split, fraction: float, seed: int, classes: int, leave: int = 1
) -> tuple[Split, Split]:
    """Divides a part into (remaining, held out), stratified by class.

    Distinct texts are divided, so that no text is on both sides. Of each class the fraction is
    kept to in distinct texts and in rows: a text that is a larger part of its class than that
    stays, unless the class has no other to hold out. A text with several labels, or one that
    comes with different classes, counts for the rarest of them.

    Args:
        part: `Split` to divide.
        fraction: float in (0, 1), share of each class to hold out; at least one text if `leave`
            allows it.
        seed: int; the same seed gives the same division.
        classes: int, number of classes.
        leave: int, distinct texts of each class that must remain.
    """
    random = np.random.default_rng(seed)
    text_of = text_ids(part.texts)
    copies = np.bincount(text_of)
    pairs = _text_class_pairs(text_of, part.labels)
    strata = _rarest_class(pairs, len(copies), classes)
    held = np.zeros(len(copies), bool)
    for label in range(int(strata.max(initial=-1)) + 1):
        members = np.flatnonzero(strata == label)
        wanted = max(1, round(fraction * len(members)))
        count = max(0, min(wanted, len(members) - leave))
        held[_draw(random.permutation(members), copies, count, fraction)] = True
    _balance(held, pairs, copies, classes, leave)
    rows = held[text_of]
    return part.take(np.flatnonzero(~rows)), part.take(np.flatnonzero(rows))


def remove_texts_of(part: Split, others: Iterable[Split]) -> tuple[Split, int]:
    """Removes the texts of other parts; returns the part and how many rows were removed."""
    forbidden = {text for other in others for text in other.texts}
    kept = [index for index, text in enumerate(part.texts) if text not in forbidden]
    return part.take(kept), len(part) - len(kept)


def text_ids(texts: Sequence[str]) -> np.ndarray:
    """Numbers the distinct texts in order of appearance: `(texts,)` int64."""
    numbers: dict[str, int] = {}
    found = (numbers.setdefault(text, len(numbers)) for text in texts)
    return np.fromiter(found, np.int64, len(texts))


def distinct_counts(part: Split, classes: int) -> np.ndarray:
    """Counts the distinct texts of each class or label: `(classes,)`."""
    return np.bincount(
        _text_class_pairs(text_ids(part.texts), part.labels)[:, 1], minlength=classes
    )


def _text_class_pairs(text_of, labels) -> np.ndarray:
    """Returns (pairs, 2): distinct text and class or label; the class of numbers is 0."""
    kind = kind_of(labels)
    if kind == "labels":
        rows, names = np.nonzero(labels)
        found = np.stack([text_of[rows], names], axis=1)
    else:
        own = labels if kind == "class" else np.zeros(len(text_of), np.int64)
        found = np.stack([text_of, own], axis=1)
    return np.unique(found.astype(np.int64), axis=0)


def _rarest_class(pairs, texts: int, classes: int) -> np.ndarray:
    """Returns (texts,), the rarest class of each text; one beyond the last if it has none."""
    counts = np.bincount(pairs[:, 1], minlength=classes)
    strata = np.full(texts, len(counts))
    by_rarity = pairs[np.lexsort((pairs[:, 1], -counts[pairs[:, 1]]))]
    strata[by_rarity[:, 0]] = by_rarity[:, 1]  # The rarest is written last.
    return strata


def _draw(shuffled, copies, count, fraction) -> list[int]:
    """Takes up to `count` texts, skipping those that would exceed the fraction of rows."""
    sizes = copies[shuffled]
    if count == 0 or sizes.max() == 1:
        return shuffled[:count].tolist()
    allowed, chosen, rows = max(1, round(fraction * int(sizes.sum()))), [], 0
    for text, size in zip(shuffled.tolist(), sizes.tolist(), strict=True):
        if len(chosen) < count and rows + size <= allowed:
            chosen.append(text)
            rows += size
    return chosen or [int(shuffled[np.argmin(sizes)])]


def _balance(held, pairs, copies, classes, leave):
    """Moves texts until each class keeps `leave` texts, and has one held out if possible.

    Needed only for texts with several classes, which are drawn for one of them.
    """
    order = np.argsort(pairs[:, 1], kind="stable")
    counts = np.bincount(pairs[:, 1], minlength=classes)
    texts_of = np.split(pairs[order, 0], np.cumsum(counts)[:-1])
    if len(pairs) == len(np.unique(pairs[:, 0])):
        return  # A text has one class at most.
    by_text = np.split(pairs[:, 1], np.flatnonzero(np.diff(pairs[:, 0])) + 1)
    labels_of = dict(zip(np.unique(pairs[:, 0]).tolist(), by_text, strict=True))
    left = counts - np.bincount(pairs[held[pairs[:, 0]], 1], minlength=len(counts))
    rarest_first = np.argsort(counts, kind="stable")
    for label in rarest_first:
        mine = texts_of[label]
        for text in mine[held[mine]]:
            if left[label] >= min(leave, counts[label]):
                break
            held[text] = False
            left[labels_of[int(text)]] += 1
    for label in rarest_first:
        mine = texts_of[label]
        if held[mine].any():
            continue
        for text in mine[np.argsort(copies[mine], kind="stable")]:
            if (left[labels_of[int(text)]] > leave).all():
                held[text] = True
                left[labels_of[int(text)]] -= 1
                break
