"""Learns what the columns beside texts hold, and encodes them as numbers."""

import keyword
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.cleaning import short_repr
from attn_tuner.text.columns.cells import TEXT, name_of, number_of

MIN_ROWS = 3  # Training texts that a value should have to get a feature of its own.
MAX_VALUES = 50  # Of a categorical column.
LARGEST = 10.0  # Standard deviations to which a number is limited.
OTHER = 0  # The number of values that are rare, or unknown.
_TRUTHS = ("true", "false")
_SHOWN = 6  # Values that a sentence names.


def is_argument(name: str) -> bool:
    """Checks whether a name can be an argument of a SavedModel.

    Names of Python can, in ASCII, that are not `self` and do not begin with an underscore. No two
    arguments may differ in case alone.
    """
    plain = name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
    return plain and name != "self" and not name.startswith("_")


@dataclass(frozen=True)
class NumericColumn:
    """A column of numbers.

    Args:
        name: str.
        mean: float, of the training part.
        deviation: float above 0, its standard deviation.
        missing: bool, whether values were missing in training; a model is then told where.
    """

    name: str
    mean: float
    deviation: float
    missing: bool = False

    @property
    def width(self) -> int:
        """Number of features."""
        return 1 + self.missing

    def read(self, cells: Sequence, where: str) -> np.ndarray:
        """Returns numbers, NaN where one is missing: `(rows,)` float32."""
        found = np.zeros(len(cells), "float32")
        for row, cell in enumerate(cells):
            number = number_of(cell)
            if number is None:
                raise DataError(
                    f"Column '{self.name}' of {where} holds {short_repr(cell)} in row {row + 1}, "
                    "and it was numbers in training. Give a number, or nothing where it is missing."
                )
            found[row] = _finite(number, self.name, row, where)
        return found

    def plain(self, cell: Any) -> float | None:
        """Returns a value that `read` takes as a float, None where it is missing."""
        number = number_of(cell)
        return None if number is None or number != number else number

    def features(self, numbers: np.ndarray) -> np.ndarray:
        """Computes as `layers.column_features.ColumnFeatures`: `(rows, width)` float32."""
        absent = np.isnan(numbers)
        scaled = (numbers - np.float32(self.mean)) / np.float32(self.deviation)
        scaled = np.where(absent, 0, np.clip(scaled, -LARGEST, LARGEST))
        found = np.stack([scaled, absent], axis=1) if self.missing else scaled[:, None]
        return found.astype("float32")

    @property
    def sentence(self) -> str:
        """What was learnt, for the summary of the data."""
        gaps = ", some missing" if self.missing else ""
        return f"'{self.name}' is a number (mean {self.mean:.4g}{gaps})"


@dataclass(frozen=True)
class CategoricalColumn:
    """A column of names.

    Args:
        name: str.
        values: tuple of str, those that enough training texts have, the most frequent first.
    """

    name: str
    values: tuple[str, ...]

    @property
    def width(self) -> int:
        """Number of features: one for each value, and one for all others."""
        return 1 + len(self.values)

    @property
    def numbers(self) -> dict[str, int]:
        """The number of each value, from 1; `true` and `false` in each usual spelling."""
        found = {value: number for number, value in enumerate(self.values, 1)}
        for value, number in tuple(found.items()):
            if value.lower() in _TRUTHS:  # Files, JSON and Python write them in other ways.
                for same in (value.lower(), value.capitalize(), value.upper()):
                    found.setdefault(same, number)
        return found

    def read(self, cells: Sequence, where: str) -> np.ndarray:
        """Returns the number of each value, from 1, or `OTHER`: `(rows,)` float32."""
        numbers = self.numbers
        return np.array([numbers.get(name_of(each), OTHER) for each in cells], "float32")

    def plain(self, cell: Any) -> str:
        """Returns a value as a string, "" where it is missing."""
        return name_of(cell)

    def features(self, numbers: np.ndarray) -> np.ndarray:
        """Computes as `layers.column_features.ColumnFeatures`: `(rows, width)` float32."""
        return np.eye(self.width, dtype="float32")[numbers.astype(int)]

    @property
    def sentence(self) -> str:
        """What was learnt, for the summary of the data."""
        listed = ", ".join(f"'{each}'" for each in self.values[:_SHOWN])
        more = f" and {len(self.values) - _SHOWN} more" if self.values[_SHOWN:] else ""
        count = len(self.values)
        return f"'{self.name}' has {count} value{'' if count == 1 else 's'}: {listed}{more}"


