"""Defines the interface of a loader, and chooses the columns of text and label.

A loader is a class with

    accepts(source) -> bool                 whether it reads this kind of source; reads nothing
    read(source, text, label) -> RawData    text and label are column names, or None to guess

registered under a name: `@loaders.register("csv")`. At most one loader accepts a source.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from attn_tuner.errors import DataError
from attn_tuner.registry import Registry, unknown

loaders = Registry("loader", package="attn_tuner.text.loaders")

_TEXT_NAMES = [
    "text",
    "texts",
    "review",
    "reviews",
    "sentence",
    "content",
    "comment",
    "document",
    "body",
    "message",
    "tweet",
    "post",
    "question",
    "utterance",
    "sms",
]
_LABEL_NAMES = [
    "label",
    "labels",
    "class",
    "classes",
    "category",
    "target",
    "sentiment",
    "intent",
    "topic",
    "polarity",
    "stars",
    "rating",
    "y",
]
_SPLITS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "unsupervised": "unlabelled",
    "unlabeled": "unlabelled",
    "unlabelled": "unlabelled",
}


@dataclass(frozen=True)
class RawData:
    """Data of a source before any check.

    Args:
        name: str, name of the source in messages.
        parts: mapping of role ("train", "validation", "test") to (texts, labels) of equal length.
        classes: class names by index, if the source declares them; labels are then indices.
        unlabelled: sequence of str, further texts.
        notes: tuple of str, sentences for the user.
    """

    name: str
    parts: Mapping[str, tuple[Sequence, Sequence]]
    classes: tuple[str, ...] | None = None
    unlabelled: Sequence[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def role_of(split: str) -> str | None:
    """Returns the role of a split with a usual name, or None."""
    return _SPLITS.get(split.lower())


def choose_columns(
    name: str, columns: Iterable, text: str | None, label: str | None
) -> tuple[str, str]:
    """Chooses the columns of text and label: those asked for, else the one obvious choice.

    Column names must be distinct, as the choice would be a guess otherwise.

    Args:
        name: str, name of the table in messages.
        columns: iterable, its column names.
        text: str, column asked for, or None.
        label: str, column asked for, or None.

    Raises:
        DataError: a column does not exist, or none or several are possible; lists all columns.
    """
    columns = _distinct(name, columns)
    for column in (text, label):
        if column is not None and not _is_among(column, columns):
            raise DataError(unknown(f"column of {name}", column, columns))
    text = text if text is not None else _guess(columns, _TEXT_NAMES, label)
    label = label if label is not None else _guess(columns, _LABEL_NAMES, text)
    # Of two columns, the one that is left over can only be the other one.
    if text is None and label is not None and len(columns) == 2:
        text = next(column for column in columns if column != label)
    if label is None and text is not None and len(columns) == 2:
        label = next(column for column in columns if column != text)
    for kind, column in (("text", text), ("label", label)):
        if column is None:
            listed = ", ".join(map(str, columns)) or "none"
            raise DataError(
                f"Which column of {name} holds the {kind} is not obvious. "
                f"Name it with {kind}=. Its columns: {listed}."
            )
    if text == label:
        raise DataError(f"Text and label of {name} cannot both be column '{text}'.")
    return text, label


def choose_text(name: str, columns: Iterable, text: str | None) -> str:
    """Chooses the column of text: the one asked for, an obvious one, or the only one.

    Raises:
        DataError: as for `choose_columns`.
    """
    columns = _distinct(name, columns)
    if text is None and len(columns) == 1:
        return columns[0]
    if text is None:
        text = _guess(columns, _TEXT_NAMES, None)
    if text is None:
        listed = ", ".join(map(str, columns)) or "none"
        raise DataError(
            f"Which column of {name} holds the text is not obvious. Name it with text=. Its "
            f"columns: {listed}."
        )
    if not _is_among(text, columns):
        raise DataError(unknown(f"column of {name}", text, columns))
    return text


def _distinct(name: str, columns) -> list:
    """Returns the columns; raises DataError for repeated names, except empty ones of a CSV."""
    columns = list(columns)
    twice = [column for column, count in Counter(columns).items() if count > 1 and column != ""]
    if twice:
        listed = ", ".join(f"'{column}'" for column in twice)
        raise DataError(
            f"{_begun(name)} has several columns called {listed}. Rename or drop all but one."
        )
    return columns


def _is_among(column, columns) -> bool:
    # Compared one by one, since what is asked for may be anything, an array for one.
    return any(type(column) is type(each) and column == each for each in columns)


def _guess(columns, usual, taken):
    """Returns the first usual name that exactly one column has, ignoring case; else None."""
    by_name: dict[str, list] = {}
    for column in columns:
        if column != taken:
            by_name.setdefault(str(column).strip().lower(), []).append(column)
    found = next((by_name[name] for name in usual if name in by_name), [])
    return found[0] if len(found) == 1 else None


def _begun(name: str) -> str:
    return name[:1].upper() + name[1:] if name.startswith("the ") else name
