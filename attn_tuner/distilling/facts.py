"""The facts of a distillation, for the model card and the outcome."""

from dataclasses import dataclass
from typing import Any

from attn_tuner.storage.trial_record import TrialRecord


@dataclass(frozen=True)
class Distilled:
    """The facts of a distillation, as the model card and the outcome have them.

    Args:
        run: str, folder of the search.
        teacher: str, who taught.
        student: str, the trial whose layers and weights the student began with.
        training_texts: int, labelled texts.
        unlabelled_texts: int, texts without labels that the teacher answered.
        changed_texts: int, changed copies of training texts that it answered.
        teacher_score: float, the objective of the teacher on the validation texts; None where it
            was not asked about them.
        before: float, that of the trial.
        after: float, that of the student.
        seconds: float, until the student was trained.
    """

    run: str
    teacher: str
    student: str
    training_texts: int
    unlabelled_texts: int
    changed_texts: int
    teacher_score: float | None
    before: float
    after: float
    seconds: float

    @classmethod
    def of(
        cls, trial: TrialRecord, student: TrialRecord, counts: tuple[int, int], **facts: Any
    ) -> "Distilled":
        """Returns the facts, with the names and scores of two records.

        Args:
            trial: what the student began with.
            student: as it was trained.
            counts: numbers of texts without labels and of changed copies.
            facts: all others.
        """
        return cls(
            student=trial.trial_id,
            unlabelled_texts=counts[0],
            changed_texts=counts[1],
            before=float(trial.score or 0.0),
            after=float(student.score or 0.0),
            **facts,
        )
