"""What a reader should know about a data set, in sentences."""

import numpy as np

from attn_tuner.metrics import kind_of
from attn_tuner.text.dataset import Split
from attn_tuner.text.splitting import numbered

_NAMED = 5  # Classes that a sentence names.


def held_out(role: str, part: Split) -> str:
    """How many texts were held out, and how many of them differ."""
    if not len(part):
        return (
            f"No text was held out for {role}: each class has two different texts at most, one to "
            f"learn from and one to choose by. Add texts, or give {role} data."
        )
    different = _different(part.texts)
    copies = "" if different == len(part) else f", {different:,} different ones with their copies,"
    return f"{len(part):,} training texts{copies} were held out for {role}."


def repeats(part: Split, classes) -> list[str]:
    """Whether texts are repeated and how they are divided then; what dominates a class."""
    text_of = numbered(part.texts)
    copies = np.bincount(text_of)
    if not len(copies) or copies.max() == 1:
        return []
    said = [
        f"The {len(part):,} training texts are {len(copies):,} different ones; shares of parts are "
        "counted in those, and a text goes to one part with all its copies."
    ]
    if kind_of(part.labels) != "class":
        return said
    for label, name in enumerate(classes):
        mine = np.bincount(text_of[part.labels == label], minlength=1)
        rows, most = int(mine.sum()), int(mine.max())
        if most > 1 and 2 * most > rows:
            text = part.texts[int(np.flatnonzero(text_of == mine.argmax())[0])]
            said.append(
                f"Of {rows:,} texts of class '{name}' {most:,} are the same, {_brief(text)}; they "
                "stay in training."
            )
    return said


def contradictions(train: Split, splits) -> list[str]:
    """How many texts come with several labels, where there is one a text."""
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
    example = _brief(min(several))
    return [
        f"{len(several):,} {plural} with different classes, such as {example}: no model can get "
        "all of those right."
    ]


def lacking_classes(labels: np.ndarray, classes) -> list[str]:
    """The classes or labels of which there is no text among these."""
    labels = np.asarray(labels)
    if kind_of(labels) == "number":
        return []
    present = labels.any(axis=0) if labels.ndim == 2 else np.isin(np.arange(len(classes)), labels)
    return [name for name, there in zip(classes, present, strict=True) if not there]


def lacking(parts: dict[str, Split], classes) -> list[str]:
    """A sentence for each part that lacks a class, for scores say nothing of that class."""
    return [
        lacks(role, absent, len(classes))
        for role, part in parts.items()
        if len(part) and (absent := lacking_classes(part.labels, classes))
    ]


def lacks(role: str, absent, classes: int) -> str:
    """The sentence on a part that has no text of these classes."""
    named = _listed(absent)
    if len(absent) == 1:
        return (
            f"The {role} part has no text of class {named}: a score on it says nothing of that "
            "class."
        )
    return (
        f"The {role} part has no text of {len(absent)} of {classes} classes ({named}): a score on "
        "it says nothing of them."
    )


def columns_without_text(names) -> str:
    """The sentence on columns of a one-hot matrix that stand on no text."""
    return f"Columns without a single 1 among the labels are no classes: {_listed(names)}."


def _listed(names) -> str:
    return ", ".join(f"'{name}'" for name in names[:_NAMED]) + (", ..." if names[_NAMED:] else "")


def _different(texts) -> int:
    return len(set(texts))


def _brief(text: str, limit: int = 40) -> str:
    line = " ".join("".join(each if each.isprintable() else " " for each in text[:400]).split())
    return f"'{line}'" if len(line) <= limit else f"'{line[:limit]}...'"
