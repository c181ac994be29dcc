"""What the model card of a model of texts says of its input."""

from collections.abc import Sequence
from typing import Any

KEPT_PARTS = {"head": "the first", "tail": "the last", "ends": "the first and last"}


class TextCard:
    """A mixin for what holds a model of texts: facts and sentences for the model card."""

    vectorizer: Any
    max_length: int | None
    truncation: str

    @property
    def kind(self) -> str:
        """Kind of the answers: a key of `metrics.MEASURES`."""
        raise NotImplementedError(f"{type(self).__name__} has no kind.")

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
        if self.kind == "class":
            said.append(
                "It always names one of its classes; `known` is False where a text is probably "
                "none."
                if getattr(self, "known", None)
                else "It always names one of its classes, even for a text of another kind or "
                "language."
            )
        return said
