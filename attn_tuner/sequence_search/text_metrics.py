"""Measures written texts against the texts that were wanted."""

import importlib.util
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher

from attn_tuner.errors import need

EXTRA = "sequence"  # The extra of this package that brings sacrebleu.
_LIBRARY = "sacrebleu"


def exact_match(written: Sequence[str], wanted: Sequence[str]) -> float:
    """Returns the share of texts that are exactly as wanted."""
    return sum(one == other for one, other in zip(written, wanted, strict=True)) / len(wanted)


def chrf(written: Sequence[str], wanted: Sequence[str]) -> float:
    """Computes chrF, from 0 to 100: the F2 of the n-grams of 1 to 6 characters.

    Reference:
        Popović 2015. https://aclanthology.org/W15-3049
    """
    return need(_LIBRARY, EXTRA).CHRF().corpus_score([*written], [[*wanted]]).score


def bleu(written: Sequence[str], wanted: Sequence[str]) -> float:
    """Computes BLEU, from 0 to 100, with sacrebleu's own tokens (13a), as the case stands.

    Reference:
        Papineni et al. 2002, https://aclanthology.org/P02-1040;
        Post 2018, https://aclanthology.org/W18-6319
    """
    # Texts of words are tokenised, of which sacrebleu would warn.
    return need(_LIBRARY, EXTRA).BLEU(force=True).corpus_score([*written], [[*wanted]]).score


TEXT_METRICS: dict[str, Callable[[Sequence[str], Sequence[str]], float]] = {
    "exact_match": exact_match,
    "chrf": chrf,
    "bleu": bleu,
}
OF_SACREBLEU = ("chrf", "bleu")


def check_available(objective: str) -> None:
    """Raises MissingExtra unless what the objective is computed with is installed."""
    if objective in OF_SACREBLEU:
        need(_LIBRARY, EXTRA)


def measure_texts(written: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    """Returns all metrics of written texts that can be computed on this machine, by name."""
    there = importlib.util.find_spec(_LIBRARY) is not None
    return {
        name: float(metric(written, wanted))
        for name, metric in TEXT_METRICS.items()
        if there or name not in OF_SACREBLEU
    }


def similarity(written: str, wanted: str) -> float:
    """Returns how alike two texts are, from 0 to 1: twice the characters matched, of all.

    Reference: Ratcliff & Metzener 1988, as in `difflib.SequenceMatcher.ratio`.
    """
    return SequenceMatcher(None, written, wanted, autojunk=False).ratio()
