"""Splits texts into tokens by a table that gives every character its spelling.

`spell(code_point)` depends on the character alone, so that the same table serves `str.translate`
here and a gather in a TensorFlow graph (`tf_tokenization`):

    white space, controls, lone surrogates, U+FFFD   -> " "
    letters, digits                                  -> case folded, accents and widths removed
    punctuation, symbols                             -> " x ", a token each
    scripts written without spaces                   -> " x ", a token each
    combining accents, joiners                       -> "" (so é and e + ´ are the same)

Then apostrophes inside a word stay (don't), others become tokens, and the text is split at spaces.
With `split="character"` every character but space is a token. Accents are removed from the scripts
that combine them freely (Latin, Greek, Cyrillic); the voiced marks of kana, Hangul syllables and
the vowel signs of other scripts stay.
"""

import re
import sys
import unicodedata
from bisect import bisect
from functools import cache

SPLITS = ("word", "character")

# Line and paragraph tags, one pattern per length: what replaces them must keep every offset.
MARKUP = (
    ("<[bB][rR] />", " " * 6),
    ("<[bB][rR]/>", " " * 5),
    ("<[bB][rR]>|</[pP]>", " " * 4),
    ("<[pP]>", " " * 3),
)
# Apostrophes at the beginning, then at the end of a word are set apart; runs stay together.
APOSTROPHES = ((" ('+)", r" \1 "), ("('+) ", r" \1 "))

_UNSPACED = (  # In order.
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3031, 0x30FF),  # kana
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # ideographs
    (0x4E00, 0x9FFF),
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF),
    (0xFF66, 0xFF9F),
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)
_FREE_ACCENTS = frozenset(
    chr(point)
    for first, last in (
        (0x0300, 0x036F),
        (0x0483, 0x0487),
        (0x1AB0, 0x1AFF),
        (0x1DC0, 0x1DFF),
        (0x20D0, 0x20FF),
        (0xFE00, 0xFE0F),
        (0xFE20, 0xFE2F),
        (0xE0100, 0xE01EF),
    )
    for point in range(first, last + 1)
)
_LOOK_ALIKE = {
    **dict.fromkeys("‘’‛ʼ＇", "'"),
    **dict.fromkeys("“”„‟＂", '"'),
    **dict.fromkeys("‐‑‒–—―", "-"),
}
_ZERO_WIDTH_SPACE = "\u200b"
_LONGEST_SPELLING = 16  # One ligature spells a whole sentence; it stays a symbol.

_MARKUP = re.compile("|".join(pattern for pattern, _ in MARKUP))
_APOSTROPHES = tuple((re.compile(pattern), to) for pattern, to in APOSTROPHES)
# What the table comes to for ASCII alone, in one pass.
_ASCII = {
    "word": re.compile(r"[a-z0-9]+(?:'+[a-z0-9]+)*|'+|[^\x00-\x20\x7fa-z0-9']"),
    "character": re.compile(r"[^\x00-\x20\x7f]"),
}


class Spelling(dict):
    """A table for `str.translate` that computes spellings when they are first needed."""

    def __init__(self, split: str):
        super().__init__()
        self.split = split

    def __missing__(self, code_point: int) -> str:
        spelled = self[code_point] = spell(code_point, self.split)
        return spelled


def spell(code_point: int, split: str = "word") -> str:
    """Returns the spelling of one character; see the module."""
    return "".join(_set_apart(each, split) for each in _folded(chr(code_point)))


@cache
def spelling(split: str) -> Spelling:
    """Returns the table of a split, shared by the whole process."""
    return Spelling(split)


def tokens(text: str, split: str = "word") -> list[str]:
    """Splits a text into tokens."""
    text = _MARKUP.sub(_blank, text)
    if text.isascii():
        return _ASCII[split].findall(text.lower())
    return _separate_apostrophes(text.translate(spelling(split))).split()


def token_spans(text: str, split: str = "word") -> tuple[list[str], list[tuple[int, int]]]:
    """Splits a text into tokens and locates each: `(start, end)` in characters."""
    table = spelling(split)
    spelled = [table[ord(each)] for each in _MARKUP.sub(_blank, text)]
    # Setting apostrophes apart adds spaces only, so the other characters keep their order.
    sources = [at for at, each in enumerate(spelled) for letter in each if letter != " "]
    found = _separate_apostrophes("".join(spelled)).split()
    spans, done = [], 0
    for token in found:
        spans.append((sources[done], sources[done + len(token) - 1] + 1))
        done += len(token)
    return found, spans


def _blank(match: re.Match) -> str:
    return " " * len(match[0])


def _separate_apostrophes(spelled: str) -> str:
    if "'" in spelled:
        spelled = f" {spelled} "
        for pattern, replacement in _APOSTROPHES:
            spelled = pattern.sub(replacement, spelled)
    return spelled


def _set_apart(letter: str, split: str) -> str:
    """Surrounds a folded character with spaces if it is a token of its own."""
    if letter == " ":
        return " "
    alone = split == "character" or _is_symbol(letter) or _is_unspaced(letter)
    return f" {letter} " if alone else letter


def _is_symbol(letter: str) -> bool:
    if letter in "'\u3099\u309a":
        return letter != "'"
    return unicodedata.category(letter)[0] in "PSC"


def _folded(letter: str) -> str:
    """Removes case, width and free accents; returns " " for space and "" for joiners."""
    letter = _LOOK_ALIKE.get(letter, letter)
    category = unicodedata.category(letter)
    if letter.isspace() or category in ("Cc", "Cs", "Zs", "Zl", "Zp"):
        return " "
    if letter in ("\ufffd", _ZERO_WIDTH_SPACE):
        return " "
    if category == "Cf" or letter in _FREE_ACCENTS:
        return ""
    plain = unicodedata.normalize("NFKD", letter)
    if category[0] in "PSC":
        usable = len(plain) == 1 and unicodedata.category(plain)[0] in "PS"
        return _LOOK_ALIKE.get(plain, plain) if usable else letter
    if plain == letter == letter.casefold():  # Nothing below would change it.
        return letter
    folded, before = _without_accents(plain), None
    while folded != before:
        before = folded
        folded = _without_accents(unicodedata.normalize("NFKD", before.casefold()))
    if any("\u1100" <= each <= "\u11ff" or each in "\u3099\u309a" for each in folded):
        folded = unicodedata.normalize("NFC", folded)
    folded = "".join(" " if each.isspace() else _LOOK_ALIKE.get(each, each) for each in folded)
    return folded if len(folded) <= _LONGEST_SPELLING // 3 else letter


def _without_accents(text: str) -> str:
    return "".join(each for each in text if each not in _FREE_ACCENTS)


def _is_unspaced(letter: str) -> bool:
    """Returns whether a letter is of a script written without spaces."""
    place = bisect(_UNSPACED, (ord(letter), sys.maxunicode)) - 1
    return place >= 0 and ord(letter) <= _UNSPACED[place][1]
