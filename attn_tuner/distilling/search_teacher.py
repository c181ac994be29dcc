"""The teachers of a search: what each answers, and the texts with soft labels that come of it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from attn_tuner.distilling.soft_labels import joined, new_texts
from attn_tuner.distilling.teacher import asked
from attn_tuner.distilling.teacher_table import TeacherTable
from attn_tuner.errors import DataError, SpaceError
from attn_tuner.inputs.dataset import Dataset
from attn_tuner.inputs.kinds import require_text
from attn_tuner.settings.derived import AVERAGE, SELF_TRAINING, teacher_name
from attn_tuner.tasks import task_named
from attn_tuner.text.dataset import TextDataset
from attn_tuner.text.token_store import TokenStore
from attn_tuner.tuning.encoded_texts import EncodedTexts

FIRST = 2  # Training texts that a teacher is asked about before the search, to find its faults.


class OwnTeacher(Protocol):
    """A teacher that a user gave in place of the average."""

    def soft(self, stored: EncodedTexts, dataset: TextDataset) -> tuple[TokenStore, int]:
        """Returns texts with soft labels, and how many of them have no label of their own."""
        ...


@dataclass(frozen=True, eq=False)
class ModelTeacher:
    """A function or a fitted classifier, asked about training texts and those without labels.

    Args:
        model: as `teacher.asked` takes it.
    """

    model: Any

    def soft(self, stored: EncodedTexts, dataset: TextDataset) -> tuple[TokenStore, int]:
        own = asked(self.model, dataset.train.inputs, dataset.classes)
        further, theirs = None, None
        if stored.size("unlabelled"):
            further = stored.stores["unlabelled"]
            theirs = asked(self.model, list(dataset.unlabelled), dataset.classes)
        return joined(stored.stores["train"], own, further, theirs), stored.size("unlabelled")


@dataclass(frozen=True, eq=False)
class TableTeacher:
    """A table of answers. A training text that it lacks keeps its label.

    Args:
        table: the texts and the answers.
    """

    table: TeacherTable

    def soft(self, stored: EncodedTexts, dataset: TextDataset) -> tuple[TokenStore, int]:
        train, rows = stored.stores["train"], _rows(self.table.texts)
        places = np.array([rows.get(text, -1) for text in dataset.train.inputs])
        own = np.eye(len(dataset.classes), dtype="float32")[train.labels]
        own[places >= 0] = self.table.answers[places[places >= 0]]
        known = set(dataset.train.inputs)
        others = [text for text in self.table.texts if text not in known]
        further, kept = new_texts(stored, others)
        theirs = self.table.answers[[rows[text] for text in kept]]
        return joined(train, own, further, theirs), len(kept)


def teacher_of(
    given: Any, dataset: Dataset, faithful: float, text: Any = None
) -> OwnTeacher | str | None:
    """Returns the teacher of a search; one of the user's has answered a first question.

    Args:
        given: the setting `teacher`, checked.
        dataset: the data of the search.
        faithful: what a faithfulness of 1 adds to a score.
        text: column of the texts in the data, which a table may have too.

    Raises:
        DataError: the task is not one class a text, the teacher's answers are no probabilities, or
            self-training has no texts without labels.
        SpaceError: a score has other parts than the objective.
    """
    name = teacher_name(given)
    if given is None:
        return None
    require_text(dataset.input, "teacher=", "Leave it out.")
    if task_named(dataset.task, len(dataset.classes)).kind != "class":
        raise DataError("teacher= is for one class a text, and these data have another task.")
    if faithful:
        raise SpaceError("teacher= does not measure faithfulness in its trial. Leave one out.")
    if name == SELF_TRAINING and not len(dataset.unlabelled):
        raise DataError(
            "teacher='self_training' answers texts without labels, and there are none. Give them "
            "as unlabelled=, or leave teacher= out."
        )
    if name in (AVERAGE, SELF_TRAINING):
        return name
    if isinstance(given, str | os.PathLike) or hasattr(given, "columns"):
        return TableTeacher(TeacherTable.read(given, dataset.classes, text))
    asked(given, dataset.train.inputs[:FIRST], dataset.classes)
    return ModelTeacher(given)


def described(teacher: OwnTeacher | str) -> str:
    """Names a teacher in a sentence."""
    if teacher == SELF_TRAINING:
        return "self-trained linear models"
    return "the average" if teacher == AVERAGE else "a teacher of your own"


def _rows(texts: Sequence[str]) -> dict[str, int]:
    return {text: row for row, text in enumerate(texts)}
