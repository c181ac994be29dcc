"""What a loader is, and the choice of the columns that hold text and label.

A loader is a class with

    accepts(source) -> bool                 whether this kind of source is its own; reads nothing
    read(source, text, label) -> RawData    text and label are column names, or None to guess

registered under a name: `@loaders.register("csv")`. At most one loader accepts a source.
"""

from collections.abc import Mapping, Sequence
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
    """What a source holds, not yet checked.

    Args:
        name: what the source is called in messages.
        parts: role ("train", "validation", "test") -> (texts, labels), equally long.
        classes: class names by index, where the source names them; labels are then indices.
        unlabelled: further texts.
        notes: what the reader should know.
    """

    name: str
    parts: Mapping[str, tuple[Sequence, Sequence]]
    classes: tuple[str, ...] | None = None
    unlabelled: Sequence[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def role_of(split: str) -> str | None:
    """The role of a split by its usual names, or None."""
    return _SPLITS.get(split.lower())


def choose_columns(name: str, columns, text: str | None, label: str | None) -> tuple[str, str]:
    """The columns of text and label: those asked for, else the one obvious choice.

    Args:
        name: what the table is called in messages.
        columns: its column names.
        text: column asked for, or None.
        label: column asked for, or None.

    Raises:
        DataError: a column is not there, or none or several could be meant; names all columns.
    """
    columns = list(columns)
    for column in (text, label):
        if column is not None and column not in columns:
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


def choose_text(name: str, columns, text: str | None) -> str:
    """The column of text alone: the one asked for, an obvious one, or the only one.

    Raises:
        DataError: as for `choose_columns`.
    """
    columns = list(columns)
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
    if text not in columns:
        raise DataError(unknown(f"column of {name}", text, columns))
    return text


def _guess(columns, usual, taken):
    """The first usual name that is there, whatever its case."""
    by_name = {str(column).strip().lower(): column for column in columns if column != taken}
    return next((by_name[name] for name in usual if name in by_name), None)
