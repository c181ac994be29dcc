"""Finds texts that are unlike the others: without words, too short, or in another script."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from attn_tuner.checking.checked_texts import CheckedTexts, Place
from attn_tuner.text.tokenization import tokens

_SHORT = 3  # Tokens below which a text is short,
_LONG = 20  # where the median text has this many.
_FEW = 0.05  # A script of fewer texts than this share is another than the data's.
_READ = 1_000  # Characters of a text in which letters are looked at.
_JAPANESE = ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HALFWIDTH")
NO_WORD, TOO_SHORT, OTHER_SCRIPT = "no word", "too short", "other script"


@dataclass(frozen=True)
class OddText:
    """A text that is unlike the others.

    Args:
        place: where it stands.
        text: str.
        label: str, its class.
        reason: "no word", "too short" or "other script".
        script: str, the script of most of its letters, as Unicode names them; "" for no letter.
    """

    place: Place
    text: str
    label: str
    reason: str
    script: str


def find_odd_texts(checked: CheckedTexts) -> tuple[OddText, ...]:
    """Finds texts without a letter or digit, much shorter than usual, or in a rare script.

    A text is too short with fewer than 3 tokens where the median text has 20 or more. Its script is
    that of most of its letters; a script is rare if fewer than 5 % of the texts are in it.

    Args:
        checked: texts of all parts.
    """
    lengths = np.array([_length(text) for text in checked.texts])
    scripts = [script_of(text) for text in checked.texts]
    counts = Counter(script for script in scripts if script)
    usual = {each for each, count in counts.items() if count >= _FEW * len(scripts)}
    long = len(lengths) > 0 and float(np.median(lengths)) >= _LONG
    reasons = [
        _reason(text, script, int(length), usual, long)
        for text, script, length in zip(checked.texts, scripts, lengths, strict=True)
    ]
    found = [
        OddText(
            checked.place(index),
            checked.texts[index],
            checked.classes[checked.labels[index]],
            reason,
            scripts[index],
        )
        for index, reason in enumerate(reasons)
        if reason
    ]
    order: Sequence[str] = (NO_WORD, OTHER_SCRIPT, TOO_SHORT)
    return tuple(sorted(found, key=lambda each: (order.index(each.reason), each.place)))


def script_of(text: str) -> str:
    """Returns the script of most letters of a text, such as "LATIN" or "CYRILLIC"; or "".

    Kana and ideographs count as one script, "CJK".
    """
    counts = Counter(_script(letter) for letter in text[:_READ] if letter.isalpha())
    return counts.most_common(1)[0][0] if counts else ""


@cache
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "UNKNOWN").split()[0]
    if name == "FULLWIDTH":
        return "LATIN"
    return "CJK" if name in _JAPANESE or name.startswith("CJK") else name


def _length(text: str) -> int:
    return len(tokens(text[: 100 * _LONG]))


def _reason(text: str, script: str, length: int, usual: set[str], long: bool) -> str:
    if not script and not any(map(str.isalnum, text)):
        return NO_WORD
    if usual and script and script not in usual:
        return OTHER_SCRIPT
    return TOO_SHORT if long and length < _SHORT else ""
