"""Finds groups of texts that a model answers wrongly more often than the other texts.

found = find_hard_groups(right, described_groups(labels, answers, classes, ids, offsets, words))
found.sentence
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom

from attn_tuner.metrics import interval

LEAST = 20  # Texts of a group.
WORDS = 300  # Of the most frequent words, a group each.
LEVEL = 0.05  # Of the chance that any group is named although none is harder.
MOST = 8  # Groups that are named.
ALIKE = 0.7  # Overlap with a group already named, from which on a group says nothing new.
MANY_UNKNOWN = 0.1  # Share of the words of a text.


@dataclass(frozen=True)
class HardGroup:
    """Texts that have something in common and are answered worse than the others.

    Args:
        name: str, what they have in common.
        texts: int, how many there are.
        right: float, share of them answered rightly.
        low, high: float, its 95 % interval.
        p: float, chance of as many errors in a group drawn at random, times the number of groups
            that were tried (Holm 1979).
        wrong: places of its texts that are answered wrongly.
    """

    name: str
    texts: int
    right: float
    low: float
    high: float
    p: float
    wrong: tuple[int, ...]


@dataclass(frozen=True)
class HardGroups:
    """The groups of texts that are answered worse, the clearest first.

    Args:
        groups: tuple of `HardGroup`.
        tried: int, number of groups that were looked at.
        texts: int, number of texts.
        right: float, share of all texts answered rightly.
    """

    groups: tuple[HardGroup, ...]
    tried: int
    texts: int
    right: float

    @property
    def sentence(self) -> str:
        """What was found, in a sentence."""
        tried = f"{self.tried:,} groups of the {self.texts:,} validation texts were looked at"
        if not self.groups:
            return f"{tried}: none is answered worse than chance explains."
        worst = self.groups[0]
        return (
            f"{tried}. The clearest: {worst.name}, {worst.right:.1%} of {worst.texts:,} right "
            f"(95 % interval {worst.low:.1%} to {worst.high:.1%}), of all texts {self.right:.1%}."
        )


def find_hard_groups(right: np.ndarray, groups: Mapping[str, np.ndarray]) -> HardGroups:
    """Finds the groups with more errors than chance explains.

        p = P(errors in the group >= those seen),   errors ~ Hypergeometric(N, errors of all, n)

    with Holm's correction for the number of groups. Of groups of nearly the same texts only the
    clearest is named.

    Args:
        right: `(texts,)` bool, whether a text is answered rightly.
        groups: name of a group to `(texts,)` bool, which texts belong to it.

    Reference:
        Holm 1979. https://www.jstor.org/stable/4615733
    """
    right = np.asarray(right, bool)
    errors = int((~right).sum())
    rated = []
    for name, members in groups.items():
        size, wrong = int(members.sum()), int((members & ~right).sum())
        if LEAST <= size < len(right):
            chance = float(hypergeom.sf(wrong - 1, len(right), errors, size))
            rated.append((chance, name, members))
    rated.sort(key=lambda each: (each[0], each[1]))
    named: list[HardGroup] = []
    kept: list[np.ndarray] = []
    least = 0.0
    for place, (chance, name, members) in enumerate(rated):
        least = max(least, min(1.0, chance * (len(rated) - place)))
        if least > LEVEL or len(named) == MOST:
            break
        if any(_overlap(members, other) > ALIKE for other in kept):
            continue
        share = float(right[members].mean())
        wrong_texts = tuple(map(int, np.flatnonzero(members & ~right)))
        bounds = interval(share, int(members.sum()))
        named.append(HardGroup(name, int(members.sum()), share, *bounds, least, wrong_texts))
        kept.append(members)
    return HardGroups(tuple(named), len(rated), len(right), float(right.mean()))


def described_groups(
    labels: np.ndarray,
    answers: np.ndarray,
    classes: Sequence[str],
    ids: np.ndarray,
    offsets: np.ndarray,
    vocabulary: Sequence[str],
) -> dict[str, np.ndarray]:
    """Groups texts by length, unknown words, class, answer and the words that they hold.

    Args:
        labels: `(texts,)` true classes.
        answers: `(texts,)` predicted classes.
        classes: their names.
        ids: `(tokens,)`, of all texts; 1 is an unknown word.
        offsets: `(texts + 1,)`; text i is `ids[offsets[i]:offsets[i + 1]]`.
        vocabulary: words by id.

    Returns:
        Name of a group to `(texts,)` bool.
    """
    lengths = np.diff(offsets)
    text = np.repeat(np.arange(len(lengths)), lengths)
    unknown = np.bincount(text[ids == 1], minlength=len(lengths)) / np.maximum(lengths, 1)
    short, long = np.quantile(lengths, [0.25, 0.75]) if len(lengths) else (0, 0)
    found = {
        f"texts of at most {short:.0f} tokens": lengths <= short,
        f"texts of more than {long:.0f} tokens": lengths > long,
        "texts with an unknown word": unknown > 0,
        f"texts with {MANY_UNKNOWN:.0%} unknown words or more": unknown >= MANY_UNKNOWN,
    }
    for number, name in enumerate(classes):
        found[f"texts of class {name}"] = labels == number
        found[f"texts answered {name}"] = answers == number
    return {**found, **dict(_by_word(ids, text, len(lengths), vocabulary))}


def _by_word(
    ids: np.ndarray, text: np.ndarray, texts: int, vocabulary: Sequence[str]
) -> Iterator[tuple[str, np.ndarray]]:
    """Yields a group for each of the most frequent words that not every second text holds."""
    pairs = np.unique(np.stack([ids, text]), axis=1) if len(ids) else np.zeros((2, 0), "int64")
    counts = np.bincount(pairs[0], minlength=2)
    counts[:2] = 0  # Padding and unknown.
    counts[counts > texts / 2] = 0
    frequent = np.argsort(-counts, kind="stable")[:WORDS]
    for word in frequent[counts[frequent] >= LEAST]:
        members = np.zeros(texts, bool)
        members[pairs[1][pairs[0] == word]] = True
        yield f"texts with the token '{vocabulary[word]}'", members


def _overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Returns the share of the texts of either group that both have."""
    return float((one & other).sum() / max(1, (one | other).sum()))
