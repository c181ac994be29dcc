"""Converts strings to token ids with this file and vectorizer.json, in plain Python.

    read = Reader("vectorizer.json")
    read.ids("A good film!")         # [5, 17, 4, 12]
    read.padded(["A good film!"])    # a list of rows of equal length, 0 after each text

A copy is next to every model that takes ids.
"""

import json
import re

PADDING, UNKNOWN = 0, 1
SIZES = (5, 4, 3)  # Characters of a known beginning or end of a word, the longest first.
ITSELF, NOTHING = -1, -2  # Special values among the code points of a spelling.


class Reader:
    """Encodes texts as in the model's training.

    Args:
        path: of vectorizer.json.

    The spelling of a character with code point c is `spellings[rows[256 * pages[c // 256] + c %
    256]]`; the spelled text is split at spaces.
    """

    def __init__(self, path: str):
        with open(path, encoding="utf-8") as file:
            self.facts = json.load(file)
        self.known = {token: index for index, token in enumerate(self.facts["vocabulary"])}
        self.classes = self.facts["classes"]
        # Only where the model reads parts of words.
        self.beginnings = _numbers(self.facts.get("beginnings", [""]))
        self.ends = _numbers(self.facts.get("ends", [""]))

    def tokens(self, text: str) -> list[str]:
        """Splits a text into the tokens that the model reads, truncated to its limit."""
        facts = self.facts
        for pattern, blank in facts["markup"]:
            text = re.sub(pattern, blank, text)
        spelled = "".join(map(self.spelled, text))
        if facts["split"] == "word":
            spelled = f" {spelled} "
            for pattern, apart in facts["apostrophes"]:
                spelled = re.sub(pattern, apart, spelled)
        found = [token for token in spelled.split(" ") if token]
        first, last = facts["kept"] or (len(found), 0)
        return found if len(found) <= first + last else found[:first] + found[len(found) - last :]

    def spelled(self, letter: str) -> str:
        """Returns the spelling of one character."""
        pages, rows = self.facts["pages"], self.facts["rows"]
        row = rows[256 * pages[ord(letter) // 256] + ord(letter) % 256]
        return "".join(
            letter if each == ITSELF else chr(each)
            for each in self.facts["spellings"][row]
            if each != NOTHING
        )

    def ids(self, text: str) -> list[int]:
        """Encodes a text: one id per token; for tokens outside the vocabulary see `unknown`."""
        return [self.known.get(token, 0) or self.unknown(token) for token in self.tokens(text)]

    def unknown(self, token: str) -> int:
        """Returns an id that says known beginning and end of a word; 1 if there are none."""
        marked = f"<{token}>"
        beginning = next((n for s in SIZES if (n := self.beginnings.get(marked[:s]))), 0)
        end = next((n for s in SIZES if (n := self.ends.get(marked[-s:]))), 0)
        code = beginning * (1 + len(self.ends)) + end
        return len(self.known) + code if code else UNKNOWN

    def padded(self, texts: list[str]) -> list[list[int]]:
        """Encodes texts as rows of equal length, at least 1, or of the model's fixed length."""
        rows = [self.ids(text) for text in texts]
        steps = self.facts["steps"] or max([1, *map(len, rows)])
        return [row + [PADDING] * (steps - len(row)) for row in rows]


def _numbers(affixes: list[str]) -> dict[str, int]:
    return {affix: number for number, affix in enumerate(affixes) if number}
