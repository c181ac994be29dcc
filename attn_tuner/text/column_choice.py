"""Chooses the columns of a table: text, label, weight, group, time and split.

A column is named by the user, or guessed where there is one obvious choice. A name with dots
reaches into nested records: `review.body`.
"""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from attn_tuner.errors import DataError
from attn_tuner.registry import unknown
from attn_tuner.text.cleaning import short_repr
from attn_tuner.text.column_names import LABEL_NAMES, SPLIT_NAMES, TEXT_NAMES
from attn_tuner.text.column_reading import SEPARATOR, ColumnReader, join_texts
from attn_tuner.text.columns.table_rows import check_features
from attn_tuner.text.loaders.base import (
    EXTRAS,
    RawData,
    ReadOptions,
    Table,
    distinct_columns,
    role_of,
    sentence_start,
)
from attn_tuner.text.nested_columns import all_names, check_known, is_among, is_known, values_of

_ID = re.compile(r"(.*[\s_.-])?(id|ids|idx|index|uid|uuid|guid|key|row)|unnamed: \d+|", re.I)
_CAMEL_ID = re.compile(r".*[a-z](Id|ID)")
_NAMED = 6  # Columns that a sentence names.


def choose_columns(table: Table, options: ReadOptions) -> RawData:
    """Takes the columns asked for, else the obvious ones, out of a table.

    Args:
        table: all columns of a source.
        options: which columns are asked for.

    Raises:
        DataError: a column does not exist, or none or several are possible; lists all columns.
    """
    columns = table.parts["train"]
    texts, labels = _text_and_label(table, columns, options)
    extras = {role: getattr(options, role) for role in EXTRAS if getattr(options, role) is not None}
    for role, column in list(extras.items()):
        if options.strict:
            check_known(table.name, columns, column)
        elif not is_known(columns, column):
            del extras[role]
    features = options.features
    read_as = dict.fromkeys(texts, "text") | dict.fromkeys(labels, "label")
    check_features(table.name, columns, features, read_as)
    taken = [*texts, *labels, *extras.values(), *features]
    split = _split_column(table, taken)
    parts, notes = _divided(table, split)
    read = ColumnReader(table, texts, labels, extras, features)
    for role, part in parts.items():
        read.part(role, part)
    used = _Used(texts, labels, extras, features, split)
    notes += [_columns_note(table.name, columns, used), *read.notes]
    if texts[1:]:
        notes.append(
            f"The texts of {_listed(texts)} are joined with '{SEPARATOR.strip()}' between them. "
            f"Join texts for the exported model likewise: 'first{SEPARATOR}second'."
        )
    return RawData(
        table.name,
        read.parts,
        tuple(map(str, labels)) if labels[1:] else table.class_names.get(labels[0]),
        read.unlabelled,
        (*table.notes, *notes),
        read.extras,
        labels[0] if not labels[1:] and isinstance(labels[0], str) else "",
    )


def choose_text(name: str, columns: Iterable, text: Any) -> Any:
    """Chooses the column of text: the one asked for, an obvious one, or the only one.

    Raises:
        DataError: as for `choose_columns`.
    """
    columns = distinct_columns(name, columns)
    if text is None and len(columns) == 1:
        return columns[0]
    if text is None:
        text = _guess(columns, TEXT_NAMES)
    if text is None:
        raise DataError(_not_obvious(name, "text", columns))
    if not is_among(text, columns):
        raise DataError(unknown(f"column of {name}", text, columns))
    return text


def joined_texts(name: str, columns: Mapping, text: Any) -> list:
    """Returns the texts of the column asked for, or of several joined by `SEPARATOR`.

    Args:
        name: str, name of the table in messages.
        columns: mapping of name to values.
        text: name, list of names, or None to guess.

    Raises:
        DataError: as for `choose_columns`.
    """
    several = text if isinstance(text, list) else [text]
    for column in several:
        if column is not None:
            check_known(name, columns, column)
    if several == [None]:
        several = [choose_text(name, columns, None)]
    return join_texts([values_of(columns, each) for each in several])


def _text_and_label(table: Table, columns: Mapping, options: ReadOptions) -> tuple[list, list]:
    """Returns the columns of text and of label, each a list."""
    name, all_columns = table.name, list(columns)
    texts, labels = (
        list(each) if isinstance(each, list) else [] if each is None else [each]
        for each in (options.text, options.label)
    )
    for column in (*texts, *labels):
        check_known(name, columns, column)
    taken = [each for each in _asked_extras(options) if each is not None]
    free = [column for column in all_columns if column not in taken]
    usual = table.usual or ()
    if not texts and not labels and usual and all(is_among(each, all_columns) for each in usual):
        texts, labels = [usual[0]], [usual[1]]
    if not texts and not labels and table.positional and free:
        texts, labels = _by_content(columns, free)
    for mine, usual, others in ((texts, TEXT_NAMES, labels), (labels, LABEL_NAMES, texts)):
        if not mine:
            mine += _guess_several(free, usual, others)
    # Of two columns, the one that is left over can only be the other one, unless it is an id.
    for mine, others in ((texts, labels), (labels, texts)):
        rest = [column for column in free if column not in others]
        if not mine and len(others) == 1 and len(free) == 2 and rest and not is_id(rest[0]):
            mine += rest[:1]
    if not labels and texts and _is_without_labels(free, texts):
        others = _listed([each for each in free if each not in texts]) or "none"
        raise DataError(
            f"{sentence_start(name)} looks like a test set without labels: its texts are in "
            f"'{texts[0]}', and its other columns are {others}. Give data with labels to search; "
            "to classify these texts, use predict."
        )
    for kind, found in (("text", texts), ("label", labels)):
        if not found:
            shown = _with_examples(columns) if table.positional else all_names(columns)
            raise DataError(_not_obvious(name, kind, shown))
    for column in texts:
        if column in labels:
            raise DataError(f"Text and label of {name} cannot both be column '{column}'.")
    return texts, labels


