"""Byte-pair encoding: parts of words, joined from characters by merges learnt from texts."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

BEGINNING = "\u2581"  # Stands before the first character of a word.
LONGEST_WORD = 64  # Characters of a word that are read; the rest is dropped.
_FEWEST = 2  # Occurrences of a pair, for it to be merged.

Pair = tuple[str, str]


class BytePairs:
    """Splits words into parts by merges.

        BytePairs([("l", "o"), ("lo", "w")])("lowlow")   ->   "▁l" "o" "w" "low"

    A word is its characters, the first with a mark before it. Of all neighbours that may be merged,
    those of the earliest merge are joined, from left to right, until there are none.

    Args:
        merges: pairs of parts in the order in which they were learnt.

    Reference:
        Sennrich et al. 2016, section 3.2. https://aclanthology.org/P16-1162
    """

    def __init__(self, merges: Iterable[Sequence[str]]):
        self.merges: list[Pair] = [(left, right) for left, right in merges]
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self._known: dict[str, list[str]] = {}

    @classmethod
    def learn(cls, words: Mapping[str, int], parts: int) -> "BytePairs":
        """Learns merges, each of the most frequent pair of neighbours; of equals the first one.

        Args:
            words: word to the number of its occurrences.
            parts: number of different parts at most, characters included.
        """
        spelled = {word: symbols(word) for word in words}
        pairs: Counter[Pair] = Counter()
        holders: defaultdict[Pair, set[str]] = defaultdict(set)
        for word, parted in spelled.items():
            for pair in pairwise(parted):
                pairs[pair] += words[word]
                holders[pair].add(word)
        known = {part for parted in spelled.values() for part in parted}
        waiting = [(-count, pair) for pair, count in pairs.items()]
        heapq.heapify(waiting)
        merges: list[Pair] = []
        while waiting and len(known) < parts:
            count, pair = heapq.heappop(waiting)
            if -count != pairs[pair]:  # It has changed since; the new count waits as well.
                continue
            if -count < _FEWEST:
                break
            merges.append(pair)
            known.add("".join(pair))
            changed: set[Pair] = set()
            for word in sorted(holders.pop(pair)):
                before = spelled[word]
                after = spelled[word] = joined(before, pair)
                for each in pairwise(before):
                    pairs[each] -= words[word]
                    changed.add(each)
                for each in pairwise(after):
                    pairs[each] += words[word]
                    holders[each].add(word)
                    changed.add(each)
            for each in changed:
                if pairs[each] > 0:
                    heapq.heappush(waiting, (-pairs[each], each))
        return cls(merges)

    def __call__(self, word: str) -> list[str]:
        """Returns the parts of a word."""
        if word not in self._known:
            parts = symbols(word)
            while len(parts) > 1:
                pairs = pairwise(parts)
                best = min(pairs, key=lambda pair: self._ranks.get(pair, len(self._ranks)))
                if best not in self._ranks:
                    break
                parts = joined(parts, best)
            self._known[word] = parts
        return list(self._known[word])


def symbols(word: str) -> list[str]:
    """Returns the characters of a word, the first with its mark."""
    word = word[:LONGEST_WORD]
    return [BEGINNING + word[0], *word[1:]]


def joined(parts: Sequence[str], pair: Pair) -> list[str]:
    """Joins a pair of neighbours wherever it stands, from left to right."""
    found: list[str] = []
    place = 0
    while place < len(parts):
        there = tuple(parts[place : place + 2]) == pair
        found.append("".join(pair) if there else parts[place])
        place += 2 if there else 1
    return found
