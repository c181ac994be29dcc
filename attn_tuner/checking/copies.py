"""Finds texts that are the same, or nearly, and those of them that have different labels."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from attn_tuner.checking.checked_texts import CheckedTexts, Place
from attn_tuner.errors import need
from attn_tuner.text.tokenization import tokens

SIMILARITY = 0.8  # Jaccard index of the word pairs of two near-copies, at least.
MIN_TOKENS = 6  # In shorter texts every word counts: only equal ones are copies.
_MOST_TOKENS = 1_000  # Of a text that are compared.
_PERMUTATIONS = 128  # Of a MinHash.
_MOST_COMPARED = 64  # Texts that one is compared with; else a crowd of like texts takes n^2 time.
_MULTIPLIER = np.uint64(0x9E3779B1)


@dataclass(frozen=True)
class Copies:
    """Texts that are copies of each other.

    Args:
        places: tuple of `Place`, where they stand.
        text: str, the first of them.
        labels: tuple of str, their classes, each once.
        parts: tuple of str, the parts that they are in during a search, each once.
        same: bool, whether all are equal but for case, accents and spaces.
    """

    places: tuple[Place, ...]
    text: str
    labels: tuple[str, ...]
    parts: tuple[str, ...]
    same: bool

    @property
    def contradicts(self) -> bool:
        """Whether the copies have different labels."""
        return len(self.labels) > 1

    @property
    def crosses(self) -> bool:
        """Whether the copies are in different parts."""
        return len(self.parts) > 1


def find_copies(checked: CheckedTexts) -> tuple[Copies, ...]:
    """Finds groups of copies: those in several parts first, then those with several labels.

    Two texts are near-copies if their sets A and B of pairs of neighbouring words are alike:

        |A and B| / |A or B| >= 0.8

    MinHash with locality-sensitive hashing proposes pairs, which are then compared exactly. A text
    joins the first that it is a near-copy of, so that the time grows with the number of texts and
    not with its square.

    Args:
        checked: texts of all parts.

    Reference:
        Broder 1997, MinHash. https://doi.org/10.1109/SEQUEN.1997.666900
        Computed by datasketch.
    """
    equal: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, text in enumerate(checked.texts):
        equal[tuple(tokens(text))].append(index)
    nearly = _joined(list(equal))
    groups: dict[int, list[list[int]]] = defaultdict(list)
    for leader, rows in zip(nearly, equal.values(), strict=True):
        groups[leader].append(rows)
    found = [
        _described(checked, sorted(row for rows in each for row in rows), same=len(each) == 1)
        for each in groups.values()
        if len(each) > 1 or len(each[0]) > 1
    ]
    found.sort(key=lambda each: (not each.crosses, not each.contradicts, -len(each.places)))
    return tuple(found)


def _described(checked: CheckedTexts, rows: Sequence[int], same: bool) -> Copies:
    return Copies(
        tuple(checked.place(row) for row in rows),
        checked.texts[rows[0]],
        tuple(sorted({checked.classes[checked.labels[row]] for row in rows})),
        tuple(dict.fromkeys(str(checked.roles[row]) for row in rows)),
        same,
    )


def _joined(texts: Sequence[tuple[str, ...]]) -> list[int]:
    """Returns for each text the number of the first text that it is a near-copy of, or its own."""
    datasketch = need("datasketch", "check")
    index = datasketch.MinHashLSH(threshold=SIMILARITY, num_perm=_PERMUTATIONS)
    empty = datasketch.MinHash(num_perm=_PERMUTATIONS, hashfunc=int)
    known: dict[str, int] = {}
    leaders, pairs_of = [], {}
    for number, own in enumerate(texts):
        leaders.append(number)
        if len(own) < MIN_TOKENS:
            continue
        pairs = _word_pairs(own, known)
        sketch = empty.copy()
        sketch.update_batch(pairs.tolist())
        alike = sorted(index.query(sketch))[:_MOST_COMPARED]
        first = next(
            (each for each in alike if _jaccard(pairs, pairs_of[each]) >= SIMILARITY), None
        )
        if first is not None:
            leaders[number] = first
        elif len(alike) < _MOST_COMPARED:  # Else the texts like it are too many already.
            index.insert(number, sketch)
            pairs_of[number] = pairs
    return leaders


def _word_pairs(own: Iterable[str], known: dict[str, int]) -> np.ndarray:
    """Hashes the pairs of neighbouring words of a text: sorted distinct uint32."""
    hashes = np.array(
        [_hashed(token, known) for token in list(own)[:_MOST_TOKENS]], dtype=np.uint64
    )
    return np.unique((hashes[:-1] * _MULTIPLIER + hashes[1:]).astype(np.uint32))


def _hashed(token: str, known: dict[str, int]) -> int:
    if token not in known:
        known[token] = zlib.crc32(token.encode())
    return known[token]


def _jaccard(one: np.ndarray, other: np.ndarray) -> float:
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)