def is_id(column: Hashable) -> bool:
    """Checks for the name of a column that numbers the rows: "id", "tweet_id", "Unnamed: 0"."""
    name = str(column).strip()
    return bool(_ID.fullmatch(name) or _CAMEL_ID.fullmatch(name))


def _asked_extras(options: ReadOptions) -> list:
    return [*(getattr(options, role) for role in EXTRAS), *options.features]


def _is_without_labels(free: Any, texts: Any) -> bool:
    return all(column in texts or is_id(column) for column in free)


def _by_content(columns: Mapping, free: Any) -> tuple[list, list]:
    """Chooses among columns without names: texts are longest, and labels are few and repeat."""
    distinct = {each: len(set(map(str, columns[each]))) for each in free}
    text = max(free, key=lambda each: sum(len(str(value)) for value in columns[each]))
    labels = [
        each for each in free if each != text and 1 < distinct[each] <= len(columns[each]) / 2
    ]
    return ([text], labels) if len(labels) == 1 else ([], [])


def _split_column(table: Table, taken: Any) -> Any:
    """Returns the column that says the part of each row, or None."""
    if len(table.parts) > 1:
        return None
    columns = table.parts["train"]
    for column in columns:
        if column in taken or str(column).strip().lower() not in SPLIT_NAMES:
            continue
        roles = {role_of(value) for value in columns[column]}
        if "train" in roles and None not in roles and len(roles) > 1:
            return column
    return None


def _divided(table: Table, split: Any) -> tuple[Mapping, list[str]]:
    """Returns the parts, divided by the split column if there is one, and sentences."""
    if split is None:
        return table.parts, []
    columns = table.parts["train"]
    roles = [role_of(value) for value in columns[split]]
    counts = Counter(roles)
    rows = {role: [at for at, each in enumerate(roles) if each == role] for role in counts}
    parts = {
        role: {name: [values[at] for at in own] for name, values in columns.items()}
        for role, own in rows.items()
    }
    said = ", ".join(f"{role} {count:,}" for role, count in counts.items())
    return parts, [f"Column '{split}' of {table.name} divides its rows: {said}."]


class _Used(NamedTuple):
    """What the columns of a table are read as."""

    texts: list
    labels: list
    extras: Mapping
    features: Sequence[str]
    split: Any


def _columns_note(name: str, columns: Iterable, used: _Used) -> str:
    read = [
        *(f"text '{each}'" for each in used.texts),
        *(f"label '{each}'" for each in used.labels),
        *(f"feature '{each}'" for each in used.features),
        *(f"{role} '{each}'" for role, each in used.extras.items()),
        *([f"split '{used.split}'"] if used.split is not None else []),
    ]
    every = (*used.texts, *used.labels, *used.features, *used.extras.values(), used.split)
    named = {str(each).split(".")[0] for each in every} | {str(each) for each in every}
    left = [each for each in columns if str(each) not in named]
    rest = f"; not read: {_listed(left)}" if left else ""
    return f"Columns of {name}: {_shortened(read)}{rest}."


def _with_examples(columns: Mapping) -> list[str]:
    """Returns the names of columns with the value in their first row."""
    return [f"{name} ({short_repr(values[0])})" for name, values in columns.items()]


def _guess_several(columns: Iterable, usual: Any, taken: Any) -> list:
    found = _guess([column for column in columns if column not in taken], usual)
    return [] if found is None else [found]


def _guess(columns: Iterable, usual: Iterable) -> Any:
    """Returns the first usual name that exactly one column has, ignoring case; else None."""
    by_name: dict[str, list] = {}
    for column in columns:
        by_name.setdefault(str(column).strip().lower(), []).append(column)
    found = next((by_name[name] for name in usual if name in by_name), [])
    return found[0] if len(found) == 1 else None


def _not_obvious(name: str, kind: str, columns: Sequence) -> str:
    listed = ", ".join(map(str, columns)) or "none"
    return (
        f"Which column of {name} holds the {kind} is not obvious. Name it with {kind}=. Its "
        f"columns: {listed}."
    )


def _listed(names: Iterable) -> str:
    return _shortened([f"'{name}'" for name in names])


def _shortened(said: Sequence[str]) -> str:
    more = f" and {len(said) - _NAMED} more" if said[_NAMED:] else ""
    return ", ".join(said[:_NAMED]) + more
