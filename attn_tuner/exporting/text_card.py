"""What the model card of a model of texts says of its input."""

from collections.abc import Sequence
from typing import Any

from attn_tuner.exporting.named_answers import NamedAnswers

KEPT_PARTS = {"head": "the first", "tail": "the last", "ends": "the first and last"}


class TextCard(NamedAnswers):
    """A mixin for what holds a model of texts: facts and sentences for the model card."""

    vectorizer: Any
    max_length: int | None
    truncation: str

    @property
    def used_vocabulary(self) -> Sequence[str]:
        """Tokens that reach the model, by id."""
        raise NotImplementedError(f"{type(self).__name__} has no used_vocabulary.")

    def facts(self) -> dict[str, Any]:
        """Returns how texts are read."""
        return {
            "language_units": getattr(self.vectorizer, "split", None),
            "vocabulary": len(self.used_vocabulary),
            "max_length": self.max_length,
            "truncation": self.truncation,
        }

    def size_words(self) -> str:
        """Says how large the vocabulary is."""
        return f"a vocabulary of {len(self.used_vocabulary):,} tokens."

    def limits(self) -> list[str]:
        """Says in sentences what of a text is not read."""
        said = []
        if self.max_length is not None:
            kept = f"{KEPT_PARTS[self.truncation]} {self.max_length} tokens"
            said.append(f"Of a longer text only {kept} are read.")
        said.append("A word outside the vocabulary counts as unknown.")
        return [*said, *self.always_answers("text", "of another kind or language")]
