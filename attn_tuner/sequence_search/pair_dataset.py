"""Pairs of texts in their parts, checked and divided, ready for a search."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from attn_tuner.text.splitting import default_fraction

ROLES = ("train", "validation", "test")

# Characters of the target, `(start, end)`, to those of the source that decide them.
Spans = dict[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True)
class PairPart:
    """The pairs of one part.

    Args:
        sources: the texts that are read.
        targets: the text that each is to become.
        spans: where that is known, what decides each part of the target, for each pair.
    """

    sources: list[str]
    targets: list[str]
    spans: tuple[Spans, ...] = ()

    def take(self, rows: Iterable[int]) -> "PairPart":
        """Returns some of the pairs."""
        rows = list(rows)
        spans = tuple(self.spans[row] for row in rows) if self.spans else ()
        return PairPart([self.sources[i] for i in rows], [self.targets[i] for i in rows], spans)

    def __len__(self) -> int:
        return len(self.sources)


@dataclass(frozen=True)
class PairDataset:
    """Pairs of texts for training, validation and test.

    Args:
        name: name of the source in messages.
        parts: role, one of `ROLES`, to its pairs.
        notes: sentences for the user.
        objective: by which models are compared unless another is named.
    """

    name: str
    parts: dict[str, PairPart]
    notes: tuple[str, ...] = ()
    objective: str = field(default="token_accuracy")

    @property
    def fingerprint(self) -> str:
        """16 hex digits that stand for the texts of all parts."""
        digest = hashlib.blake2b(digest_size=8)
        for role in ROLES:
            for texts in (self.parts[role].sources, self.parts[role].targets):
                digest.update(f"{role}{len(texts)}".encode())
                for text in texts:
                    digest.update(text.encode("utf-8", errors="replace") + b"\0")
        return digest.hexdigest()


def divided(parts: dict[str, PairPart], fractions: dict[str, float], seed: int) -> dict:
    """Returns the parts with those that are missing held out of the training part.

    All pairs of one source go to the same part. What is in two parts is removed from training.

    Args:
        parts: role to pairs, the training part among them.
        fractions: role to the share of the sources to hold out, where it was said.
        seed: int, for the choice.

    Returns:
        Role to pairs, and under "removed" the number of training pairs that were removed.
    """
    train = parts["train"]
    given = {source for role in ROLES[1:] if role in parts for source in parts[role].sources}
    kept = [row for row, source in enumerate(train.sources) if source not in given]
    removed = len(train) - len(kept)
    train = train.take(kept)
    missing = [role for role in ROLES[1:] if role not in parts]
    held = held_out(train.sources, [fractions.get(role) for role in missing], seed)
    found = {**parts, "train": train.take(np.flatnonzero(held == 0))}
    for number, role in enumerate(missing, 1):
        found[role] = train.take(np.flatnonzero(held == number))
    return {**found, "removed": removed}


def held_out(sources: Sequence[str], fractions: Sequence[float | None], seed: int) -> np.ndarray:
    """Returns for each text 0 if it stays, or the number of the part, from 1, that it goes to.

    Args:
        sources: texts; equal ones go to the same part.
        fractions: share of the distinct texts for each part; None for the usual one.
        seed: int, for the choice.
    """
    numbers: dict[str, int] = {}
    text_of = np.array([numbers.setdefault(each, len(numbers)) for each in sources], np.int64)
    order = np.random.default_rng(seed).permutation(len(numbers))
    part_of, begun = np.zeros(len(numbers), np.int64), 0
    for number, fraction in enumerate(fractions, 1):
        usual = default_fraction(max(len(numbers), 1))
        count = max(1, round((usual if fraction is None else fraction) * len(numbers)))
        part_of[order[begun : begun + count]] = number
        begun += count
    return part_of[text_of]
