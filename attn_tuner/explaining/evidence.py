"""Where it is known which words decide: does attention rest on them?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from sklearn.metrics import average_precision_score

from attn_tuner.explaining.explanation import Explanation

ENOUGH = 0.6  # Share of the attention that should lie on the evidence.


@dataclass(frozen=True)
class Evidence:
    """How much of the attention lies on the words that are known to decide.

    Args:
        texts: texts measured.
        mass: mean share of the attention on the evidence.
        even: the same share if every token had the same weight.
        precision: mean average precision of the ranking by attention; 1 where the evidence
            always comes first.
        around: mean share of the attention on whole sentences of evidence, None where unknown.
    """

    texts: int
    mass: float
    even: float
    precision: float
    around: float | None = None

    def sentence(self) -> str:
        """The finding in plain words."""
        enough = f"{'at least' if self.mass >= ENOUGH else 'less than'} {100 * ENOUGH:.0f} %"
        words = (
            f"{100 * self.mass:.0f} % of the attention lies on the words that decide ({enough}); "
            f"spread evenly it would be {100 * self.even:.0f} %."
        )
        if self.mass < ENOUGH:
            words += " So the highlights do not show the cause well."
        if self.around is not None:
            words += f" {100 * self.around:.0f} % lies within the deciding sentence."
        return words

    def as_dict(self) -> dict:
        return {**asdict(self), "sentence": self.sentence()}


def measure_evidence(
    explanations: Sequence[Explanation],
    evidence: Sequence[Sequence[tuple[int, int]]],
    around: Sequence[Sequence[tuple[int, int]]] | None = None,
) -> Evidence:
    """The share of attention on the evidence, and how well attention ranks it.

    Texts of whose evidence nothing was read, being cut, are left out.

    Args:
        explanations: of the texts.
        evidence: per text the character spans `(start, end)` that decide.
        around: per text the spans of the whole sentences that they stand in.

    Raises:
        ValueError: in no text any of the evidence was read.

    Reference:
        average precision against human rationales: DeYoung et al. 2020, section 4.1.
        https://aclanthology.org/2020.acl-main.408
    """
    masses, evens, precisions, wholes = [], [], [], []
    for place, (explanation, spans) in enumerate(zip(explanations, evidence, strict=True)):
        decides = _within(explanation.spans, spans)
        if not decides.any():
            continue
        attention = explanation.attention
        masses.append(attention[decides].sum())
        evens.append(decides.mean())
        precisions.append(average_precision_score(decides, attention))
        if around is not None:
            wholes.append(attention[_within(explanation.spans, around[place])].sum())
    if not masses:
        raise ValueError("None of the texts' evidence is among the tokens that the model read.")
    return Evidence(
        texts=len(masses),
        mass=float(np.mean(masses)),
        even=float(np.mean(evens)),
        precision=float(np.mean(precisions)),
        around=float(np.mean(wholes)) if wholes else None,
    )


def _within(token_spans, spans) -> np.ndarray:
    """Which tokens overlap any of the spans, (tokens,) bool."""
    return np.array(
        [any(start < last and first < end for first, last in spans) for start, end in token_spans],
        bool,
    )
