"""Converts texts to ids and ids to texts by vocabularies.json, in plain Python and NumPy."""

import json
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

PADDING, UNKNOWN, START, END = 0, 1, 2, 3
BEGINNING = "\u2581"  # Stands before the first character of a word that is split into parts.
LONGEST_WORD = 64  # Characters of such a word that are read.
BETWEEN = {"character": "", "word": " ", "subword": ""}


class Texts:
    """The vocabularies of both sides.

    Args:
        folder: of vocabularies.json.
        words: splits a text into words, `Reader(...).tokens` of the file beside; not needed where
            tokens are characters.
    """

    def __init__(self, folder: str, words: Callable[[str], list[str]] | None = None):
        with open(f"{folder}/vocabularies.json", encoding="utf-8") as file:
            facts = json.load(file)
        self.source, self.target, self.limit = facts["source"], facts["target"], facts["limit"]
        self.words = words or str.split
        self.copies = facts["copies"]
        self.ids, self.target_ids = (
            {token: number for number, token in enumerate(side["vocabulary"])}
            for side in (self.source, self.target)
        )
        self.ranks = {tuple(pair): rank for rank, pair in enumerate(self.source["merges"])}

    def inputs(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Returns what the encoder takes, (texts, steps) int32 each.

        `ids` are between marks. For a model that copies, `copied` are the ids of the same tokens
        in the vocabulary of the target, behind which each step of the source has an id.
        """
        read = [self.read(text) for text in texts]
        shape = (len(texts), max(map(len, read)))
        ids, copied = np.full(shape, PADDING, "int32"), np.full(shape, PADDING, "int32")
        size = len(self.target_ids)
        for row, own in enumerate(read):
            ids[row, : len(own)] = [self.ids.get(each, UNKNOWN) for each in own]
            known = [self.target_ids.get(each, size + own.index(each)) for each in own]
            copied[row, : len(own)] = known
        return {"ids": ids, "copied": copied} if self.copies else {"ids": ids}

    def read(self, text: str) -> list[str]:
        """Returns the tokens that are read, marks included."""
        tokens, vocabulary = self.tokens(text), self.source["vocabulary"]
        if self.source["split"] == "subword":
            tokens = [each if each in self.ids else vocabulary[UNKNOWN] for each in tokens]
        return [vocabulary[START], *tokens, vocabulary[END]]

    def tokens(self, text: str) -> list[str]:
        """Splits a text into the tokens that are read."""
        most = self.source["max_length"]
        if self.source["split"] == "character":
            return list(text[:most])
        words = self.words(text)[:most]
        if self.source["split"] == "subword":
            words = [part for word in words for part in self.parts(word)]
        return words[:most]

    def parts(self, word: str) -> list[str]:
        """Splits a word into parts: its characters, joined by the merges, the earliest first."""
        found = [BEGINNING + word[0], *word[1:LONGEST_WORD]]
        while ranked := [
            (self.ranks[pair], pair) for pair in pairwise(found) if pair in self.ranks
        ]:
            best, joined, place = min(ranked)[1], [], 0
            while place < len(found):
                there = tuple(found[place : place + 2]) == best
                joined.append("".join(best) if there else found[place])
                place += 2 if there else 1
            found = joined
        return found

    def written(self, ids: np.ndarray, texts: Sequence[str]) -> list[str]:
        """Returns the targets of texts, whose ids (texts, steps) are each read to its end mark."""
        split, found = self.target["split"], []
        for row, source in zip(ids.tolist(), texts, strict=True):
            known = self.target["vocabulary"]
            if self.copies:
                known = [*known, *self.read(source)]
            ends = [place for place, each in enumerate(row) if each in (END, PADDING)]
            text = BETWEEN[split].join(known[each] for each in row[: min(ends, default=None)])
            if split == "subword":
                text = text.replace(BEGINNING, " ").removeprefix(" ")
            found.append(text)
        return found
