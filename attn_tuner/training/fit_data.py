"""Checks the data of `AttentionHyperModel.fit` before Keras gets them.

KerasTuner turns most exceptions of a trial into a score of None and goes on. It passes on
`FatalValueError`, from which `UnfitData` derives.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras_tuner.errors import FatalValueError

from attn_tuner.errors import DataError
from attn_tuner.registry import unknown
from attn_tuner.tasks import Task
from attn_tuner.text.token_ids import PADDING

PARTS = ("x", "y", "validation_data")
_ONE_NUMBER = "a regression learns one number per text, `(texts,)`"


class UnfitData(DataError, FatalValueError):
    """Data that the model cannot be trained on. Ends a KerasTuner search."""


@dataclass(frozen=True)
class Expected:
    """The inputs and targets that a model takes.

    Args:
        vocabulary_size: int, number of ids, padding and unknown included.
        classes: int, number of classes or labels.
        task: the `Task` of the model.
        features: int, width of numeric sequences in place of ids; None for ids.
        targets: bool, whether to check the targets; False for a loss of the caller's own.
        names: tuple of str, names of the classes, where targets may be given by these.
        missing: bool, whether NaN in numeric sequences is a missing value or padding.
        one_hot: bool, whether the loss takes one-hot targets, which names then become.
    """

    vocabulary_size: int
    classes: int
    task: Task
    features: int | None = None
    targets: bool = True
    names: tuple[str, ...] | None = None
    missing: bool = False
    one_hot: bool = False

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the arguments of `fit`, with lists of ids padded and one-hot targets as numbers.

        Arrays and tensors are checked completely, data in batches by their first batch.

        Args:
            given: arguments of `fit` by name.

        Raises:
            UnfitData: the model cannot be trained on them; names the argument and a remedy.
        """
        given = dict(given)
        if "x" in given:
            pair = self._pair(given["x"], given.get("y"), "x", "y")
            given |= {"x": pair[0]} | ({"y": pair[1]} if "y" in given else {})
        if given.get("class_weight") is not None:
            given["class_weight"] = self._class_weight(given["class_weight"])
        held_out = given.get("validation_data")
        if isinstance(held_out, tuple | list) and len(held_out) > 1:
            names = ("x of validation_data", "y of validation_data")
            pair = self._pair(held_out[0], held_out[1], *names)
            given["validation_data"] = (*pair, *held_out[2:])
        elif held_out is not None:
            given["validation_data"] = self._pair(held_out, None, "validation_data", "")[0]
        return given

    def _pair(self, x: Any, y: Any, x_name: str, y_name: str) -> tuple[Any, Any]:
        if not in_memory(x):
            return self._batches(x, x_name), y
        x = self._texts(x, x_name)
        if y is None and self.targets:
            raise UnfitData(f"{y_name} is missing: fit needs the targets along with {x_name}.")
        if self.names is not None and y is not None and not isinstance(y, Mapping):
            y = self._numbered(y, y_name)
        if self.targets and not isinstance(y, Mapping):
            y = self._targets(y, y_name)
            alone = _alone(x)
            count = len(y) if alone is None else int(alone.shape[0])
            if count != len(y):
                raise UnfitData(
                    f"{x_name} has {count} texts and {y_name} {len(y)} targets. Each text needs "
                    "one."
                )
        return x, y

    def _batches(self, data: Any, name: str) -> Any:
        """Checks the first batch, and returns the data with it."""
        data, first = _peeked(data)
        if not isinstance(first, tuple | list) or not len(first):
            return data
        self._texts(first[0], f"The first batch of {name}")
        if self.targets and len(first) > 1 and not isinstance(first[1], Mapping):
            own = f"The targets in the first batch of {name}"
            if self._targets(first[1], own) is not first[1]:
                raise UnfitData(
                    f"{own} are one-hot, `(batch, {self.classes})`. Give class numbers: "
                    "data.map(lambda x, y: (x, tf.argmax(y, -1)))."
                )
        return data

    def _texts(self, x: Any, name: str) -> Any:
        alone = _alone(x)
        if alone is None:  # A subclass has built a model with several inputs.
            return x
        array = _array(alone, name)
        if self.features is not None:
            _check_features(array, self.features, name, self.missing)
        else:
            self._check_ids(array, name)
        if hasattr(alone, "shape") and getattr(alone, "dtype", None) != np.dtype(object):
            return x
        if isinstance(x, Mapping):
            return {next(iter(x)): array}
        return [array] if alone is not x else array

    def _check_ids(self, ids: np.ndarray, name: str) -> None:
        if ids.dtype.kind in "OUS":
            raise UnfitData(
                f"{name} holds {_shown(ids)}; the model reads ids. Make them with "
                "`text.Vectorizer.padded` or a Keras TextVectorization."
            )
        if ids.ndim != 2:
            raise UnfitData(
                f"{name} has the shape {ids.shape}. It should be ids, `(texts, steps)`, padded "
                "with 0; a tf.data.Dataset in batches."
            )
        low, high = _bounds(ids, name, "ids")
        if low < 0 or high >= self.vocabulary_size:
            raise UnfitData(
                f"{name} holds the id {low if low < 0 else high}; with "
                f"vocabulary_size={self.vocabulary_size} ids run from 0 to "
                f"{self.vocabulary_size - 1}. Give the size of the vocabulary that made them."
            )

    def _numbered(self, y: Any, name: str) -> Any:
        """Class numbers of names, or one-hot rows; other targets as they are."""
        array = _array(y, name)
        if array.dtype.kind not in "OUS" or self.task.kind != "class" or self.names is None:
            return y
        flat = [each.decode() if isinstance(each, bytes) else str(each) for each in array.ravel()]
        places = {each: place for place, each in enumerate(self.names)}
        strange = next((each for each in flat if each not in places), None)
        if strange is not None:
            raise UnfitData(f"{name}: {unknown('class', strange, self.names)}")
        numbers = np.array([places[each] for each in flat], "int32")
        if self.one_hot:
            return np.eye(self.classes, dtype="float32")[numbers]
        return numbers.reshape(array.shape)

    def _class_weight(self, weights: Mapping) -> dict[int, float]:
        """Weights by class number. Keras would pass over a key that is no class."""
        if self.task.kind != "class":
            raise UnfitData(
                f"class_weight weighs classes, and the task is {self.task.name}. Give "
                "sample_weight, a weight for each text."
            )
        names = {each: place for place, each in enumerate(self.names or ())}
        found = {names.get(str(key), key): float(each) for key, each in weights.items()}
        strange = next((key for key in found if key not in range(self.classes)), None)
        if strange is not None and names and isinstance(strange, str):
            raise UnfitData(f"class_weight: {unknown('class', strange, names)}")
        if strange is not None:
            raise UnfitData(
                f"class_weight has the key {strange!r}; classes={self.classes} are numbered from 0 "
                f"to {self.classes - 1}."
            )
        return {int(key): each for key, each in found.items()}

    def _targets(self, y: Any, name: str) -> Any:
        array = _array(y, name)
        if array.dtype.kind in "OUS":
            raise UnfitData(
                f"{name} holds {_shown(array)}; it should be numbers. Name the classes to give "
                "these, classes=['neg', 'pos'], or make numbers with np.unique(names, "
                "return_inverse=True)[1]."
            )
        found = {"class": self._class_numbers, "labels": self._matrix, "number": self._numbers}
        changed = found[self.task.kind](array, name)
        return changed if changed is not array or not hasattr(y, "shape") else y

    def _class_numbers(self, y: np.ndarray, name: str) -> np.ndarray:
        if y.ndim == 2 and y.shape[1] > 1:
            rows = np.all((y == 0) | (y == 1)) and np.all(y.sum(axis=1) == 1)
            if rows and y.shape[1] == self.classes:
                return y.argmax(axis=1).astype("int32")
            what = "one-hot" if rows else "no class numbers"
            raise UnfitData(
                f"{name} has the shape {y.shape} and is {what}, for classes={self.classes}. Give "
                "one class number per text; for several labels per text task='multilabel'."
            )
        if y.ndim not in (1, 2):
            raise UnfitData(f"{name} has the shape {y.shape}. It should be `(texts,)`.")
        low, high = _bounds(y, name, "class numbers")
        if low < 0 or high >= self.classes:
            raise UnfitData(
                f"{name} holds the class numbers {low} to {high}; classes={self.classes} takes 0 "
                f"to {self.classes - 1}. {self._advice(low, high)}"
            )
        return y

    def _numbers(self, y: np.ndarray, name: str) -> np.ndarray:
        width = self.task.label_width(self.classes) if self.task.several else 1
        shapes = ((), (1,)) if width == 1 else ((width,),)
        if y.dtype.kind not in "biuf" or not y.ndim or y.shape[1:] not in shapes:
            many = f"{width} numbers per series, `(series, {width})`"
            wanted = f"a forecast learns {many}" if self.task.several else _ONE_NUMBER
            raise UnfitData(f"{name} has the shape {y.shape} and holds {y.dtype} values; {wanted}.")
        _check_finite(y, name)
        return y

    def _advice(self, low: int, high: int) -> str:
        if (low, high) == (1, self.classes):
            return "Subtract 1."
        if low < 0:
            return "Number the classes from 0: np.unique(y, return_inverse=True)[1]."
        return f"Give classes={high + 1}, or number the classes from 0."

    def _matrix(self, y: np.ndarray, name: str) -> np.ndarray:
        if y.ndim != 2 or y.shape[1] != self.classes or not np.all((y == 0) | (y == 1)):
            raise UnfitData(
                f"{name} has the shape {y.shape}; for several labels per text it should be a "
                f"matrix of 0 and 1, `(texts, {self.classes})`."
            )
        return y


