"""Loads any source of texts and labels as a `TextDataset`."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.tasks import Task, task_named
from attn_tuner.text import dataset_notes
from attn_tuner.text.cleaning import clean_labels, clean_texts, sorted_classes
from attn_tuner.text.column_choice import choose_columns
from attn_tuner.text.dataset import ROLES, Split, TextDataset
from attn_tuner.text.dataset_checks import (
    check_classes,
    check_each_class_is_left,
    check_fraction,
    check_seed,
)
from attn_tuner.text.grouped_splitting import hold_out_groups, hold_out_latest, remove_groups_of
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
from attn_tuner.text.loaders.base import DEFAULTS, EXTRAS, RawData, ReadOptions, Table, open_source
from attn_tuner.text.raw_parts import RawPart, checked_part
from attn_tuner.text.splitting import default_fraction, hold_out, remove_texts_of, text_ids
from attn_tuner.text.unlabelled import read_unlabelled, remove_held_out

_log = logging.getLogger(__name__)

OTHER = "other"  # The class of texts whose own class has too few.


def load(
    source: Any,
    text: Any = None,
    label: Any = None,
    validation: Any = None,
    test: Any = None,
    seed: int = 0,
    task: str | None = None,
    unlabelled: Any = None,
    *,
    weight: Any = None,
    group: Any = None,
    time: Any = None,
    drop_missing: bool = False,
    min_per_class: int | None = None,
    rare_classes: str = "drop",
    encoding: str | None = None,
    header: bool | None = None,
    word_index: Mapping[str, int] | None = None,
) -> TextDataset:
    """Reads texts and labels, checks them and divides them into parts.

    Parts that the source lacks are held out of the training part, stratified by class; all copies
    of a text go to the same part. Training texts that are also in a given validation or test part
    are removed.

    Args:
        source: a TFDS name; a file, a pattern of files, a folder, a URL or "-" for standard input;
            a DataFrame or a dict of columns; `(texts, labels)` or a list of such pairs; a pair
            `((texts, labels), (texts, labels))` of training and test; a `tf.data.Dataset` of
            pairs; or `"demo"`. docs/data.md has them all.
        text: str, column of the texts, or a list of columns to join; guessed if there is one
            obvious choice. `"review.body"` reaches into nested records.
        label: str, column of the labels, or a list of columns of 0 and 1; guessed likewise.
        validation: another source of any kind, or float, the fraction to hold out.
        test: another source of any kind, or float, the fraction to hold out.
        seed: int, for the division into parts.
        task: "binary", "multiclass", "multilabel" or "regression". By default lists of labels, and
            rows of 0 and 1 that are not one-hot, are "multilabel"; fractions are "regression"; all
            else is classes.
        unlabelled: further texts of the same kind, as `read_unlabelled` takes them; those that also
            stand in the validation or test part are removed.
        weight: str, column of sample weights, which count in training and in the linear baseline.
        group: str, column of groups, such as patients, that are not divided.
        time: str, column of times; the latest texts are held out. Not with `group`.
        drop_missing: bool, whether rows without text or label are left out.
        min_per_class: int, training texts that a class should have; see `rare_classes`.
        rare_classes: "drop" leaves out texts of classes with fewer, "other" makes them one class.
        encoding: str, encoding of text files; recognised if None.
        header: bool, whether the first line names the columns; recognised if None.
        word_index: mapping of word to id, for texts given as lists of ids.

    Raises:
        DataError: the data cannot be used; says why and what to do.
    """
    check_seed(seed)
    options = ReadOptions(text, label, weight, group, time, encoding, header, word_index)
    raw = read_source(source, options)
    for name in EXTRAS:
        if getattr(options, name) is not None and name not in raw.extras.get("train", {}):
            raise DataError(
                f"{name}= names a column, and {raw.name} has no columns. Give a table, such as a "
                "DataFrame or a dict of columns."
            )
    sources, fractions = {role: (raw, role) for role in raw.parts}, {}
    for role, given in (("validation", validation), ("test", test)):
        if isinstance(given, float):
            fractions[role] = check_fraction(role, given)
            sources.pop(role, None)
        elif given is not None:
            other = read_source(given, replace(options, strict=False))
            sources[role] = (other, role if role in other.parts else "train")
    notes = list(dict.fromkeys(note for each, _ in sources.values() for note in each.notes))
    parts = {}
    for role in ROLES:
        if role not in sources:
            continue
        where = raw.name if len(sources) == 1 else f"{raw.name} ({role})"
        each, own = sources[role]
        extras = each.extras.get(own, {})
        parts[role], said = checked_part(
            where, each.parts[own], extras, options, task, drop_missing
        )
        notes += said
    names = {role: each.classes for role, (each, _) in sources.items()}
    answers = _task(task, parts, len(raw.classes or ()))
    if answers.kind == "class":
        splits, classes = _class_splits(raw, parts, names, notes, min_per_class, rare_classes)
    elif min_per_class is not None:
        raise DataError(
            f"min_per_class is for data with one class per text, and this is {answers.name}. Leave "
            "it out."
        )
    else:
        splits, classes = _other_splits(raw, parts, names, answers, notes)
    train = _separate_parts(raw.name, splits, notes)
    notes += check_classes(raw.name, train, classes, answers)
    train = _hold_out_missing(raw.name, train, splits, classes, answers, fractions, seed, notes)
    notes += dataset_notes.contradiction_notes(train, splits)
    notes += dataset_notes.missing_class_notes({"training": train, **splits}, classes)
    notes += dataset_notes.division_notes({"training": train, **splits}, group, time)
    train, splits = _scaled_weights(train, splits, notes)
    further = raw.unlabelled
    if unlabelled is not None:
        further, removed = remove_held_out(
            read_unlabelled(unlabelled, text, encoding), splits.values()
        )
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


def read_source(source: Any, options: ReadOptions = DEFAULTS) -> RawData:
    """Reads a source with the loader that accepts it, and chooses its columns if it has any."""
    found = open_source(source, options)
    return choose_columns(found, options) if isinstance(found, Table) else found


def _task(name: str | None, parts: Mapping[str, RawPart], classes: int) -> Task:
    if not name:
        labels = parts["train"].labels
        name = guess_task(labels)
        if (
            name is None
            and is_one_hot(labels)
            and not all(is_one_hot(part.labels) for part in parts.values())
        ):
            name = "multilabel"  # Training rows are one-hot by chance.
    return task_named(name, classes)


def _other_splits(
    raw: RawData, parts: Mapping[str, RawPart], names: Mapping, task: Task, notes: list[str]
):
    """Builds the splits of several labels per text or of numbers, and the label names."""
    texts, found, classes = {}, {}, ()
    columns = raw.classes or next((each for each in names.values() if each), None)
    for role, part in parts.items():
        texts[role], labels = clean_texts(part.texts, part.where), part.labels
        if task.kind == "number":
            found[role] = parse_numbers(one_hot_to_classes(labels), part.where)
        else:
            found[role] = indices_to_names(labels, names[role] or columns) if columns else labels
    if task.kind == "labels":
        found, classes, said = parse_label_sets(found, raw.name, columns)
        notes += said
    return {
        role: Split(texts[role], found[role], **part.arrays()) for role, part in parts.items()
    }, classes


def _class_splits(
    raw: RawData,
    parts: Mapping[str, RawPart],
    names: Mapping,
    notes: list[str],
    least: int | None,
    rare: str,
):
    """Builds the splits of classes, and the class names.

    Args:
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


