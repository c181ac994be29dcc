"""A learning curve: measured accuracies, and what more labelled texts would gain."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.labelling.estimate import Estimate
from attn_tuner.labelling.power_law import PowerLaws
from attn_tuner.labelling.wording import class_lines, gain_lines, measured_lines, search_lines
from attn_tuner.registry import unknown
from attn_tuner.settings.checks import shown

SHOWN = 10  # Classes in a summary.
MOST = 10**12  # Texts; an integer beyond a float could not be computed with.


@dataclass(frozen=True)
class LearningCurve:
    """The accuracy of linear models by the number of texts that they learn from.

        curve = attn_tuner.learning_curve("reviews.csv")
        curve.gain(500).points               points of accuracy that 500 more texts would gain
        curve.gain(500, "negative").points   of the texts of this class alone

    Args:
        name: str, name of the data.
        texts: int, labelled texts by now.
        sizes: tuple of int, texts learnt from.
        accuracies: tuple of float, measured with so many, in percent.
        counts: mapping of class to its number of labelled texts.
        laws: power laws of the error, one for each bootstrap sample.
        class_laws: mapping of class to the same, for each class with enough texts.
        search: str, what another hour of a search would gain, in a sentence; "" if not asked.
        notes: tuple of str, sentences on how the data were read.
    """

    name: str
    texts: int
    sizes: tuple[int, ...]
    accuracies: tuple[float, ...]
    counts: Mapping[str, int]
    laws: PowerLaws = field(repr=False)
    class_laws: Mapping[str, PowerLaws] = field(default_factory=dict, repr=False)
    search: str = ""
    notes: tuple[str, ...] = ()

    def accuracy(self, texts: int, label: str | None = None) -> Estimate:
        """Estimates the accuracy of a model that learns from so many texts, in percent.

        Args:
            texts: int, labelled texts in all, at least 1.
            label: str, a class: the share of its texts that are recognised; all texts if not given.

        Raises:
            DataError: `texts` is no number of texts, or the class has too few for a curve.
        """
        _check_count("texts", texts, self.texts + MOST)
        return Estimate.of(1.0 - self._laws(label)(texts))

    def gain(self, more: int, label: str | None = None) -> Estimate:
        """Estimates how many points of accuracy further labelled texts would gain.

        Args:
            more: int, further texts, at least 1, with the classes in the proportion of those
                labelled by now.
            label, Raises: as for `accuracy`.
        """
        _check_count("more", more)
        laws = self._laws(label)
        return Estimate.of(laws(self.texts) - laws(self.texts + more))

    def _laws(self, label: str | None) -> PowerLaws:
        if label is None:
            return self.laws
        if label not in self.counts:
            raise DataError(unknown("class", label, self.counts))
        if label not in self.class_laws:
            raise DataError(
                f"The class '{label}' has {self.counts[label]} labelled texts, too few for a curve "
                "of its own."
            )
        return self.class_laws[label]

    def steps(self) -> tuple[int, ...]:
        """Round numbers of further texts: about a quarter, a half and all of those labelled."""
        found = (_rounded(share * self.texts) for share in (0.25, 0.5, 1.0))
        return tuple(dict.fromkeys(found))

    def summary(self, more: int | None = None, show: int = SHOWN) -> str:
        """Says what more labelled texts would gain, in lines for a terminal.

        Args:
            more: int, further texts; `steps` if not given.
            show: int, classes at most.
        """
        steps = self.steps() if more is None else (more,)
        lines = [*self.notes, *measured_lines(self.name, self.texts, self.sizes, self.accuracies)]
        estimates = {step: (self.gain(step), self.accuracy(self.texts + step)) for step in steps}
        lines += gain_lines(estimates, self.texts)
        largest = steps[-1]
        gains = {label: self.gain(largest, label) for label in self.class_laws}
        lines += class_lines(gains, largest, show)
        return "\n".join([*lines, *search_lines(self.search)])

    def as_rows(self, more: int | None = None) -> Iterator[dict[str, Any]]:
        """Yields dicts for JSON: the summary, each measured size, each gain.

        Args:
            more: int, as in `summary`.
        """
        yield {"finding": "summary", "name": self.name, "texts": self.texts, "search": self.search}
        for size, accuracy in zip(self.sizes, self.accuracies, strict=True):
            yield {"finding": "measured", "texts": size, "accuracy": accuracy}
        for step in self.steps() if more is None else (more,):
            for label in (None, *self.class_laws):
                gain = asdict(self.gain(step, label))
                yield {"finding": "gain", "more": step, "label": label, **gain}

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return f"<pre style='white-space:pre-wrap'>{escape(self.summary())}</pre>"


def _check_count(name: str, value: Any, most: int = MOST) -> None:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not 1 <= value <= most:
        raise DataError(
            f"{name} is {shown(value)}. It should be a whole number from 1 to {most:,}."
        )


def _rounded(texts: float) -> int:
    """Rounds to one leading digit, at least 1."""
    unit = 10 ** math.floor(math.log10(max(texts, 1)))
    return max(1, int(unit * round(texts / unit)))
