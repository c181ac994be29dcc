"""Loads any source of texts and labels as a `TextDataset`."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.inputs.dataset import ROLES
from attn_tuner.tasks import Task, task_named
from attn_tuner.text import dataset_notes
from attn_tuner.text.column_choice import choose_columns
from attn_tuner.text.columns.reading import learn_columns
from attn_tuner.text.corrections import corrected
from attn_tuner.text.dataset import TextDataset
from attn_tuner.text.dataset_checks import (
    check_classes,
    check_fraction,
    check_seed,
)
from attn_tuner.text.dividing import hold_out_missing, scaled_weights, separate_parts
from attn_tuner.text.label_splits import class_splits, other_splits
from attn_tuner.text.labels import (
    guess_task,
    is_one_hot,
)
from attn_tuner.text.loaders.base import (
    COLUMN,
    DEFAULTS,
    EXTRAS,
    RawData,
    ReadOptions,
    Table,
    open_source,
)
from attn_tuner.text.raw_parts import RawPart, checked_part
from attn_tuner.text.unlabelled import read_unlabelled, remove_held_out

_log = logging.getLogger(__name__)


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
    corrections: Any = None,
    encoding: str | None = None,
    header: bool | None = None,
    word_index: Mapping[str, int] | None = None,
    features: str | Sequence[str] | None = None,
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
        corrections: path of a table of corrected labels; see `text.corrections`.
        encoding: str, encoding of text files; recognised if None.
        header: bool, whether the first line names the columns; recognised if None.
        word_index: mapping of word to id, for texts given as lists of ids.
        features: columns that a model reads beside the text, numbers and categories; see
            docs/columns.md.

    Raises:
        DataError: the data cannot be used; says why and what to do.
    """
    check_seed(seed)
    options = ReadOptions(
        *(text, label, weight, group, time, encoding, header, word_index),
        features=(features,) if isinstance(features, str) else tuple(features or ()),
    )
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
        if features and COLUMN not in extras:
            raise DataError(
                f"features= names columns, and there are none in {where}. Give a table, such as a "
                "DataFrame or a dict of columns."
            )
        parts[role], said = checked_part(
            where, each.parts[own], extras, options, task, drop_missing
        )
        notes += said
    names = {role: each.classes for role, (each, _) in sources.items()}
    answers = _task(task, parts, len(raw.classes or ()))
    if answers.kind == "class":
        splits, classes = class_splits(raw, parts, names, notes, min_per_class, rare_classes)
    elif min_per_class is not None:
        raise DataError(
            f"min_per_class is for data with one class per text, and this is {answers.name}. Leave "
            "it out."
        )
    else:
        splits, classes = other_splits(raw, parts, names, answers, notes)
    if corrections is not None:
        splits, note = corrected(splits, classes, corrections, raw.name, answers)
        notes.append(note)
    train = separate_parts(raw.name, splits, notes)
    notes += check_classes(raw.name, train, classes, answers)
    held_out = tuple(role for role in ROLES[1:] if role not in splits)
    train = hold_out_missing(raw.name, train, splits, classes, answers, fractions, seed, notes)
    if not features:  # Columns may tell equal texts apart.
        notes += dataset_notes.contradiction_notes(train, splits)
    notes += dataset_notes.missing_class_notes({"training": train, **splits}, classes)
    notes += dataset_notes.division_notes({"training": train, **splits}, group, time)
    train, splits = scaled_weights(train, splits, notes)
    if features:
        notes.append(learn_columns(raw.name, {"train": train, **splits}).sentence)
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
        held_out=held_out,
        label_column=raw.label_column,
    )


def read_source(source: Any, options: ReadOptions = DEFAULTS) -> RawData:
    """Reads a source with the loader that accepts it, and chooses its columns if it has any.

    What has been read, a `RawData`, is returned as it is.
    """
    found = source if isinstance(source, RawData) else open_source(source, options)
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
