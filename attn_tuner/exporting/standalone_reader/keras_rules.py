"""Writes the rules of a Keras `TextVectorization` as the table that the standalone reader reads."""

import string
from collections.abc import Mapping
from typing import Any

import numpy as np

from attn_tuner.errors import ExportError
from attn_tuner.exporting.standalone_reader.reader import ITSELF, NOTHING
from attn_tuner.inputs.truncation import head_tail_lengths

_WHITESPACE = " \t\n\v\f\r"  # What `tf.strings.split` splits at; it knows no other spaces.
_LOWER = ("lower", "lower_and_strip_punctuation")
_STRIP = ("strip_punctuation", "lower_and_strip_punctuation")
_SPACE = "\U0010ffff"  # Stands for a space that is a token, since the reader splits at spaces.
_PAGE = 256


def keras_facts(vectorizer: Any, max_length: int | None, truncation: str) -> dict:
    """Returns what `vectorizer.json` says of a layer: which characters split, vanish or change.

    Args:
        vectorizer: `KerasVectorizer`.
        max_length, truncation: of the bundle.

    Raises:
        ExportError: the table cannot hold a setting of the layer.
    """
    config = vectorizer.layer.get_config()
    standardize, split = config["standardize"], config["split"]
    if standardize not in (None, *_LOWER, *_STRIP):
        _refuse("standardize", standardize, "lower_and_strip_punctuation")
    if split not in ("whitespace", "character"):
        _refuse("split", split, "whitespace")
    if config["ngrams"] is not None:
        _refuse("ngrams", config["ngrams"], None)
    cut = config["output_sequence_length"]
    if cut is not None and max_length is not None and truncation != "head":
        if cut > max_length:
            _refuse("output_sequence_length", cut, None)
        max_length = None  # What the layer leaves is short enough.
    limit = min((each for each in (cut, max_length) if each is not None), default=None)
    spelled = _spelled(standardize, split)
    pages, rows, spellings = _arrays(spelled, split)
    words = vectorizer.vocabulary
    if split == "character":
        words = [token.replace(" ", _SPACE) for token in words]
    kept = limit and head_tail_lengths(limit, truncation if cut is None else "head")
    return {
        "split": split,
        "kept": kept,
        "markup": [],
        "apostrophes": [],
        "vocabulary": words,
        "pages": pages.tolist(),
        "rows": rows.tolist(),
        "spellings": spellings.tolist(),
    }


def _refuse(name: str, value: Any, instead: Any):
    raise ExportError(
        f"The TextVectorization layer has {name}={value!r}, which plain Python beside this format "
        f"cannot repeat. Make the layer with {name}={instead!r}, choose the savedmodel or keras "
        "format, or train with an attn_tuner.text.Vectorizer."
    )


def _spelled(standardize: str | None, split: str) -> dict[str, str]:
    """ASCII characters to what stands for them before the text is split; others stay."""
    found = {each: each for each in map(chr, range(128))}
    if standardize in _LOWER:  # TensorFlow lowers ASCII letters alone.
        found |= {each: each.lower() for each in string.ascii_uppercase}
    if standardize in _STRIP:
        found |= dict.fromkeys(string.punctuation, "")
    if split == "whitespace":
        return found | dict.fromkeys(_WHITESPACE, " ")
    return {each: f" {own.replace(' ', _SPACE)} " for each, own in found.items() if own} | {
        each: "" for each, own in found.items() if not own
    }


def _arrays(spelled: Mapping[str, str], split: str) -> tuple[np.ndarray, ...]:
    """Pages, rows and spellings, as `text.tf_tokenization.spelling_arrays` has them."""
    plain = (ITSELF,) if split == "whitespace" else (ord(" "), ITSELF, ord(" "))
    numbers = {plain: 0}
    table = np.zeros(0x110000, np.int32)
    for own, pattern in spelled.items():
        points = tuple(ITSELF if each == own != " " else ord(each) for each in pattern)
        table[ord(own)] = numbers.setdefault(points or (NOTHING,), len(numbers))
    rows, pages = np.unique(table.reshape(-1, _PAGE), axis=0, return_inverse=True)
    spellings = np.full((len(numbers), max(map(len, numbers))), NOTHING, np.int32)
    for points, number in numbers.items():
        spellings[number, : len(points)] = points
    return pages.ravel(), rows.ravel(), spellings