def _without_rare(
    name: str,
    parts: Mapping[str, RawPart],
    found: Mapping,
    classes: Sequence[str],
    least: int,
    rare: str,
    notes: list[str],
):
    """Leaves out or joins the classes with fewer training texts than `least`.

    Returns:
        Parts, labels by role, and classes.
    """
    counts = Counter(found["train"])
    few = [each for each in classes if counts[each] < least]
    notes += dataset_notes.rare_class_notes(name, few, counts, least, rare)
    joined = sum(counts[each] for each in (*few, OTHER))
    if rare == OTHER and joined >= least:
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


def _separate_parts(name: str, splits: dict[str, Split], notes: list[str]) -> Split:
    """Removes texts that occur in several parts from all but one; returns training.

    A text that stands in several parts stays in the test part, else in the validation part.
    """
    train = splits.pop("train")
    for role, other in splits.items():
        train, removed = remove_groups_of(train, other)
        if removed:
            notes.append(
                f"{removed:,} training texts were removed: their group is also in the {role} part."
            )
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


def _hold_out_missing(
    name: str,
    train: Split,
    splits: dict[str, Split],
    classes: Sequence[str],
    task: Task,
    fractions: Mapping,
    seed: int,
    notes: list[str],
) -> Split:
    """Holds the missing parts out of training; returns what remains of it."""
    missing = [role for role in ("test", "validation") if role not in splits]
    if missing and train.groups is None and train.times is None:
        notes += dataset_notes.repetition_notes(train, classes)
    for role in missing:
        texts = int(text_ids(train.texts).max()) + 1
        leave = 2 if role == "test" and "validation" not in splits else 1
        fraction = fractions.get(role) or default_fraction(texts)
        if train.groups is not None:
            train, held = hold_out_groups(train, fraction, seed, len(classes), name)
        elif train.times is not None:
            train, held = hold_out_latest(train, fraction, name)
        else:
            train, held = hold_out(train, fraction, seed, len(classes), leave)
        splits[role] = held
        if role == "validation" and not len(splits[role]):
            raise DataError(
                f"No training text of {name} can be held out for validation: each is needed so "
                "that its class keeps one for training. Add texts, or give validation data."
            )
        notes.append(dataset_notes.held_out_note(role, splits[role]))
        train, removed = remove_texts_of(train, [held])
        if removed:
            notes.append(
                f"{removed:,} training texts were removed: they are also in the {role} part."
            )
        check_each_class_is_left(name, train, classes, task)
    return train


def _scaled_weights(
    train: Split, splits: Mapping[str, Split], notes: list[str]
) -> tuple[Split, dict]:
    """Scales weights to a mean of 1 in training, so that a learning rate means the same."""
    if train.weights is None:
        return train, dict(splits)
    notes.append(
        "Sample weights count in the training of models and of the linear baseline; scores count "
        "every text once."
    )
    mean = float(train.weights.mean())
    if not mean:
        raise DataError("All training texts have the weight 0. There is nothing to learn.")
    scaled = [
        each if each.weights is None else replace(each, weights=each.weights / np.float32(mean))
        for each in (train, *splits.values())
    ]
    return scaled[0], dict(zip(splits, scaled[1:], strict=True))