def in_memory(data: Any) -> bool:
    """Returns whether data are arrays or lists, rather than a source of batches."""
    return hasattr(data, "shape") or isinstance(data, list | tuple | dict)


def _alone(x: Any) -> Any:
    """Returns the single input in the argument x of `fit`; None for several inputs."""
    if isinstance(x, Mapping):
        return next(iter(x.values())) if len(x) == 1 else None
    if isinstance(x, list | tuple) and len(x) == 1 and np.ndim(_first(x)) > 1:
        return x[0]
    if isinstance(x, list | tuple) and any(getattr(each, "ndim", 1) > 1 for each in x):
        return None
    return x


def _first(x: Any) -> Any:
    return x[0] if hasattr(x[0], "shape") else 0


def _array(values: Any, name: str) -> np.ndarray:
    """Converts values to NumPy; pads rows of different lengths with 0 at their end."""
    if hasattr(values, "to_tensor"):
        values = values.to_tensor(PADDING)
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    try:
        if isinstance(values, list | tuple) or getattr(values, "dtype", None) == np.dtype(object):
            return _from_rows(list(values))
        return np.asarray(keras.ops.convert_to_numpy(values))
    except (TypeError, ValueError) as error:
        raise UnfitData(f"{name} cannot be read as numbers: {error}.") from error


