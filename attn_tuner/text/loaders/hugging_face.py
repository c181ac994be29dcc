"""Reads a `datasets.Dataset` of Hugging Face."""

from collections.abc import Iterator, Mapping
from typing import Any

from attn_tuner.text.loaders.base import ReadOptions, Table, loaders


@loaders.register("hugging_face")
class HuggingFaceLoader:
    """Takes a `Dataset`; columns are named, or guessed if obvious. Classes have their names."""

    def accepts(self, source: Any) -> bool:
        return is_hugging_face(source)

    def read(self, source: Any, options: ReadOptions) -> Table:
        features = source.features or {}
        listed = {name: found for name in features if (found := _listed_names(features[name]))}
        return Table("the Dataset", {"train": _Columns(source, listed)}, class_names(source))


class _Columns(Mapping):
    """The columns of a Dataset, read when asked for; lists of class indices become names."""

    def __init__(self, dataset: Any, names: Mapping):
        self._dataset, self._names = dataset, names

    def __getitem__(self, name: Any) -> list:
        values = list(self._dataset[name])
        names = self._names.get(name)
        if not names:
            return values
        return [None if row is None else [names[index] for index in row] for row in values]

    def __iter__(self) -> Iterator:
        return iter(self._dataset.column_names)

    def __len__(self) -> int:
        return len(self._dataset.column_names)

    @property
    def rows(self) -> int:
        return len(self._dataset)


def is_hugging_face(source: Any) -> bool:
    """Checks for a `Dataset` by what it offers, so that the package need not be imported."""
    return (
        isinstance(getattr(source, "column_names", None), list)
        and hasattr(source, "features")
        and hasattr(source, "__getitem__")
        and hasattr(source, "__len__")
    )


def class_names(source: Any) -> dict[str, tuple[str, ...]]:
    """Returns the names of classes by column, as the features of a data set declare them."""
    features = getattr(source, "features", None)
    if not isinstance(features, Mapping):
        return {}
    return {name: tuple(found) for name in features if (found := _names(features[name]))}


def _names(feature: Any) -> list[str]:
    return list(getattr(feature, "names", None) or [])


def _listed_names(feature: Any) -> list[str]:
    """Returns the class names of a list of `ClassLabel`."""
    inner = feature[0] if isinstance(feature, list) and feature else feature
    inner = getattr(inner, "feature", inner)
    return _names(inner) if inner is not feature else []
