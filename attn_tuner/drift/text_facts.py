"""What is measured on each text: its length, its unknown words, the model's answer."""

from dataclasses import dataclass

import numpy as np

from attn_tuner.storage.layout import DATA
from attn_tuner.storage.run import Run
from attn_tuner.storage.validation_data import Validation
from attn_tuner.text.token_ids import UNKNOWN
from attn_tuner.text.token_store import TokenStore


@dataclass(frozen=True, eq=False)
class TextFacts:
    """Measurements on texts.

    Args:
        lengths: (texts,) int, tokens.
        unknown: (texts,) float, share of the tokens that are outside the vocabulary.
        answers: (texts, classes) float, the model's probabilities.
    """

    lengths: np.ndarray
    unknown: np.ndarray
    answers: np.ndarray

    @classmethod
    def of(cls, store: TokenStore, answers: np.ndarray) -> "TextFacts":
        """Measures encoded texts.

        Args:
            store: the texts.
            answers: (texts, classes), of the model to them.
        """
        lengths = store.lengths
        texts = np.repeat(np.arange(len(lengths)), lengths)
        outside = np.bincount(texts, np.asarray(store.ids) == UNKNOWN, minlength=len(lengths))
        return cls(lengths, outside / np.maximum(lengths, 1), np.asarray(answers, float))

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def classes(self) -> np.ndarray:
        """The most probable class of each text: (texts,) int."""
        return self.answers.argmax(axis=1)

    @property
    def confidences(self) -> np.ndarray:
        """The greatest probability of each text: (texts,) float."""
        return self.answers.max(axis=1)


def reference_of(run: Run) -> tuple[TextFacts, np.ndarray]:
    """Measures the validation texts of a run: their facts, and whether the model was right.

    Raises:
        RunError: the folder does not hold the answers of an exported model to them.
    """
    validation = Validation.read(run)
    answers = validation.require_exported()
    store = TokenStore.open(run.directory / DATA / "validation")
    facts = TextFacts.of(store, answers)
    return facts, facts.classes == validation.labels
