"""Checks that the parts of a bundle fit each other."""

from collections.abc import Sequence
from typing import Any

import keras

from attn_tuner.errors import ExportError
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.exporting.known_texts import KnownTexts
from attn_tuner.inputs.truncation import TRUNCATIONS
from attn_tuner.layers.ngram_regression import NgramRegression
from attn_tuner.layers.subword_embedding import SubwordEmbedding
from attn_tuner.tasks import task_named


def check_outputs(task: str, classes: Sequence[str], width: int) -> None:
    """Raises ExportError unless a model of so many outputs answers by these classes.

    Args:
        task: str, as `tasks.task_named` takes it.
        classes: sequence of str, names of classes or labels, or of the numbers of a forecast; empty
            for a regression.
        width: int, columns of the model's output.
    """
    answers = task_named(task, len(classes))
    if answers.several:
        if width != len(classes):
            raise ExportError(
                f"The model gives {width} numbers, and {len(classes)} are named: "
                f"{', '.join(classes) or 'none'}. Name each number of the forecast."
            )
    elif answers.kind == "number":
        if width != 1 or classes:
            raise ExportError(
                f"A regression gives one number per text and names no classes; the model gives "
                f"{width}, and {len(classes)} classes are named."
            )
    elif len(classes) < 2 or len(set(classes)) < len(classes):
        raise ExportError(f"A classifier needs at least 2 different classes; got {tuple(classes)}.")
    elif width != len(classes) and (task, width) != ("binary", 1):
        raise ExportError(
            f"The model gives {width} {'number' if width == 1 else 'numbers'} per text, but "
            f"{len(classes)} classes are named: {', '.join(classes) or 'none'}. "
            "Name one class per output; a single sigmoid output needs 2 names."
        )


def check_truncation(truncation: str) -> None:
    """Raises ExportError unless it says which part of a longer input stays."""
    if truncation not in TRUNCATIONS:
        raise ExportError(
            f"truncation is {truncation!r}. It should be one of {', '.join(TRUNCATIONS)}."
        )


def check_doubt(
    conformal: Conformal | None, known: KnownTexts | None, kind: str, width: int
) -> None:
    """Raises ExportError unless sets, intervals and known inputs are those of such answers.

    Args:
        conformal, known: of the bundle.
        kind: str, key of `metrics.MEASURES`.
        width: int, columns of the answers.
    """
    if conformal is not None:
        check_conformal(conformal, kind, width)
    if known is not None and kind != "class":
        raise ExportError("Known texts are told apart where each has one class. Leave out known.")


def check_conformal(conformal: Conformal, kind: str, width: int) -> None:
    """Raises ExportError unless the sets or intervals are those of such answers.

    Args:
        conformal: of the bundle.
        kind: str, key of `metrics.MEASURES`.
        width: int, columns of the answers.
    """
    if kind == "labels":
        raise ExportError(
            "Prediction sets are of texts with one class each, and intervals of numbers; this "
            "model gives several labels. Leave out conformal."
        )
    if len(conformal.at) != width:
        raise ExportError(
            f"The prediction sets have {len(conformal.at)} thresholds and the answers {width} "
            "columns. Give one threshold for each class, or one half width for a number."
        )


def subword_layers(model: keras.Model) -> list[SubwordEmbedding]:
    """Lists the layers of a model that read the parts of words."""
    return [layer for layer in model.layers if isinstance(layer, SubwordEmbedding)]


def part_readers(model: keras.Model) -> list[tuple[int, int, int]]:
    """Lists the words, beginnings and ends whose parts each layer of a model reads."""
    found = [(each.vocabulary_size, each.beginnings, each.ends) for each in subword_layers(model)]
    linear = [layer for layer in model.layers if isinstance(layer, NgramRegression)]
    return found + [each.reads_parts for each in linear if each.reads_parts]


def check_parts(vectorizer: Any, read: Sequence[tuple[int, int, int]]) -> None:
    """Raises ExportError unless the parts that layers read are those of the vectorizer.

    Args:
        vectorizer: of the bundle.
        read: what `part_readers` lists.
    """
    subwords = getattr(vectorizer, "subwords", None)
    if subwords is None:
        raise ExportError(
            f"The model reads parts of words, which a {type(vectorizer).__name__} does not give. "
            "Pass the attn_tuner.text.Vectorizer that the model was trained with."
        )
    given = (len(subwords.vocabulary), 1 + len(subwords.beginnings), 1 + len(subwords.ends))
    if any(given != each for each in read):
        raise ExportError(
            f"The vocabulary has {given[0]:,} words, and the model reads the parts of the "
            f"{read[0][0]:,} words of another. Pass the vectorizer that the model "
            "was trained with."
        )
