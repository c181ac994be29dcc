"""Strings to ids without TensorFlow and without attn_tuner: this file and vectorizer.json.

    read = Reader("vectorizer.json")
    read.ids("A good film!")         # [5, 17, 4, 12]
    read.padded(["A good film!"])    # a list of rows of equal length, 0 behind each text

A copy lies beside every model that takes ids. It needs Python alone.
"""

import json
import re

PADDING, UNKNOWN = 0, 1
ITSELF, NOTHING = -1, -2  # Among the code points of a spelling.


class Reader:
    """Reads texts as the model's training did.

    Every character has a spelling, `spellings[rows[256 * pages[c // 256] + c % 256]]` for the code
    point c; between the spaces of the spelled text stand the tokens.
    """

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.facts = json.load(file)
        self.known = {token: index for index, token in enumerate(self.facts["vocabulary"])}
        self.classes = self.facts["classes"]

    def tokens(self, text):
        """The tokens of a text, without those that the model does not get to see."""
        facts = self.facts
        for pattern, blank in facts["markup"]:
            text = re.sub(pattern, blank, text)
        spelled = "".join(map(self.spelled, text))
        if facts["split"] == "word":
            spelled = f" {spelled} "
            for pattern, apart in facts["apostrophes"]:
                spelled = re.sub(pattern, apart, spelled)
        found = spelled.split()
        first, last = facts["kept"] or (len(found), 0)
        return found if len(found) <= first + last else found[:first] + found[len(found) - last :]

    def spelled(self, letter):
        """What one character is read as."""
        pages, rows = self.facts["pages"], self.facts["rows"]
        row = rows[256 * pages[ord(letter) // 256] + ord(letter) % 256]
        return "".join(
            letter if each == ITSELF else chr(each)
            for each in self.facts["spellings"][row]
            if each != NOTHING
        )

    def ids(self, text):
        """A number per token; 1 for a token outside the vocabulary."""
        return [max(self.known.get(token, UNKNOWN), UNKNOWN) for token in self.tokens(text)]

    def padded(self, texts):
        """Rows of ids of equal length, at least 1, or of the length that the model takes."""
        rows = [self.ids(text) for text in texts]
        steps = self.facts["steps"] or max([1, *map(len, rows)])
        return [row + [PADDING] * (steps - len(row)) for row in rows]
