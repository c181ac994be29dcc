"""Loads any source of texts and labels as a `TextDataset`."""

import logging
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.tasks import Task, task_named
from attn_tuner.text import dataset_notes
from attn_tuner.text.cleaning import clean_labels, clean_texts, sorted_classes
from attn_tuner.text.dataset import ROLES, Split, TextDataset
from attn_tuner.text.dataset_checks import (
    check_classes,
    check_each_class_is_left,
    check_fraction,
    check_seed,
)
from attn_tuner.text.label_spellings import count_names, merge_spellings
from attn_tuner.text.labels import (
    guess_task,
    indices_to_names,
    is_class_index,
    is_one_hot,
    one_hot_to_classes,
    parse_label_sets,
    parse_numbers,
)
from attn_tuner.text.loaders import RawData, loaders
from attn_tuner.text.splitting import default_fraction, hold_out, remove_texts_of, text_ids
from attn_tuner.text.unlabelled import read_unlabelled, remove_held_out

_log = logging.getLogger(__name__)


def load(
    source: Any,
    text: str | None = None,
    label: str | None = None,
    validation: Any = None,
    test: Any = None,
    seed: int = 0,
    task: str | None = None,
    unlabelled: Any = None,
) -> TextDataset:
    """Reads texts and labels, checks them and divides them into parts.

    Parts that the source lacks are held out of the training part, stratified by class; all copies
    of a text go to the same part. Training texts that are also in a given validation or test part
    are removed.

    Args:
        source: a TFDS name; a file (CSV, TSV, JSON, JSON Lines, Parquet; packed as .gz, .bz2 or
            .xz); a DataFrame or a dict of columns; `(texts, labels)` or a list of such pairs; a
            pair `((texts, labels), (texts, labels))` of training and test; a `tf.data.Dataset` of
            pairs; or `"demo"`.
        text: str, column of the texts; guessed if there is one obvious choice.
        label: str, column of the labels; guessed if there is one obvious choice.
        validation: another source of any kind, or float, the fraction to hold out.
        test: another source of any kind, or float, the fraction to hold out.
        seed: int, for the division into parts.
        task: "binary", "multiclass", "multilabel" or "regression". By default lists of labels, and
            rows of 0 and 1 that are not one-hot, are "multilabel"; fractions are "regression"; all
            else is classes.
        unlabelled: further texts of the same kind, as `read_unlabelled` takes them; those that also
            stand in the validation or test part are removed.

    Raises:
        DataError: the data cannot be used; says why and what to do.
    """
    check_seed(seed)
    raw = read_source(source, text, label)
    sources, fractions = {role: (raw, role) for role in raw.parts}, {}
    for role, given in (("validation", validation), ("test", test)):
        if isinstance(given, float):
            fractions[role] = check_fraction(role, given)
            sources.pop(role, None)
        elif given is not None:
            other = read_source(given, text, label)
            sources[role] = (other, role if role in other.parts else "train")
    parts = {role: each.parts[own] for role, (each, own) in sources.items()}
    names = {role: each.classes for role, (each, _) in sources.items()}
    task = _task(task, parts, len(raw.classes or ()))
    notes = list(raw.notes)
    build_splits = _class_splits if task.kind == "class" else _other_splits
    splits, classes = build_splits(raw, parts, names, task, notes)
    train = _separate_parts(raw.name, splits, notes)
    check_classes(raw.name, train, classes, task)
    train = _hold_out_missing(raw.name, train, splits, classes, task, fractions, seed, notes)
    notes += dataset_notes.contradiction_notes(train, splits)
    notes += dataset_notes.missing_class_notes({"training": train, **splits}, classes)
    further = raw.unlabelled
    if unlabelled is not None:
        further, removed = remove_held_out(read_unlabelled(unlabelled, text), splits.values())
        if removed:
            notes.append(
                f"{removed:,} unlabelled texts were removed: they are also in the validation or "
                "test part."
            )
    for note in notes:
        _log.info(note)
    return TextDataset(
        name=raw.name,
        train=train,
        validation=splits["validation"],
        test=splits["test"],
        classes=classes,
        unlabelled=further,
        notes=tuple(notes),
    )


def read_source(source: Any, text: str | None = None, label: str | None = None) -> RawData:
    """Reads a source with the loader that accepts it."""
    for name in loaders:
        loader = loaders[name]()
        if loader.accepts(source):
            return loader.read(source, text, label)
    shown = repr(source) if isinstance(source, str) else f"a {type(source).__name__}"
    raise DataError(
        f"No texts can be read from {shown}. Give a TFDS name, a file ending in .csv, .tsv, "
        ".json, .jsonl or .parquet, a DataFrame, a dict of columns, a tuple (texts, labels), a "
        "list of (text, label) pairs, a tf.data.Dataset or 'demo'."
    )


