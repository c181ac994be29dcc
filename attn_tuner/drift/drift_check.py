"""What a comparison of new texts with the validation texts found."""

from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from attn_tuner.drift.accuracy import AccuracyEstimate, LabelledAccuracy
from attn_tuner.drift.comparison import LEVEL, Comparison
from attn_tuner.drift.distributions import Distribution
from attn_tuner.drift.wording import shown_p, shown_values
from attn_tuner.system.terminal import to_single_line

_WIDTH = 10  # Of the word before a line.


@dataclass(frozen=True)
class DriftCheck:
    """The findings of `attn_tuner.monitor`.

    Args:
        texts: int, new texts.
        reference_texts: int, validation texts.
        comparisons: tuple of `Comparison`.
        accuracy: `AccuracyEstimate`, without labels.
        labelled: `LabelledAccuracy`, of the new texts that have labels; None without any.
        distributions: tuple of `Distribution`, in the order of the comparisons.
    """

    texts: int
    reference_texts: int
    comparisons: tuple[Comparison, ...]
    accuracy: AccuracyEstimate
    labelled: LabelledAccuracy | None = None
    distributions: tuple[Distribution, ...] = ()

    @property
    def off(self) -> bool:
        """Whether the texts differ, or the accuracy on those with labels has fallen."""
        fallen = (
            self.labelled is not None
            and self.labelled.p < LEVEL
            and self.labelled.points < self.accuracy.before
        )
        return fallen or any(each.differs for each in self.comparisons)

    def summary(self) -> str:
        """Says what was found, in lines for a terminal."""
        estimated, *measured = self.accuracy_sentences()
        return "\n".join(
            [
                _line("Texts", self.sentence()),
                *map(_comparison_line, self.comparisons),
                _line("Accuracy", estimated),
                *(_line("", said) for said in measured),
            ]
        )

    def accuracy_sentences(self) -> list[str]:
        """Says how accurate the model is on the new texts, as far as that is known."""
        found, labelled = self.accuracy, self.labelled
        said = [
            f"estimated without labels {found.points:.1f} % \u00b1 {found.margin:.1f} "
            f"(95 % interval); {found.before:.1f} % on the validation texts"
        ]
        if labelled is not None:
            said.append(
                f"{labelled.points:.1f} % of the {labelled.texts:,} texts with labels are right "
                f"(p {shown_p(labelled.p)} that nothing has changed)"
            )
        return said

    def sentence(self) -> str:
        """Says whether the texts differ, and in what."""
        changed = [each.name for each in self.comparisons if each.differs]
        said = f"{self.texts:,} new texts, {self.reference_texts:,} validation texts: "
        if changed:
            return f"{said}they differ in {', '.join(changed)}"
        return f"{said}{'the accuracy has fallen' if self.off else 'no difference'}"

    def as_dict(self) -> dict[str, Any]:
        """Returns the findings, ready for JSON."""
        return {**asdict(self), "off": self.off}

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return f"<pre style='white-space:pre-wrap'>{escape(self.summary())}</pre>"


def _comparison_line(each: Comparison) -> str:
    label = f"'{to_single_line(each.label[:40])}' " if each.label else ""
    before, now, unit = shown_values(each)
    mark = "differ" if each.differs else "alike"
    return _line("", f"{each.name}: {label}{before} -> {now} {unit} (p {shown_p(each.p)}, {mark})")


def _line(label: str, said: str) -> str:
    return f"{label:<{_WIDTH}}{said}"
