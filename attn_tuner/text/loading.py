"""load(): any source of texts and labels becomes a TextDataset."""

import logging

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.tasks import Task, task_named
from attn_tuner.text import dataset_notes as remarks
from attn_tuner.text.cleaning import clean_labels, clean_texts, sorted_classes
from attn_tuner.text.dataset import ROLES, Split, TextDataset
from attn_tuner.text.dataset_checks import (
    check_classes,
    check_each_class_is_left,
    check_fraction,
    check_seed,
)
from attn_tuner.text.label_spellings import count_names, one_name_each
from attn_tuner.text.labels import (
    as_classes,
    as_names,
    guess_task,
    is_number_of,
    is_one_hot,
    read_label_sets,
    read_numbers,
)
from attn_tuner.text.loaders import RawData, loaders
from attn_tuner.text.splitting import hold_out, numbered, usual_fraction, without
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

    Parts that the source lacks are held out of the training part: its distinct texts are divided,
    class by class, and a text goes to one part with all its copies. Training texts that also
    stand in a part that was given are removed.

    Args:
        source: a TFDS name; a file (CSV, TSV, JSON, JSON Lines, Parquet; packed as .gz, .bz2 or
            .xz); a DataFrame or a dict of columns; `(texts, labels)` or a list of such pairs; a
            pair `((texts, labels), (texts, labels))` of training and test; a `tf.data.Dataset` of
            pairs; or `"demo"`.
        text: column of the texts; guessed where obvious.
        label: column of the labels; guessed where obvious.
        validation: another source of the same kinds, or the fraction to hold out.
        test: another source of the same kinds, or the fraction to hold out.
        seed: of the division into parts.
        task: "multilabel" or "regression"; guessed of lists of labels, of rows of 0 and 1 that
            have other than one 1 each, and of fractions. "binary" and "multiclass" take what
            could be either as classes.
        unlabelled: further texts of the same kind, as `read_unlabelled` takes them; those that
            also stand in the validation or test part are removed.

    Raises:
        DataError: the data cannot be used; says why and what would do.
    """
    check_seed(seed)
    raw = read(source, text, label)
    sources, fractions = {role: (raw, role) for role in raw.parts}, {}
    for role, given in (("validation", validation), ("test", test)):
        if isinstance(given, float):
            fractions[role] = check_fraction(role, given)
            sources.pop(role, None)
        elif given is not None:
            other = read(given, text, label)
            sources[role] = (other, role if role in other.parts else "train")
    parts = {role: each.parts[own] for role, (each, own) in sources.items()}
    names = {role: each.classes for role, (each, _) in sources.items()}
    task = _task(task, parts, len(raw.classes or ()))
    notes = list(raw.notes)
    read_truths = _as_splits if task.kind == "class" else _as_truths
    splits, classes = read_truths(raw, parts, names, task, notes)
    train = _apart(raw.name, splits, notes)
    check_classes(raw.name, train, classes, task)
    train = _held_out(raw.name, train, splits, classes, task, fractions, seed, notes)
    notes += remarks.contradictions(train, splits)
    notes += remarks.lacking({"training": train, **splits}, classes)
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
            name = "multilabel"  # No row has two labels by chance.
    return task_named(name, classes)


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


def _as_truths(raw: RawData, parts, names, task: Task, notes):
    """Role -> Split, and the names of the labels, for other tasks than classes."""
    texts, found, classes = {}, {}, ()
    columns = raw.classes or next((each for each in names.values() if each), None)
    for role, where, own, labels in _checked_texts(raw, parts):
        texts[role] = own
        if task.kind == "number":
            found[role] = read_numbers(as_classes(labels), where)
        else:
            found[role] = as_names(labels, names[role] or columns) if columns else labels
    if task.kind == "labels":
        found, classes, said = read_label_sets(found, raw.name, columns)
        notes += said
    return {role: Split(texts[role], found[role]) for role in texts}, classes


def _as_splits(raw: RawData, parts, names, task: Task, notes):
    """Role -> Split, and the class names."""
    texts, found, columns = {}, {}, None
    for role, where, own, labels in _checked_texts(raw, parts):
        texts[role] = own
        labels = list(labels)
        if is_one_hot(labels):
            columns = names[role] or columns
            labels = as_classes(labels, columns)
        elif names[role]:
            own = names[role]
            labels = [own[each] if is_number_of(each, own) else each for each in labels]
        found[role] = clean_labels(as_classes(labels), where)
    known = None if columns else raw.classes
    called, said = one_name_each(count_names(found.values()), known or ())
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
        notes.append(remarks.columns_without_text(without_text))
    return {
        role: Split(texts[role], np.array([index[name] for name in found[role]], np.int32))
        for role in texts
    }, tuple(classes)


def _apart(name, splits, notes) -> Split:
    """Takes training out of the parts, without the texts of the others; these apart as well.

    A text that stands in several parts stays in the test part, else in the validation part.
    """
    train = splits.pop("train")
    for role, other in splits.items():
        train, removed = without(train, [other])
        if removed:
            notes.append(
                f"{removed:,} training texts were removed: they also stand in the {role} part."
            )
    if "validation" in splits and "test" in splits:
        kept, removed = without(splits["validation"], [splits["test"]])
        if removed and not len(kept):
            raise DataError(
                f"All validation texts of {name} also stand in the test part. A model that was "
                "chosen by them would be tested on what chose it: give other validation texts, or "
                "none, and some are held out of training."
            )
        if removed:
            splits["validation"] = kept
            notes.append(
                f"{removed:,} validation texts were removed: they also stand in the test part."
            )
    return train


def _held_out(name, train, splits, classes, task, fractions, seed, notes) -> Split:
    """What is left of training once the parts that are missing are held out of it."""
    missing = [role for role in ("test", "validation") if role not in splits]
    if missing:
        notes += remarks.repeats(train, classes)
    for role in missing:
        texts = int(numbered(train.texts).max()) + 1
        leave = 2 if role == "test" and "validation" not in splits else 1
        fraction = fractions.get(role) or usual_fraction(texts)
        train, splits[role] = hold_out(train, fraction, seed, len(classes), leave)
        if role == "validation" and not len(splits[role]):
            raise DataError(
                f"No training text of {name} can be held out for validation: no class has two "
                "different texts. Add texts, or give validation data."
            )
        notes.append(remarks.held_out(role, splits[role]))
        check_each_class_is_left(name, train, classes, task)
    return train
