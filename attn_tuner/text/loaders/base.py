"""Defines the interface of a loader.

A loader is a class with

    accepts(source) -> bool             whether it reads this kind of source; reads nothing
    read(source, options) -> Table      all columns, or RawData where the source has none

registered under a name: `@loaders.register("csv")`. At most one loader accepts a source. Which
columns of a table are text, label and so on is decided in `text.column_choice`, alike for all.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.registry import Registry

loaders = Registry("loader", package="attn_tuner.text.loaders")

EXTRAS = ("weight", "group", "time")  # Columns beside text and label, named as in `ReadOptions`.
COLUMN = "column"  # The name in `RawData.extras` of the rows of the columns of `features`.
_ROLES = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "unsupervised": "unlabelled",
    "unsup": "unlabelled",
    "unlabeled": "unlabelled",
    "unlabelled": "unlabelled",
}


@dataclass(frozen=True)
class ReadOptions:
    """What a user says on how a source is to be read.

    Args:
        text: column of the texts, a list of columns to join, or None to guess.
        label: column of the labels, a list of columns of 0 and 1, or None to guess.
        weight: column of sample weights.
        group: column of what may not be divided, such as a patient.
        time: column of the time by which rows are divided.
        features: columns that a model reads beside the text.
        encoding: of text files; None for UTF-8, or what is recognised.
        header: whether the first line of a table in text names the columns; None to recognise it.
        word_index: mapping of word to id, for texts given as ids.
        strict: whether `weight`, `group` and `time` have to be there.
    """

    text: Any = None
    label: Any = None
    weight: Hashable = None
    group: Hashable = None
    time: Hashable = None
    encoding: str | None = None
    header: bool | None = None
    word_index: Mapping[str, int] | None = None
    strict: bool = True
    features: tuple[str, ...] = ()


DEFAULTS = ReadOptions()


@dataclass(frozen=True)
class Table:
    """Named columns of a source, of which none is chosen yet.

    Args:
        name: str, name of the source in messages.
        parts: mapping of role ("train", "validation", "test", "unlabelled") to its columns, a
            mapping of name to values of equal length. Columns may be read when they are asked for.
        class_names: by column, names of the classes where its values are their indices.
        usual: columns of text and label that the source itself declares.
        positional: whether the columns were named by us, as the source has no names.
        notes: tuple of str, sentences for the user.
    """

    name: str
    parts: Mapping[str, Mapping[Any, Sequence]]
    class_names: Mapping[Any, tuple[str, ...]] = field(default_factory=dict)
    usual: tuple | None = None
    positional: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def of_rows(
        cls, name: str, columns: Sequence, rows: Iterable[Sequence], **facts: Any
    ) -> "Table":
        """Makes a table of one part from column names and rows.

        Raises:
            DataError: two columns have one name.
        """
        rows = list(rows)
        distinct = distinct_columns(name, columns)
        train = {each: [row[at] for row in rows] for at, each in enumerate(distinct)}
        return cls(name, {"train": train}, **facts)


@dataclass(frozen=True)
class RawData:
    """Data of a source before any check.

    Args:
        name: str, name of the source in messages.
        parts: mapping of role ("train", "validation", "test") to (texts, labels) of equal length.
        classes: class names by index, if the source declares them; labels are then indices.
        unlabelled: sequence of str, further texts.
        notes: tuple of str, sentences for the user.
        extras: mapping of role to the values of `EXTRAS` and `COLUMN` by name, as far as they are
            there.
        label_column: str, name of the column of labels; "" where there is none or several.
    """

    name: str
    parts: Mapping[str, tuple[Sequence, Sequence]]
    classes: tuple[str, ...] | None = None
    unlabelled: Sequence[str] = field(default_factory=list)
    notes: tuple[str, ...] = ()
    extras: Mapping[str, Mapping[str, Sequence]] = field(default_factory=dict)
    label_column: str = ""


class LazyTexts(Sequence):
    """Texts that are read on first use: they can outnumber the labelled ones.

    Args:
        count: int, number of texts.
        read: returns them, as str or bytes.
    """

    def __init__(self, count: int, read: Callable[[], Iterable]):
        self._count, self._read = count, read
        self._texts: list[str] | None = None

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: Any):
        if self._texts is None:
            self._texts = [
                each.decode("utf-8", errors="replace") if isinstance(each, bytes) else each
                for each in self._read()
            ]
        return self._texts[index]


def role_of(split: Any) -> str | None:
    """Returns the role of a split with a usual name, or None."""
    return _ROLES.get(split.strip().lower()) if isinstance(split, str) else None


def open_source(source: Any, options: ReadOptions) -> Table | RawData:
    """Reads a source with the loader that accepts it.

    Raises:
        DataError: none does, or it cannot be read.
    """
    for name in loaders:
        loader = loaders[name]()
        if loader.accepts(source):
            return loader.read(source, options)
    shown = repr(source) if isinstance(source, str | None) else f"a {type(source).__name__}"
    raise DataError(
        f"No texts with labels can be read from {shown}.{_reason(source)} Give a TFDS "
        "name, a file ending in .csv, .tsv, .json, .jsonl, .parquet, .feather or .xlsx, a folder "
        "with a folder per class, a DataFrame, a dict of columns, a tuple (texts, labels), a list "
        "of (text, label) pairs, a tf.data.Dataset or 'demo'."
    )


def _reason(source: Any) -> str:
    if isinstance(source, str):
        return " There is no such folder." if source.endswith(("/", "\\")) else ""
    if getattr(source, "ndim", 1) == 2:
        return " Of an array give one column of texts and one of labels, as a pair."
    one = isinstance(source, Iterable) and not isinstance(source, Mapping)
    return " Texts alone have no labels." if one else ""


def distinct_columns(name: str, columns: Iterable) -> list:
    """Returns the columns; raises DataError for repeated names, except empty ones of a CSV."""
    columns = list(columns)
    twice = [column for column, count in Counter(columns).items() if count > 1 and column != ""]
    if twice:
        listed = ", ".join(f"'{column}'" for column in twice)
        raise DataError(
            f"{sentence_start(name)} has several columns called {listed}. Rename or drop all but "
            "one."
        )
    return columns


def sentence_start(name: str) -> str:
    """Returns the name of a source as a sentence begins with it."""
    return name[:1].upper() + name[1:] if name.startswith("the ") else name
