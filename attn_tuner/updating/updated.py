"""What an update learnt from, and what it did to the accuracy."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from attn_tuner.tuning.duration import format_duration

_NAMED = 5  # Classes that a sentence names.


@dataclass(frozen=True)
class Updated:
    """The facts of an update, as the model card and the outcome have them.

    Args:
        run: str, folder of the search whose model was trained on.
        rows: int, new rows in training.
        held_out: int, new rows in validation.
        replayed: int, training texts of the search that a member has read again, some of them
            several times; the fewest of all members.
        new_classes: names of the classes that the search did not know.
        new_words: int, words added to the vocabulary.
        old_texts: int, validation texts of the search.
        old_before, old_after: float, accuracy on them in percent; after the update among the
            classes of the search alone, as before.
        taken_for_new: float, percent of them that are now answered with a new class.
        new_after: float, accuracy on the rows held out, in percent; None where there were too few.
        seconds: float, of the whole update, but for the writing of its files.
    """

    run: str
    rows: int
    held_out: int
    replayed: int
    new_classes: Sequence[str]
    new_words: int
    old_texts: int
    old_before: float
    old_after: float
    taken_for_new: float
    new_after: float | None
    seconds: float

    @property
    def lost(self) -> float:
        """Points lost among the classes of the search, on its validation texts; below 0 for a gain.

        A text that is now taken for a new class is not counted: some are, however well both classes
        are known.
        """
        return self.old_before - self.old_after

    def sentences(self) -> list[str]:
        """Says what was learnt from, and how good the model is on old and on new texts."""
        held = (
            ""
            if self.new_after is None
            else (f"; of {self.held_out:,} new rows that were held out {self.new_after:.1f} % are")
        )
        return [
            f"Trained on from {self.run} with {self.rows:,} new rows{self._named()}, "
            f"and its training texts {self.replayed:,} times, in {format_duration(self.seconds)}. "
            f"Words added to the vocabulary: {self.new_words:,}.",
            f"Of the {self.old_texts:,} validation texts of that search {self.old_before:.1f} % "
            f"were right before and {self.old_after:.1f} % are now{self._taken()}{held}.",
        ]

    def refusal(self, allowed: float) -> str:
        """Says why the update is refused, and what to do.

        Args:
            allowed: float, points that may be lost.
        """
        return (
            f"Refused: {self.lost:.1f} points would be lost on the classes of the search, and "
            f"{allowed:g} are allowed. Of its {self.old_texts:,} validation texts "
            f"{self.old_before:.1f} % are right now and {self.old_after:.1f} % would "
            f"be{self._taken()}. Nothing was written. Check the labels of the new rows, allow more "
            "(allow_loss, --allow-loss), or search again with all rows."
        )

    def as_dict(self) -> dict[str, Any]:
        """Returns the facts, ready for JSON."""
        return {**asdict(self), "new_classes": list(self.new_classes)}

    def _taken(self) -> str:
        if not self.new_classes:
            return ""
        return (
            f" among the classes that it knew; {self.taken_for_new:.1f} % are taken for one of the "
            "new classes"
        )

    def _named(self) -> str:
        if not self.new_classes:
            return ""
        shown = ", ".join(f"'{name}'" for name in self.new_classes[:_NAMED])
        more = len(self.new_classes) - _NAMED
        others = f" and {more:,} more" if more > 0 else ""
        return f" (new classes: {shown}{others})"
