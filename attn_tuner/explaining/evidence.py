"""Measures the share of attention on words that are known to decide."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from sklearn.metrics import average_precision_score

from attn_tuner.errors import NotMeasurable
from attn_tuner.explaining.explanation import Explanation

MIN_EVIDENCE_SHARE = 0.6  # Of the attention; below it the sentence warns.


@dataclass(frozen=True)
class Evidence:
    """The share of attention on the evidence, the words that are known to decide.

    Args:
        texts: int, number of texts measured.
        mass: float, mean share of the attention on the evidence.
        even: float, the same share if all tokens had equal weights.
        precision: float, mean average precision of the ranking by attention; 1 where the evidence
            always comes first.
        around: float, mean share of the attention on the sentences that hold the evidence; None
            where unknown.
    """

    texts: int
    mass: float
    even: float
    precision: float
    around: float | None = None

    def sentence(self) -> str:
        """Says the finding in words."""
        bound = "at least" if self.mass >= MIN_EVIDENCE_SHARE else "less than"
        enough = f"{bound} {100 * MIN_EVIDENCE_SHARE:.0f} %"
        said = (
            f"{100 * self.mass:.0f} % of the attention lies on the words that decide ({enough}); "
            f"with equal weights it would be {100 * self.even:.0f} %."
        )
        if self.mass < MIN_EVIDENCE_SHARE:
            said += " So the highlights do not show the cause well."
        if self.around is not None:
            said += f" {100 * self.around:.0f} % lies within the deciding sentence."
        return said

    def as_dict(self) -> dict:
        """Returns the fields and the sentence."""
        return {**asdict(self), "sentence": self.sentence()}


def measure_evidence(
    explanations: Sequence[Explanation],
    evidence: Sequence[Sequence[tuple[int, int]]],
    around: Sequence[Sequence[tuple[int, int]]] | None = None,
) -> Evidence:
    """Measures the share of attention on the evidence, and how well attention ranks it.

    Texts that were truncated before their evidence are left out.

    Args:
        explanations: one for each text.
        evidence: for each text, the character spans (start, end) that decide.
        around: for each text, the spans of the sentences that hold the evidence.

    Raises:
        ValueError: the evidence of every text was truncated.

    Reference:
        Average precision against human rationales: DeYoung et al. 2020, section 4.1.
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
        raise NotMeasurable("None of the texts' evidence is among the tokens that the model read.")
    return Evidence(
        texts=len(masses),
        mass=float(np.mean(masses)),
        even=float(np.mean(evens)),
        precision=float(np.mean(precisions)),
        around=float(np.mean(wholes)) if wholes else None,
    )


def _within(token_spans, spans) -> np.ndarray:
    """Returns which tokens overlap any of the spans, `(tokens,)` bool."""
    return np.array(
        [any(start < last and first < end for first, last in spans) for start, end in token_spans],
        bool,
    )
