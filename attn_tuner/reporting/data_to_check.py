"""Which validation texts and classes of a search are worth a second look, by its model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attn_tuner.checking.confused import ConfusedClasses, find_confused
from attn_tuner.checking.label_errors import rank_label_errors
from attn_tuner.errors import MissingExtra
from attn_tuner.storage.validation_data import Validation

SHOWN = 20  # Labels that are listed.
LONGEST = 200  # Characters of a text.


@dataclass(frozen=True)
class Suspect:
    """A validation text whose label the model contradicts.

    Args:
        text: str, cut where it is long.
        label: str, the given class.
        suggested: str, the most probable class.
        probability: float, of the suggested class.
    """

    text: str
    label: str
    suggested: str
    probability: float


@dataclass(frozen=True)
class DataToCheck:
    """What to check in the data.

    Args:
        judged: int, validation texts that are kept in clear.
        suspects: int, those of them whose label is probably wrong.
        shown: tuple of `Suspect`, the most suspicious.
        confused: tuple of `ConfusedClasses`, the most confused first.
        note: str, why labels were not judged; "" where they were.
    """

    judged: int
    suspects: int
    shown: tuple[Suspect, ...]
    confused: tuple[ConfusedClasses, ...]
    note: str = ""

    @property
    def confused_rows(self) -> list[tuple]:
        """The cells of the table of confused classes."""
        return [(*each.classes, *each.texts, each.share) for each in self.confused]

    @property
    def sentence(self) -> str:
        """What was found, in a sentence."""
        if self.note:
            return self.note
        if not self.suspects:
            return f"None of the labels of {self.judged:,} validation texts looks wrong."
        share = self.suspects / max(self.judged, 1)
        return (
            f"Of the labels of {self.judged:,} validation texts {self.suspects:,} ({share:.1%}) "
            "are probably wrong, or their texts are hard."
        )


def find_data_to_check(
    validation: Validation, probabilities: np.ndarray, classes: Sequence[str]
) -> DataToCheck:
    """Judges the labels of the validation texts by the model, which has not learnt from them.

    Args:
        validation: labels, and the texts kept in clear.
        probabilities: `(texts, classes)` of the model to all validation texts.
        classes: names.
    """
    texts = len(validation.texts)
    labels, sure = validation.labels[:texts], probabilities[:texts]
    confused = find_confused(probabilities, validation.labels, classes)
    if not texts or len(np.unique(labels)) < len(classes):
        note = "Labels are not judged: of some class no validation text is kept in clear."
        return DataToCheck(texts, 0, (), confused, note)
    try:
        found = rank_label_errors(sure, labels).tolist()
    except MissingExtra as error:
        return DataToCheck(texts, 0, (), confused, f"Labels are not judged: {error}")
    shown = tuple(
        Suspect(
            validation.texts[place][:LONGEST],
            classes[int(labels[place])],
            classes[int(sure[place].argmax())],
            float(sure[place].max()),
        )
        for place in found[:SHOWN]
    )
    return DataToCheck(texts, len(found), shown, confused)
