"""The validation part as a run left it: what the trials answered, and what was right."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from attn_tuner.errors import DamagedFile
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


@dataclass(frozen=True, eq=False)
class Validation:
    """Labels of all validation texts, some of the texts, and the answers of the trials.

    Args:
        directory: the run's folder.
        labels: `(texts,)` class numbers, or what the task has in their place; empty where the run
            keeps none.
        texts: the first of the texts, in the order of the labels; perhaps none.
        notes: sentences on what is damaged and was left out.
    """

    directory: Path
    labels: np.ndarray = field(default_factory=lambda: np.zeros(0, "int64"))
    texts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, run: Run) -> "Validation":
        """What there is by now; a run that has only begun may have nothing."""
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
        """Probabilities (texts, classes) of a trial, or None where there are none that fit."""
        return self._load(trial_dir(self.directory, trial_id) / PROBABILITIES)

    def exported(self) -> np.ndarray | None:
        """Probabilities (texts, classes) of the exported model, or None."""
        return self._load(self.directory / PROBABILITIES)

    def linear(self) -> np.ndarray | None:
        """Probabilities (texts, classes) of the linear baseline, or None."""
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


def _read_labels(path: Path, plan) -> np.ndarray:
    labels = read_array(path, remedy=AGAIN)
    with reading(path, AGAIN):
        wanted = {"class": (1, "iu"), "labels": (2, "iub"), "number": (1, "iuf")}[plan.kind]
        if labels.ndim != wanted[0] or labels.dtype.kind not in wanted[1]:
            raise ValueError(f"it holds {labels.dtype} of the shape {labels.shape}")
        if (
            plan.kind == "class"
            and len(labels)
            and not 0 <= labels.min() <= labels.max() < len(plan.classes)
        ):
            raise ValueError("it names classes that the plan does not have")
    return labels


def _read_texts(path: Path, classes):
    """Texts and class numbers of the lines that are whole; 0 where there are no classes."""
    numbers = {name: number for number, name in enumerate(classes or ())}
    texts, labels = [], []
    if path.exists():
        # Split at line feeds alone: a text may hold other characters that end a line.
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            try:
                row = json.loads(line)
                label = numbers[row["label"]] if classes is not None else 0
                text = str(row["text"])
            except (ValueError, KeyError, TypeError):
                break  # The end, or the run is writing it just now.
            texts.append(text)
            labels.append(label)
    return texts, labels
