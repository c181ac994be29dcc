"""Reads the labelled rows that a model is to learn from besides those of its search."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.storage.plan import Plan
from attn_tuner.text.cleaning import (
    clean_texts,
    is_blank,
    is_missing_label,
    sorted_classes,
)
from attn_tuner.text.dataset import Split
from attn_tuner.text.label_spellings import as_classes
from attn_tuner.text.labels import is_class_index, one_hot_to_classes
from attn_tuner.text.loaders.base import RawData, ReadOptions
from attn_tuner.text.loading import read_source

FEWEST = 5  # Rows of a new class; fewer may be slips of the pen.
_NAMED = 5  # Labels that a sentence names.


@dataclass(frozen=True, eq=False)
class NewRows:
    """Texts with the numbers of their classes.

    Args:
        split: the rows.
        classes: names by number, those of the search first, then the new ones by name.
        known: int, number of classes of the search.
        notes: tuple of str, sentences on rows that were left out.
    """

    split: Split
    classes: tuple[str, ...]
    known: int
    notes: tuple[str, ...] = ()

    @property
    def new_classes(self) -> tuple[str, ...]:
        """Names of the classes that the search did not know."""
        return self.classes[self.known :]


def read_rows(source: Any, plan: Plan, text: Any = None, label: str | None = None) -> NewRows:
    """Reads texts and labels; a label that is no class of the search is a new class.

    Rows without text or label are left out, and so are those of new classes with fewer than
    `FEWEST` rows.

    Args:
        source: as `search` takes it; all its parts are read.
        plan: of the search, whose columns are read unless others are named.
        text: str, column of the texts, or a list of columns to join.
        label: str, column of the labels.

    Raises:
        DataError: no row can be learnt from.
    """
    asked = plan.asked.get("label")
    usual = plan.label_column or (asked if isinstance(asked, str) else None)
    columns = list(plan.text_columns)
    options = ReadOptions(
        text=text or (columns if columns[1:] else columns[0] if columns else None),
        label=label or usual,
    )
    raw = read_source(source, options)
    texts, labels = _rows_of(raw)
    there = [
        row
        for row, (words, name) in enumerate(zip(texts, labels, strict=True))
        if not is_blank(words) and not is_missing_label(name)
    ]
    if not there:
        raise DataError(
            f"None of the {len(texts):,} rows of {raw.name} has a text and a label. An update "
            "learns from rows that have both."
        )
    names = as_classes([labels[row] for row in there], plan.classes, raw.name)
    rare = _rare(names, plan.classes)
    kept = [place for place, name in enumerate(names) if name not in rare]
    if not kept:
        raise DataError(
            f"None of the {len(there):,} labelled rows of {raw.name} is of a class of the search, "
            f"such as '{plan.classes[0]}', and no other label has {FEWEST} rows, which a new class "
            f"needs; the first label is '{names[0]}'. Write the names of the classes as the search "
            "has them, or give more rows."
        )
    new = set(names) - set(plan.classes) - set(rare)
    classes = (*plan.classes, *sorted_classes(new))
    number = {name: place for place, name in enumerate(classes)}
    split = Split(
        clean_texts([texts[there[place]] for place in kept], raw.name),
        np.array([number[names[place]] for place in kept], np.int32),
    )
    return NewRows(split, classes, len(plan.classes), _notes(len(texts) - len(there), rare))


def _rows_of(raw: RawData) -> tuple[list, list]:
    """Joins the parts of a source; indices of classes become names."""
    texts: list = []
    labels: list = []
    for own, given in raw.parts.values():
        texts += list(own)
        labels += one_hot_to_classes(list(given), raw.classes)
    if raw.classes:
        named = raw.classes
        labels = [named[each] if is_class_index(each, named) else each for each in labels]
    return texts, labels


def _rare(names: Sequence[str], classes: Sequence[str]) -> dict[str, int]:
    """Counts the labels that are no class of the search and have too few rows to be one."""
    counts = Counter(names)
    return {name: count for name, count in counts.items() if name not in classes and count < FEWEST}


def _notes(blank: int, rare: dict[str, int]) -> tuple[str, ...]:
    said = []
    if blank:
        said.append(f"{blank:,} rows without text or label were left out.")
    if rare:
        listed = ", ".join(f"'{name}'" for name in sorted(rare)[:_NAMED])
        said.append(
            f"{sum(rare.values()):,} rows were left out: their labels are no classes of the search "
            f"and have fewer than {FEWEST} rows each: {listed}"
            f"{' and others' if len(rare) > _NAMED else ''}."
        )
    return tuple(said)
