"""The facts of a distillation, for the model card and the outcome."""

from dataclasses import dataclass


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