def _from_rows(rows: list) -> np.ndarray:
    rows = [keras.ops.convert_to_numpy(row) if hasattr(row, "shape") else row for row in rows]
    if not rows or not all(np.ndim(row) == 1 for row in rows if not isinstance(row, str | bytes)):
        return np.asarray(rows)
    if any(isinstance(row, str | bytes) for row in rows):
        return np.asarray(rows, object)
    rows = [np.asarray(row) for row in rows]
    kinds = {row.dtype.kind for row in rows if len(row)}
    if kinds & set("OUS"):
        return np.asarray([row.tolist() for row in rows], object)
    padded = np.zeros((len(rows), max(map(len, rows))), "float64" if "f" in kinds else "int64")
    for place, row in enumerate(rows):
        padded[place, : len(row)] = row
    return padded if "f" in kinds else padded.astype("int32")


def _bounds(numbers: np.ndarray, name: str, what: str) -> tuple[int, int]:
    """Returns minimum and maximum of what should be whole numbers; (0, 0) of an empty array."""
    if numbers.dtype.kind not in "biuf":
        raise UnfitData(f"{name} holds {numbers.dtype} values; {what} are whole numbers.")
    if not numbers.size:
        return 0, 0
    if numbers.dtype.kind == "f":
        strange = numbers[~(np.isfinite(numbers) & (numbers == np.round(numbers)))]
        if strange.size:
            raise UnfitData(f"{name} holds {strange.flat[0]:g}; {what} are whole numbers.")
    return int(numbers.min()), int(numbers.max())


def _check_features(numbers: np.ndarray, features: int, name: str, missing: bool) -> None:
    if numbers.dtype.kind not in "biuf" or numbers.ndim != 3 or numbers.shape[2] != features:
        raise UnfitData(
            f"{name} has the shape {numbers.shape} and holds {numbers.dtype} values. With "
            f"features={features} it should be numbers, `(batch, steps, {features})`."
        )
    _check_finite(np.where(np.isnan(numbers), 0, numbers) if missing else numbers, name)


def _check_finite(numbers: np.ndarray, name: str) -> None:
    if numbers.dtype.kind == "f" and not np.isfinite(numbers).all():
        raise UnfitData(f"{name} holds nan or inf. Leave these out, or put a number there.")


def _shown(values: np.ndarray) -> str:
    """Describes the elements of an array that holds no numbers."""
    first = next(iter(values.flat), None)
    if isinstance(first, str | bytes):
        return f"strings, such as {first[:40]!r}"
    return f"{type(first).__name__} values"


def _peeked(data: Any) -> tuple[Any, Any]:
    """Returns the data, still complete, and their first batch; None if that is unknown."""
    if isinstance(data, keras.utils.PyDataset):
        return data, data[0] if data.num_batches != 0 else None
    if hasattr(data, "__next__"):  # A generator yields each batch once.
        first = next(data, None)
        return _resumed(first, data), first
    if hasattr(data, "element_spec") or hasattr(data, "__iter__"):
        return data, next(iter(data), None)
    return data, None


def _resumed(first: Any, rest: Iterable) -> Iterator[Any]:
    if first is not None:
        yield first
    yield from rest