@dataclass(frozen=True)
class ColumnEncoder:
    """What is known of the columns beside texts, from the training part alone.

    number:    z = (x - mean) / deviation, at most 10 from 0; 0 where x is missing, and 1 beside it
    category:  one-hot over the frequent values, with a place for all others

    `read` converts raw values to one number a column, which is what models take; a layer of the
    model computes the features from them.

    Args:
        columns: of each column what was learnt, in the order of the names.
    """

    columns: tuple[NumericColumn | CategoricalColumn, ...]

    @classmethod
    def fit(cls, rows: Sequence[Mapping], names: Sequence[str], where: str) -> "ColumnEncoder":
        """Learns the columns: a column all of whose values are numbers is numeric.

        Args:
            rows: of the training part, values by column.
            names: of the columns.
            where: name of the data in messages.

        Raises:
            DataError: a column says nothing, or has too many values; infinite numbers.
        """
        return cls(tuple(_learnt([row[name] for row in rows], name, where) for name in names))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(each.name for each in self.columns)

    @property
    def width(self) -> int:
        """Number of features of all columns."""
        return sum(each.width for each in self.columns)

    def arguments(self) -> dict[str, str]:
        """Returns the argument of each column in a SavedModel, by column."""
        found: dict[str, str] = {}
        taken = {TEXT}
        for name in self.names:
            plain = re.sub(r"\W", "_", name, flags=re.ASCII)
            plain = plain if is_argument(plain) else f"column_{plain}"
            while plain.lower() in taken:
                plain += "_"
            found[name] = plain
            taken.add(plain.lower())
        return found

    def read(self, rows: Sequence[Mapping], where: str = "the given rows") -> np.ndarray:
        """Encodes the columns of rows, one number each: `(rows, columns)` float32.

        Args:
            rows: values by column.
            where: name of the data in messages.

        Raises:
            DataError: a string in a numeric column, or a number that is not finite.
        """
        found = [each.read([row[each.name] for row in rows], where) for each in self.columns]
        return np.stack(found, axis=1).reshape(len(rows), len(self.columns))

    def plain(self, rows: Sequence[Mapping]) -> list[dict[str, Any]]:
        """Returns the values of rows as their columns have them: floats, strings, None."""
        return [{each.name: each.plain(row[each.name]) for each in self.columns} for row in rows]

    def features(self, numbers: np.ndarray) -> np.ndarray:
        """Computes the features of columns that `read` encoded: `(rows, width)` float32."""
        pairs = zip(self.columns, np.asarray(numbers).T, strict=True)
        return np.concatenate([each.features(column) for each, column in pairs], axis=1)

    @property
    def sentence(self) -> str:
        """What was learnt of each column, for the summary of the data."""
        return f"Columns beside the text: {'; '.join(each.sentence for each in self.columns)}."

    def get_config(self) -> dict[str, Any]:
        """Returns what `from_config` takes, ready for JSON."""
        return {"columns": [asdict(each) for each in self.columns]}

    @classmethod
    def from_config(cls, config: Mapping) -> "ColumnEncoder":
        """Creates an encoder from the result of `get_config`."""
        return cls(
            tuple(
                CategoricalColumn(each["name"], tuple(each["values"]))
                if "values" in each
                else NumericColumn(**each)
                for each in config["columns"]
            )
        )


def _learnt(cells: list, name: str, where: str) -> NumericColumn | CategoricalColumn:
    numbers = [number_of(each) for each in cells]
    if all(number is not None for number in numbers):
        return _numeric([float(each) for each in numbers if each is not None], name, where)
    return _categorical(Counter(map(name_of, cells)), name, where)


def _numeric(numbers: list[float], name: str, where: str) -> NumericColumn:
    values = np.array([_finite(each, name, row, where) for row, each in enumerate(numbers)])
    there = values[~np.isnan(values)].astype("float64")
    missing = len(there) < len(values)
    if len(np.unique(there)) + missing < 2:
        raise _constant(name, where, f"{there[0]:g}" if len(there) else "nothing")
    mean, deviation = float(there.mean()), float(there.std())
    # Equal numbers have a deviation of rounding errors.
    equal = deviation <= 1e-6 * max(abs(mean), 1e-30)
    return NumericColumn(name, mean, 1.0 if equal else deviation, missing)


def _categorical(counts: Counter, name: str, where: str) -> CategoricalColumn:
    if len(counts) < 2:
        raise _constant(name, where, f"'{next(iter(counts))}'")
    frequent = sorted(
        (value for value, count in counts.items() if count >= MIN_ROWS),
        key=lambda value: (-counts[value], value),
    )
    advice = "Group its values, leave it out, or join it to the text: text=['review', 'city']."
    if not frequent:
        raise DataError(
            f"Column '{name}' of {where} has {len(counts):,} different values, and none of them in "
            f"{MIN_ROWS} training texts. {advice}"
        )
    if len(frequent) > MAX_VALUES:
        raise DataError(
            f"Column '{name}' of {where} has {len(frequent):,} different values in {MIN_ROWS} or "
            f"more training texts; at most {MAX_VALUES} get a feature of their own. {advice}"
        )
    return CategoricalColumn(name, tuple(frequent))


def _finite(number: float, name: str, row: int, where: str) -> np.float32:
    with np.errstate(over="ignore"):
        found = np.float32(number)
    if np.isinf(found):
        raise DataError(
            f"Column '{name}' of {where} holds {number:g} in row {row + 1}. Give a finite number, "
            "or nothing where it is missing."
        )
    return found


def _constant(name: str, where: str, value: str) -> DataError:
    return DataError(
        f"Column '{name}' of {where} holds {value} in every training text, so it says nothing. "
        "Leave it out of features."
    )
