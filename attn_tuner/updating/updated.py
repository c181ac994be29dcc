"""What an update learnt from, and what it did to the accuracy."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from attn_tuner.metrics import interval
from attn_tuner.tuning.duration import format_duration

ALLOWED_LOSS = 0.5  # Points.
ALLOWED_TAKEN = 10.0  # Percent.
OF_A_CLASS = 5  # Times as many of the texts of one class may be taken for a new one.
_NAMED = 5  # Classes that a sentence names.


@dataclass(frozen=True)
class Allowed:
    """What an update may cost the classes of the search, on its validation texts.

    Args:
        loss: float, points of accuracy among these classes.
        taken: float, percent of the texts that are taken for a new class.
    """

    loss: float = ALLOWED_LOSS
    taken: float = ALLOWED_TAKEN

    @property
    def taken_of_a_class(self) -> float:
        """Percent of the texts of one class that may be taken for a new one."""
        return min(100.0, OF_A_CLASS * self.taken)


@dataclass(frozen=True)
class MostTaken:
    """The class of the search of which most texts are now taken for a new class.

    Args:
        name: str, the class.
        texts: int, its validation texts.
        taken: int, how many of them are taken for a new class.
    """

    name: str
    texts: int
    taken: int

    @property
    def surely(self) -> float:
        """Percent taken of the class, at least: the lower end of the 95 % interval."""
        return 100 * interval(self.taken / self.texts, self.texts)[0]


def most_taken(labels: np.ndarray, answers: np.ndarray, classes: Sequence[str]) -> MostTaken | None:
    """Finds the class that loses the greatest share of its texts to new classes, surely.

    Args:
        labels: `(texts,)` int, classes of the validation texts of the search.
        answers: `(texts,)` int, what the updated model says; `len(classes)` and above are new.
        classes: names of the classes of the search.

    Returns:
        None where no text is taken.
    """
    texts = np.bincount(labels, minlength=len(classes))
    taken = np.bincount(labels[answers >= len(classes)], minlength=len(classes))
    found = [
        MostTaken(classes[each], int(texts[each]), int(taken[each]))
        for each in np.flatnonzero(taken).tolist()
    ]
    return max(found, key=lambda each: each.surely, default=None)


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
        members, members_before: int, models in the average, and in that of the search.
        most_taken: the class of the search that loses most of its texts to new classes; None where
            none does.
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
    members: int = 1
    members_before: int = 1
    most_taken: MostTaken | None = None

    @property
    def lost(self) -> float:
        """Points lost among the classes of the search, on its validation texts; below 0 for a gain.

        A text that is now taken for a new class is not counted, see `taken_for_new`: some are,
        however well both classes are known.
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

    def refusal(self, allowed: Allowed) -> str:
        """Says why the update is refused, and what to do; "" where it is not.

        Args:
            allowed: what it may cost.
        """
        if self.lost > allowed.loss:
            return (
                f"Refused: {self.lost:.1f} points would be lost on the classes of the search, and "
                f"{allowed.loss:g} are allowed. Of its {self.old_texts:,} validation texts "
                f"{self.old_before:.1f} % are right now and {self.old_after:.1f} % would "
                f"be{self._taken()}.{self._left_out()} Nothing was written. Check the labels of "
                "the new rows, allow more (allow_loss, --allow-loss), or search again with all "
                "rows."
            )
        most = self.most_taken
        if self.taken_for_new > allowed.taken:
            reason = (
                f"{self.taken_for_new:.1f} % of the {self.old_texts:,} validation texts of the "
                "search would be taken for one of the new classes, and "
                f"{allowed.taken:g} % are allowed{self._most()}"
            )
        elif most is not None and most.surely > allowed.taken_of_a_class:
            reason = (
                f"{most.taken:,} of the {most.texts:,} validation texts of '{most.name}' would be "
                "taken for one of the new classes: probably one of them is that class by another "
                f"name. Allowed are {allowed.taken_of_a_class:g} %"
            )
        else:
            return ""
        return (
            f"Refused: {reason}. Nothing was written. Check the labels of the new rows, allow more "
            "(allow_taken, --allow-taken), or search again with all rows."
        )

    def as_dict(self) -> dict[str, Any]:
        """Returns the facts, ready for JSON."""
        return {**asdict(self), "new_classes": list(self.new_classes)}

    def _left_out(self) -> str:
        if self.members == self.members_before:
            return ""
        return (
            f" Of the {self.members_before} members of the average {self.members} were trained on "
            "in the time; more time (max_time, --max-time) trains more."
        )

    def _most(self) -> str:
        most = self.most_taken
        if most is None:
            return ""
        return f"; of '{most.name}' {most.taken:,} of {most.texts:,}"

    def _taken(self) -> str:
        if not self.new_classes:
            return ""
        return (
            f" among the classes that it knew; {self.taken_for_new:.1f} % are taken for one of the "
            f"new classes{self._most()}"
        )

    def _named(self) -> str:
        if not self.new_classes:
            return ""
        shown = ", ".join(f"'{name}'" for name in self.new_classes[:_NAMED])
        more = len(self.new_classes) - _NAMED
        others = f" and {more:,} more" if more > 0 else ""
        return f" (new classes: {shown}{others})"
