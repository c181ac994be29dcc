"""Builds the splits of a data set from its raw parts: class indices, a 0/1 matrix, or numbers."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.tasks import Task, number_names
from attn_tuner.text import dataset_notes
from attn_tuner.text.cleaning import clean_labels, clean_texts, sorted_classes
from attn_tuner.text.dataset import Split
from attn_tuner.text.label_spellings import count_names, merge_spellings
from attn_tuner.text.labels import (
    indices_to_names,
    is_class_index,
    is_one_hot,
    one_hot_to_classes,
    parse_label_sets,
    parse_numbers,
)
from attn_tuner.text.loaders.base import RawData
from attn_tuner.text.number_rows import parse_number_rows, same_width
from attn_tuner.text.raw_parts import RawPart

OTHER = "other"  # The class of texts whose own class has too few.


def class_splits(
    raw: RawData,
    parts: Mapping[str, RawPart],
    names: Mapping,
    notes: list[str],
    least: int | None,
    rare: str,
) -> tuple[dict[str, Split], tuple[str, ...]]:
    """Builds the splits of classes by role, and the class names.

    Args:
        raw: the source of the training part.
        parts: its parts and those of other sources, by role.
        names: class names that the source of each part declares, by role.
        notes: sentences for the user; more are added.
        least: training texts that a class should have; None for no limit.
        rare: "drop" or "other", what becomes of the texts of a class with fewer.
    """
    found, columns = {}, None
    for role, part in parts.items():
        labels = list(part.labels)
        if is_one_hot(labels):
            columns = names[role] or columns
            labels = one_hot_to_classes(labels, columns)
        elif names[role]:
            own = names[role]
            labels = [own[each] if is_class_index(each, own) else each for each in labels]
        found[role] = clean_labels(one_hot_to_classes(labels), part.where)
    known = None if columns else raw.classes
    called, said = merge_spellings(count_names(found.values()), known or ())
    notes += said
    found = {role: [called[name] for name in given] for role, given in found.items()}
    classes = known or sorted_classes(found["train"])
    if least is not None:
        parts, found, classes = _without_rare(raw.name, parts, found, classes, least, rare, notes)
    index = {name: position for position, name in enumerate(classes)}
    for role, given in found.items():
        strange = sorted(set(given) - set(index))
        if strange:
            raise DataError(
                f"{raw.name} ({role}) has the labels {', '.join(strange[:5])}, which no training "
                f"text has. The classes in training: {', '.join(classes)}."
            )
    if columns and (without_text := [name for name in columns if name not in called]):
        notes.append(dataset_notes.empty_columns_note(without_text))
    return {
        role: Split(
            clean_texts(part.texts, part.where),
            np.array([index[name] for name in found[role]], np.int32),
            **part.arrays(),
        )
        for role, part in parts.items()
    }, tuple(classes)


def other_splits(
    raw: RawData, parts: Mapping[str, RawPart], names: Mapping, task: Task, notes: list[str]
) -> tuple[dict[str, Split], tuple[str, ...]]:
    """Builds the splits of several labels per text or of numbers, and the label names.

    Args:
        raw, parts, names, notes: as for `class_splits`.
        task: of several labels, or of numbers, which have names where there are several.
    """
    texts, found, classes = {}, {}, ()
    columns = raw.classes or next((each for each in names.values() if each), None)
    for role, part in parts.items():
        texts[role], labels = clean_texts(part.texts, part.where), part.labels
        if task.several:
            found[role] = parse_number_rows(labels, part.where)
        elif task.kind == "number":
            found[role] = parse_numbers(one_hot_to_classes(labels), part.where)
        else:
            found[role] = indices_to_names(labels, names[role] or columns) if columns else labels
    if task.kind == "labels":
        found, classes, said = parse_label_sets(found, raw.name, columns)
        notes += said
    if task.several:
        classes = number_names(task.name, same_width(found, raw.name))
    return {
        role: Split(texts[role], found[role], **part.arrays()) for role, part in parts.items()
    }, classes


def _without_rare(
    name: str,
    parts: Mapping[str, RawPart],
    found: Mapping,
    classes: Sequence[str],
    least: int,
    rare: str,
    notes: list[str],
) -> tuple[Mapping[str, RawPart], Mapping[str, list[str]], tuple[str, ...]]:
    """Leaves out or joins the classes with fewer training texts than `least`.

    Returns:
        Parts, labels by role, and classes.
    """
    counts = Counter(found["train"])
    few = [each for each in classes if counts[each] < least]
    if not few:
        return parts, found, tuple(classes)
    enough = sum(counts[each] for each in {*few, OTHER}) >= least
    joined = rare == OTHER and enough
    notes += dataset_notes.rare_class_notes(name, few, counts, least, OTHER if joined else None)
    if joined:
        found = {role: [OTHER if x in few else x for x in given] for role, given in found.items()}
        return parts, found, sorted_classes({*classes, OTHER} - {*few} | {OTHER})
    dropped = {*few}
    rows = {
        role: [row for row, each in enumerate(given) if each not in dropped]
        for role, given in found.items()
    }
    return (
        {role: part.take(rows[role]) for role, part in parts.items()},
        {role: [given[row] for row in rows[role]] for role, given in found.items()},
        tuple(each for each in classes if each not in dropped),
    )
