"""Reads the validation part of a run: texts, labels, and the predictions of the trials."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.inputs.kinds import kind_named
from attn_tuner.metrics import columns_of
from attn_tuner.storage.checked_files import AGAIN, read_array, reading
from attn_tuner.storage.layout import (
    DATA,
    PROBABILITIES,
    VALIDATION_LABELS,
    VALIDATION_TEXTS,
    linear_answers,
    trial_dir,
)
from attn_tuner.storage.run import Run

Kept = TypeVar("Kept")


@dataclass(frozen=True, eq=False)
class Validation:
    """The labels of all validation texts, some of the texts, and the predictions of the trials.

    Args:
        directory: the run folder.
        labels: `(texts,)` class numbers, or the labels of other tasks; empty where the run has
            none.
        texts: the first texts, in the order of the labels; may be empty.
        notes: sentences on files that are damaged and were left out.
    """

    directory: Path
    labels: np.ndarray = field(default_factory=lambda: np.zeros(0, "int64"))
    texts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, run: Run) -> "Validation":
        """Reads what the run folder holds by now; a run that has just begun may have nothing."""
        names = run.plan.classes if run.plan.kind == "class" else None
        folder, notes = run.directory / DATA, []
        texts, labels = _read_texts(folder / VALIDATION_TEXTS, names)
        if (folder / VALIDATION_LABELS).exists():
            try:
                labels = _read_labels(folder / VALIDATION_LABELS, run.plan)
            except DamagedFile as error:
                texts, labels = [], []
                notes.append(f"{error} Until then validation texts are left out.")
        labels = np.asarray(labels, "int64") if names is not None else np.asarray(labels)
        return cls(run.directory, labels, tuple(texts), tuple(notes))

    def answers(self, trial_id: str) -> np.ndarray | None:
        """Returns the probabilities `(texts, classes)` of a trial, or None without them."""
        return self._load(trial_dir(self.directory, trial_id) / PROBABILITIES)

    def exported(self) -> np.ndarray | None:
        """Returns the probabilities `(texts, classes)` of the exported model, or None."""
        return self._load(self.directory / PROBABILITIES)

    def require_exported(self) -> np.ndarray:
        """Returns the probabilities `(texts, classes)` of the exported model.

        Raises:
            RunError: the folder does not hold them.
        """
        found = self.exported()
        if found is None:
            raise RunError(
                f"The folder {self.directory} holds no answers of its model to the validation "
                "texts. Continue the search with the command that started it."
            )
        return found

    def linear(self) -> np.ndarray | None:
        """Returns the probabilities `(texts, classes)` of the linear baseline, or None."""
        return self._load(self.directory / linear_answers("validation"))

    def _load(self, path):
        if not path.is_file() or not len(self.labels):
            return None
        try:
            with reading(path):
                probabilities = columns_of(self.labels, read_array(path))
        except DamagedFile:
            return None
        return probabilities if len(probabilities) == len(self.labels) else None


def kept_inputs(run: Run, most: int, kept: Validation | None = None) -> tuple[list, np.ndarray]:
    """Returns the first validation inputs of a run as its model reads them, with their labels.

    Args:
        run: of the search.
        most: int, inputs at most; a kind of long inputs may give fewer.
        kept: the validation part of the run, if it has been read.

    Returns:
        Texts, rows or series, and `(inputs,)` labels; both are empty where the run keeps none.
    """
    kind, folder = kind_named(run.plan.input), run.directory / DATA / "validation"
    if kind.held_out:
        return kind.part("held_out")(folder, most) if folder.exists() else ([], np.zeros(0))
    found = kept if kept is not None else Validation.read(run)
    count = min(most, len(found.texts), len(found.labels))
    return list(found.texts[:count]), found.labels[:count]


def _read_labels(path: Path, plan) -> np.ndarray:
    labels = read_array(path, remedy=AGAIN)
    with reading(path, AGAIN):
        wanted = {"class": (1, "iu"), "labels": (2, "iub"), "number": (1, "iuf")}[plan.kind]
        axes = 2 if plan.several else wanted[0]
        if labels.ndim != axes or labels.dtype.kind not in wanted[1]:
            raise ValueError(f"it holds {labels.dtype} of the shape {labels.shape}")
        if (
            plan.kind == "class"
            and len(labels)
            and not 0 <= labels.min() <= labels.max() < len(plan.classes)
        ):
            raise ValueError("it names classes that the plan does not have")
    return labels


def _read_texts(path: Path, classes):
    """Reads texts and class numbers up to the last whole line; 0 for tasks without classes."""
    numbers = {name: number for number, name in enumerate(classes or ())}

    def read(row: dict) -> tuple[str, int]:
        return str(row["text"]), numbers[row["label"]] if classes is not None else 0

    found = kept_rows(path, read)
    return [text for text, _ in found], [label for _, label in found]


def kept_rows(path: Path, read: Callable[[dict], Kept], most: int | None = None) -> list[Kept]:
    """Reads the validation rows that a run keeps in clear, up to the last whole line.

    Args:
        path: of `validation.jsonl`.
        read: what is kept of a row; it raises ValueError, KeyError or TypeError for a damaged one.
        most: int, rows at most.
    """
    found: list[Kept] = []
    if path.exists():
        # Split at line feeds alone: a text may hold other characters that end a line.
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n")[:most]:
            try:
                found.append(read(json.loads(line)))
            except (ValueError, KeyError, TypeError):
                break  # The end, or the run is writing it just now.
    return found
