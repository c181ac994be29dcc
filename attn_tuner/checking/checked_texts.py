"""Holds the texts of all parts one after the other, and where each stands in its source."""

from dataclasses import dataclass

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.inputs.store_arrays import joined_arrays
from attn_tuner.text.dataset import Split, TextDataset


@dataclass(frozen=True, order=True)
class Place:
    """Where a text stands.

    Args:
        part: str, part of the source: "train", "validation" or "test".
        row: int, its row in that part, the first 1; lines of column names do not count.
    """

    part: str
    row: int

    def __str__(self) -> str:
        return f"row {self.row}" if self.part == "train" else f"{self.part} row {self.row}"


@dataclass(frozen=True, eq=False)
class CheckedTexts:
    """Texts of a data set, with their labels and places.

    Args:
        name: str, name of the data.
        classes: tuple of str, class names by index.
        texts: list of str.
        labels: (texts,) int32, class of each text.
        roles: (texts,) str, part that each text is in during a search.
        sources: (texts,) str, part of the source that it came from.
        rows: (texts,) int64, its row there, the first 0.
        weights: (texts,) float, or None.
        groups: (texts,) int, or None.
        times: (texts,) float, or None.
    """

    name: str
    classes: tuple[str, ...]
    texts: list[str]
    labels: np.ndarray
    roles: np.ndarray
    sources: np.ndarray
    rows: np.ndarray
    weights: np.ndarray | None = None
    groups: np.ndarray | None = None
    times: np.ndarray | None = None

    @classmethod
    def of(cls, dataset: TextDataset) -> "CheckedTexts":
        """Collects the texts of a data set.

        Raises:
            DataError: it has several labels per text, or numbers.
        """
        if dataset.task not in ("binary", "multiclass"):
            raise DataError(
                f"{dataset.name} is a {dataset.task} set, and check reads data with one class per "
                "text."
            )
        parts = dataset.parts()
        sizes = [len(part) for part in parts.values()]
        sources = ["train" if role in dataset.held_out else role for role in parts]
        rows = [np.arange(len(part)) if part.rows is None else part.rows for part in parts.values()]
        groups = joined_arrays([each.groups for each in parts.values()])
        return cls(
            dataset.name,
            dataset.classes,
            [text for part in parts.values() for text in part.texts],
            np.concatenate([part.labels for part in parts.values()]).astype(np.int32),
            np.repeat(list(parts), sizes),
            np.repeat(sources, sizes),
            np.concatenate(rows).astype(np.int64),
            joined_arrays([each.weights for each in parts.values()]),
            None if groups is None else np.unique(groups, return_inverse=True)[1],
            joined_arrays([each.times for each in parts.values()]),
        )

    def __len__(self) -> int:
        return len(self.texts)

    def judged(self) -> "CheckedTexts":
        """Returns the texts whose labels are judged: all but those of a test part of its own.

        Labels of a test part that are mended by the opinion of a model make models that are like
        it look better. A test part that was divided off by us is not yet of use to anybody.
        """
        return self.take(np.flatnonzero(self.sources != "test"))

    def take(self, places: np.ndarray) -> "CheckedTexts":
        """Returns the texts at these places, in that order."""
        taken = (
            None if each is None else each[places]
            for each in (self.roles, self.sources, self.rows, self.weights, self.groups, self.times)
        )
        texts = [self.texts[place] for place in places.tolist()]
        return CheckedTexts(self.name, self.classes, texts, self.labels[places], *taken)

    def split(self) -> Split:
        """Returns the texts and labels as one part of a data set."""
        return Split(self.texts, self.labels)

    def place(self, index: int) -> Place:
        """Says where a text stands in its source."""
        return Place(str(self.sources[index]), int(self.rows[index]) + 1)
