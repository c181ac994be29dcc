"""load(): any source of texts and labels becomes a TextDataset."""

import logging

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import clean_labels, clean_texts, sorted_classes
from attn_tuner.text.dataset import ROLES, Split, TextDataset
from attn_tuner.text.loaders import RawData, loaders
from attn_tuner.text.splitting import hold_out, usual_fraction, without
from attn_tuner.text.tasks import Task, task_named
from attn_tuner.text.truths import check_every_label, guess_task, read_label_sets, read_numbers
from attn_tuner.text.unlabelled import apart, read_unlabelled

_log = logging.getLogger(__name__)


def load(
    source,
    text=None,
    label=None,
    validation=None,
    test=None,
    seed=0,
    task=None,
    unlabelled=None,
) -> TextDataset:
    """Reads texts and labels, and sees to it that they can be learned from and tested on.

    Parts that the source lacks are held out of the training part, class by class. Training texts
    that also stand in another part are removed.

    Args:
        source: a TFDS name, a file (CSV, TSV, JSON Lines, Parquet), a DataFrame, a tuple
            `(texts, labels)`, a `tf.data.Dataset` of such pairs, or `"demo"`.
        text: column of the texts; guessed where obvious.
        label: column of the labels; guessed where obvious.
        validation: another source of the same kinds, or the fraction to hold out.
        test: another source of the same kinds, or the fraction to hold out.
        seed: of the division into parts.
        task: "multilabel" or "regression"; guessed of lists of labels, of rows of 0 and 1, and of
            fractions. "binary" and "multiclass" take what could be either as classes.
        unlabelled: further texts of the same kind, as `read_unlabelled` takes them; those that
            also stand in the validation or test part are removed.

    Raises:
        DataError: the data cannot be used; says why and what would do.
    """
    raw = read(source, text, label)
    task = _task(task, raw)
    parts, fractions = dict(raw.parts), {}
    for role, given in (("validation", validation), ("test", test)):
        if isinstance(given, float):
            fractions[role] = _checked_fraction(role, given)
            parts.pop(role, None)
        elif given is not None:
            parts[role] = _part_of(read(given, text, label), role, raw.classes, task)
    splits, classes = (_as_splits if task.kind == "class" else _as_truths)(raw, parts, task)
    notes = list(raw.notes)
    train = _trimmed(splits.pop("train"), splits, notes)
    _check_classes(raw.name, train, classes, task)
    for role in ("test", "validation"):
        if role not in splits:
            fraction = fractions.get(role) or usual_fraction(len(train))
            leave = 2 if role == "test" and "validation" not in splits else 1
            train, splits[role] = hold_out(train, fraction, seed, len(classes), leave)
            notes.append(f"{len(splits[role]):,} training texts were held out for {role}.")
            train = _trimmed(train, {role: splits[role]}, notes)
            _check_each_class_is_left(raw.name, train, classes, task)
    further = raw.unlabelled
    if unlabelled is not None:
        further, removed = apart(read_unlabelled(unlabelled, text), splits.values())
        if removed:
            notes.append(
                f"{removed:,} unlabelled texts were removed: they also stand in the validation or "
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


def read(source, text=None, label=None) -> RawData:
    """What the source holds, through the loader that accepts it."""
    for name in loaders:
        loader = loaders[name]()
        if loader.accepts(source):
            return loader.read(source, text, label)
    shown = repr(source) if isinstance(source, str) else f"a {type(source).__name__}"
    raise DataError(
        f"No texts can be read from {shown}. Give a TFDS name, a file ending in .csv, .tsv, "
        ".jsonl or .parquet, a DataFrame, a tuple (texts, labels), a tf.data.Dataset or 'demo'."
    )


def _task(name: str | None, raw: RawData) -> Task:
    values = raw.parts["train"][1]
    return task_named(name or guess_task(values), len(raw.classes or ()))


def _part_of(raw: RawData, role: str, classes, task: Task):
    """The part of another source that serves as `role`: its own, else what it has."""
    texts, labels = raw.parts.get(role) or raw.parts["train"]
    if task.kind != "class":
        return texts, labels
    if raw.classes:
        labels = [raw.classes[label] for label in labels]
    if classes:
        index = {name: position for position, name in enumerate(classes)}
        labels = [index.get(name, name) for name in clean_labels(labels, raw.name)]
    return texts, labels


def _checked_texts(raw: RawData, parts):
    """(role, name for messages, texts, labels as they came) of each part."""
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


def _as_truths(raw: RawData, parts, task: Task):
    """Role -> Split, and the names of the labels, for other tasks than classes."""
    texts, found = {}, {}
    for role, where, own, labels in _checked_texts(raw, parts):
        texts[role] = own
        found[role] = read_numbers(labels, where) if task.kind == "number" else labels
    classes = ()
    if task.kind == "labels":
        found, classes = read_label_sets(found, raw.name, raw.classes)
    return {role: Split(texts[role], found[role]) for role in texts}, classes


def _as_splits(raw: RawData, parts, task: Task):
    """Role -> Split, and the class names."""
    texts, names = {}, {}
    for role, where, own, labels in _checked_texts(raw, parts):
        texts[role] = own
        if raw.classes:
            labels = [raw.classes[v] if not isinstance(v, str) else v for v in labels]
        names[role] = clean_labels(labels, where)
    classes = raw.classes or sorted_classes(names["train"])
    index = {name: position for position, name in enumerate(classes)}
    for role, given in names.items():
        strange = sorted(set(given) - set(index))
        if strange:
            raise DataError(
                f"{raw.name} ({role}) has the labels {', '.join(strange)}, which no training text "
                f"has. The classes in training: {', '.join(classes)}."
            )
    return {
        role: Split(texts[role], np.array([index[name] for name in names[role]], np.int32))
        for role in texts
    }, tuple(classes)


def _trimmed(train: Split, others, notes) -> Split:
    """Training without the texts of each other part; adds a note where any went."""
    for role, other in others.items():
        train, removed = without(train, [other])
        if removed:
            notes.append(
                f"{removed:,} training texts were removed: they also stand in the {role} part."
            )
    return train


def _checked_fraction(role, fraction) -> float:
    if not 0 < fraction < 1:
        raise DataError(f"The fraction for {role} is {fraction}. It should lie between 0 and 1.")
    return fraction


def _check_classes(name, train: Split, classes, task: Task):
    if task.kind != "class":
        return _check_each_class_is_left(name, train, classes, task)
    if len(classes) < 2:
        only = f" ('{classes[0]}')" if classes else ""
        raise DataError(f"{name} has one class only{only}. A classifier needs at least two.")
    counts = train.counts(len(classes))
    if len(train) and counts.max() == len(train):
        only = classes[int(counts.argmax())]
        raise DataError(f"{name} has one class only ('{only}'). A classifier needs at least two.")
    single = [classes[index] for index in np.flatnonzero(counts == 1)]
    if single:
        shown = ", ".join(f"'{each}'" for each in single[:5]) + (", ..." if single[5:] else "")
        plural = "Classes" if single[1:] else "Class"
        verb = "have" if single[1:] else "has"
        raise DataError(
            f"{plural} {shown} of {name} {verb} one example only, too few to train and to test. "
            "Add examples, join it with another class, or leave it out."
        )
    _check_each_class_is_left(name, train, classes, task)


def _check_each_class_is_left(name, train: Split, classes, task: Task):
    if task.kind == "labels":
        return check_every_label(name, train.labels, classes)
    if task.kind == "number":
        if len(np.unique(train.labels)) < 2:
            raise DataError(
                f"All training texts of {name} have the same number. There is nothing to learn."
            )
        return None
    absent = [classes[index] for index in np.flatnonzero(train.counts(len(classes)) == 0)]
    if absent:
        raise DataError(
            f"No training text of {name} is left for the classes {', '.join(absent)} once those "
            "that also stand in another part are removed. Give other test or validation data."
        )
