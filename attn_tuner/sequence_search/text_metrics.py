"""Measures written texts against the texts that were wanted."""

import importlib.util
import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import partial

from attn_tuner.errors import need

EXTRA = "sequence"  # The extra of this package that brings sacrebleu and rouge-score.
ROUGE = ("rouge1", "rouge2", "rougeL")
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


class _Words:
    """Splits texts into words of letters and digits, in lower case.

    Of English it makes the tokens of rouge-score itself, which drops all letters but a to z.
    """

    def tokenize(self, text: str) -> list[str]:
        return re.findall(r"[^\W_]+", text.lower())


def rouge(name: str, written: Sequence[str], wanted: Sequence[str]) -> float:
    """Computes ROUGE, from 0 to 100: the mean over the texts of the F1 of what they share.

    Words are letters and digits in lower case, of any script, and are not stemmed.

    Args:
        name: "rouge1" and "rouge2" for words and pairs of words, "rougeL" for the longest common
            subsequence of words.
        written: the texts.
        wanted: the targets.

    Reference:
        Lin 2004. https://aclanthology.org/W04-1013
    """
    scorer = need("rouge_score.rouge_scorer", EXTRA).RougeScorer([name], tokenizer=_Words())
    scores = [scorer.score(*pair)[name].fmeasure for pair in zip(wanted, written, strict=True)]
    return 100.0 * sum(scores) / len(scores)


TEXT_METRICS: dict[str, Callable[[Sequence[str], Sequence[str]], float]] = {
    "exact_match": exact_match,
    "chrf": chrf,
    "bleu": bleu,
    **{name: partial(rouge, name) for name in ROUGE},
}
# What needs texts that are decoded, to the module that computes it.
DECODED = {"chrf": "sacrebleu", "bleu": "sacrebleu", **dict.fromkeys(ROUGE, "rouge_score")}


def check_available(objective: str) -> None:
    """Raises MissingExtra unless what the objective is computed with is installed."""
    if objective in DECODED:
        need(DECODED[objective], EXTRA)


def measure_texts(
    written: Sequence[str], wanted: Sequence[str], objective: str = ""
) -> dict[str, float]:
    """Returns the metrics of written texts that can be computed on this machine, by name.

    Args:
        written: the texts.
        wanted: the targets.
        objective: of the search. ROUGE takes long, and is left out where it is not of interest.
    """
    names = [name for name in TEXT_METRICS if name not in ROUGE or objective in ROUGE]
    return {
        name: float(TEXT_METRICS[name](written, wanted))
        for name in names
        if name not in DECODED or importlib.util.find_spec(DECODED[name]) is not None
    }


def similarity(written: str, wanted: str) -> float:
    """Returns how alike two texts are, from 0 to 1: twice the characters matched, of all.

    Reference: Ratcliff & Metzener 1988, as in `difflib.SequenceMatcher.ratio`.
    """
    return SequenceMatcher(None, written, wanted, autojunk=False).ratio()
