"""Writes the notes on a data set: sentences about what a user should know."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attn_tuner.metrics import kind_of
from attn_tuner.text.dataset import Split
from attn_tuner.text.splitting import text_ids

_NAMED = 5  # Classes that a sentence names.


def held_out_note(role: str, part: Split) -> str:
    """Says how many texts were held out, and how many of them are distinct."""
    if not len(part):
        return (
            f"No text was held out for {role}: no class has more than two different texts, one for "
            f"training and one for validation. Add texts, or give {role} data."
        )
    different = _different(part.texts)
    copies = "" if different == len(part) else f", {different:,} different ones with their copies,"
    return f"{len(part):,} training texts{copies} were held out for {role}."


def repetition_notes(part: Split, classes: Sequence[str]) -> list[str]:
    """Says whether texts are repeated, and which text dominates a class."""
    text_of = text_ids(part.texts)
    copies = np.bincount(text_of)
    if not len(copies) or copies.max() == 1:
        return []
    said = [
        f"The {len(part):,} training texts contain {len(copies):,} distinct ones. Fractions of "
        "parts refer to distinct texts, and all copies of a text go to the same part."
    ]
    if kind_of(part.labels) != "class":
        return said
    for label, name in enumerate(classes):
        mine = np.bincount(text_of[part.labels == label], minlength=1)
        rows, most = int(mine.sum()), int(mine.max())
        if most > 1 and 2 * most > rows:
            text = part.texts[int(np.flatnonzero(text_of == mine.argmax())[0])]
            said.append(
                f"{most:,} of {rows:,} texts of class '{name}' are the same, {_shortened(text)}; "
                "they stay in training."
            )
    return said


def contradiction_notes(train: Split, splits: dict[str, Split]) -> list[str]:
    """Says how many texts occur with different labels."""
    parts = [train, *splits.values()]
    if kind_of(train.labels) != "class":
        return []
    labels: dict[str, int] = {}
    several = set()
    for part in parts:
        for text, label in zip(part.texts, part.labels.tolist(), strict=True):
            if labels.setdefault(text, label) != label:
                several.add(text)
    if not several:
        return []
    plural = "texts come" if len(several) > 1 else "text comes"
    example = _shortened(min(several))
    return [
        f"{len(several):,} {plural} with different classes, such as {example}: no model can get "
        "all of those right."
    ]


def missing_classes(labels: np.ndarray, classes: Sequence[str]) -> list[str]:
    """Returns the classes or labels that have no text among these."""
    labels = np.asarray(labels)
    if kind_of(labels) == "number":
        return []
    present = labels.any(axis=0) if labels.ndim == 2 else np.isin(np.arange(len(classes)), labels)
    return [name for name, there in zip(classes, present, strict=True) if not there]


def missing_class_notes(parts: dict[str, Split], classes: Sequence[str]) -> list[str]:
    """Writes one sentence for each part that lacks classes."""
    return [
        missing_class_note(role, absent, len(classes))
        for role, part in parts.items()
        if len(part) and (absent := missing_classes(part.labels, classes))
    ]


def missing_class_note(role: str, absent: Sequence[str], classes: int) -> str:
    """Writes the sentence on a part that lacks these classes."""
    named = _listed(absent)
    if len(absent) == 1:
        return (
            f"The {role} part has no text of class {named}: a score on it says nothing about "
            "that class."
        )
    return (
        f"The {role} part has no text of {len(absent)} of {classes} classes ({named}): a score on "
        "it says nothing about them."
    )


def rare_class_notes(
    name: str, few: Sequence[str], counts: Mapping[str, int], least: int, joined: str | None
) -> list[str]:
    """Writes what became of classes with fewer training texts than `least`.

    Args:
        name: str, name of the data in messages.
        few: names of these classes.
        counts: training texts by class.
        least: texts that a class should have.
        joined: name of the class that they became; None if they were left out.
    """
    texts = sum(counts[each] for each in few)
    done = "left out" if joined is None else f"joined as the class '{joined}'"
    return [
        f"Classes of {name} with fewer than {least} texts were {done}: {_listed(few)}, "
        f"together {texts:,} of {sum(counts.values()):,} texts."
    ]


def division_notes(parts: Mapping[str, Split], group: object, time: object) -> list[str]:
    """Says how many groups each part has, or that the latest texts are held out."""
    if group is not None:
        said = ", ".join(
            f"{role} {len(np.unique(part.groups)):,}"
            for role, part in parts.items()
            if part.groups is not None
        )
        return [f"No group of column '{group}' is in two parts. Groups: {said}."]
    if time is not None:
        return [f"The parts are divided by column '{time}': the latest texts are held out."]
    return []


def empty_columns_note(names: Sequence[str]) -> str:
    """Writes the sentence on columns of a one-hot matrix without any 1."""
    return f"Label columns without any 1 were ignored: {_listed(names)}."


def _listed(names: Any) -> str:
    return ", ".join(f"'{name}'" for name in names[:_NAMED]) + (", ..." if names[_NAMED:] else "")


def _different(texts: Any) -> int:
    return len(set(texts))


def _shortened(text: str, limit: int = 40) -> str:
    line = " ".join("".join(each if each.isprintable() else " " for each in text[:400]).split())
    return f"'{line}'" if len(line) <= limit else f"'{line[:limit]}...'"