def _task(name: str | None, parts, classes: int) -> Task:
    if not name:
        labels = parts["train"][1]
        name = guess_task(labels)
        if (
            name is None
            and is_one_hot(labels)
            and not all(is_one_hot(y) for _, y in parts.values())
        ):
            name = "multilabel"  # Training rows are one-hot by chance.
    return task_named(name, classes)


def _checked_texts(raw: RawData, parts):
    """Yields role, name for messages, texts and raw labels of each part."""
    for role in ROLES:
        if role not in parts:
            continue
        where = raw.name if len(parts) == 1 else f"{raw.name} ({role})"
        values, labels = parts[role]
        if len(values) != len(labels):
            raise DataError(
                f"{where} has {len(values)} texts and {len(labels)} labels. "
                "Each text needs one label."
            )
        if len(values) == 0:
            raise DataError(f"{where} holds no rows. It needs texts with their labels.")
        yield role, where, clean_texts(values, where), labels


def _other_splits(raw: RawData, parts, names, task: Task, notes):
    """Builds the splits of several labels per text or of numbers, and the label names."""
    texts, found, classes = {}, {}, ()
    columns = raw.classes or next((each for each in names.values() if each), None)
    for role, where, own, labels in _checked_texts(raw, parts):
        texts[role] = own
        if task.kind == "number":
            found[role] = parse_numbers(one_hot_to_classes(labels), where)
        else:
            found[role] = indices_to_names(labels, names[role] or columns) if columns else labels
    if task.kind == "labels":
        found, classes, said = parse_label_sets(found, raw.name, columns)
        notes += said
    return {role: Split(texts[role], found[role]) for role in texts}, classes


def _class_splits(raw: RawData, parts, names, task: Task, notes):
    """Builds the splits of classes, and the class names."""
    texts, found, columns = {}, {}, None
    for role, where, own, labels in _checked_texts(raw, parts):
        texts[role] = own
        labels = list(labels)
        if is_one_hot(labels):
            columns = names[role] or columns
            labels = one_hot_to_classes(labels, columns)
        elif names[role]:
            own = names[role]
            labels = [own[each] if is_class_index(each, own) else each for each in labels]
        found[role] = clean_labels(one_hot_to_classes(labels), where)
    known = None if columns else raw.classes
    called, said = merge_spellings(count_names(found.values()), known or ())
    notes += said
    found = {role: [called[name] for name in given] for role, given in found.items()}
    classes = known or sorted_classes(found["train"])
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
        role: Split(texts[role], np.array([index[name] for name in found[role]], np.int32))
        for role in texts
    }, tuple(classes)


def _separate_parts(name, splits, notes) -> Split:
    """Removes texts that occur in several parts from all but one; returns training.

    A text that stands in several parts stays in the test part, else in the validation part.
    """
    train = splits.pop("train")
    for role, other in splits.items():
        train, removed = remove_texts_of(train, [other])
        if removed:
            notes.append(
                f"{removed:,} training texts were removed: they are also in the {role} part."
            )
    if "validation" in splits and "test" in splits:
        kept, removed = remove_texts_of(splits["validation"], [splits["test"]])
        if removed and not len(kept):
            raise DataError(
                f"All validation texts of {name} are also in the test part, so the test would not "
                "be independent. Give other validation texts, or none: some are then held out of "
                "training."
            )
        if removed:
            splits["validation"] = kept
            notes.append(
                f"{removed:,} validation texts were removed: they are also in the test part."
            )
    return train


def _hold_out_missing(name, train, splits, classes, task, fractions, seed, notes) -> Split:
    """Holds the missing parts out of training; returns what remains of it."""
    missing = [role for role in ("test", "validation") if role not in splits]
    if missing:
        notes += dataset_notes.repetition_notes(train, classes)
    for role in missing:
        texts = int(text_ids(train.texts).max()) + 1
        leave = 2 if role == "test" and "validation" not in splits else 1
        fraction = fractions.get(role) or default_fraction(texts)
        train, splits[role] = hold_out(train, fraction, seed, len(classes), leave)
        if role == "validation" and not len(splits[role]):
            raise DataError(
                f"No training text of {name} can be held out for validation: each is needed so "
                "that its class keeps one for training. Add texts, or give validation data."
            )
        notes.append(dataset_notes.held_out_note(role, splits[role]))
        check_each_class_is_left(name, train, classes, task)
    return train
