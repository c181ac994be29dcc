"""Validation texts worth looking at, and where the winner looks in them."""

from dataclasses import dataclass, field

import numpy as np

from attn_tuner.explaining import (
    Explainer,
    Explanation,
    measure_evidence,
    measure_faithfulness,
)
from attn_tuner.exporting import Bundle
from attn_tuner.storage.validation_data import Validation
from attn_tuner.text import demo_corpus as demo

KINDS = ("confident", "doubtful", "wrong")
DOUBT = 0.2  # Distance between the two most probable classes below which an answer is in doubt.


@dataclass(frozen=True, eq=False)
class Highlight:
    """One validation text as the report shows it.

    Args:
        kind: one of `KINDS`.
        truth: name of its class.
        explanation: the answer and where the model looked.
    """

    kind: str
    truth: str
    explanation: Explanation


@dataclass(frozen=True, eq=False)
class Looks:
    """What the report tells about attention.

    Args:
        highlights: texts to look at.
        faithfulness: `explaining.Faithfulness.as_dict()`, or None.
        evidence: `explaining.Evidence.as_dict()`, for the demo corpus alone.
        notes: what could not be measured, and why.
    """

    highlights: tuple[Highlight, ...] = ()
    faithfulness: dict | None = None
    evidence: dict | None = None
    notes: tuple[str, ...] = field(default=())


def look(
    bundle: Bundle, validation: Validation, *, each: int = 15, seconds: float = 20.0, seed: int = 0
) -> Looks:
    """Explains some validation texts and measures whether the explanations can be believed.

    Args:
        bundle: the winner.
        validation: the run's validation part.
        each: texts of every kind.
        seconds: time allowed for measuring faithfulness.
        seed: of the texts drawn.
    """
    texts, labels = validation.texts, validation.labels[: len(validation.texts)]
    if not texts:
        return Looks(notes=("The run keeps no validation texts to show.",))
    probabilities = bundle.predict(texts)
    chosen = choose(labels, probabilities, each, seed)
    explainer = Explainer(bundle)
    explained = explainer([texts[index] for index, _ in chosen])
    highlights = tuple(
        Highlight(kind, bundle.classes[labels[index]], explanation)
        for (index, kind), explanation in zip(chosen, explained, strict=True)
    )
    if not explainer.rows:
        note = "The model has no attention head, so there are no weights to show."
        return Looks(highlights, notes=(note,))
    notes = []
    faithfulness = None
    try:
        found = measure_faithfulness(bundle, texts, seconds=seconds, seed=seed)
        faithfulness = found.as_dict()
    except ValueError as error:
        notes.append(str(error))
    return Looks(highlights, faithfulness, evidence_of(explainer, texts), tuple(notes))


def choose(labels, probabilities, each: int = 15, seed: int = 0) -> list[tuple[int, str]]:
    """Indices of texts with their kind: right and sure, in doubt, and wrong.

    Wrong answers come the surest first, doubtful ones the most doubtful first; sure ones are
    drawn from the surest fifth by chance, or all of them would be alike.
    """
    answers = probabilities.argmax(axis=1)
    top = np.sort(probabilities, axis=1)[:, ::-1]
    margin = top[:, 0] - top[:, 1]
    wrong = answers != labels
    doubtful = ~wrong & (margin < DOUBT)
    sure = np.flatnonzero(~wrong & ~doubtful)
    surest = sure[np.argsort(-margin[sure], kind="stable")][: max(each, len(sure) // 5)]
    drawn = np.random.default_rng(seed).permutation(surest)[:each]
    groups = (drawn, _by(margin, doubtful)[:each], _by(-margin, wrong)[:each])
    return [
        (int(index), kind) for kind, group in zip(KINDS, groups, strict=True) for index in group
    ]


def evidence_of(explainer: Explainer, texts) -> dict | None:
    """How much attention rests on the known evidence, for texts of the demo corpus; else None."""
    reviews = {review.text: review for part in demo.corpus().values() for review in part}
    known = [reviews[text] for text in texts if text in reviews]
    if len(known) < len(texts) or not known:
        return None
    explanations = explainer([review.text for review in known])
    found = measure_evidence(
        explanations,
        [review.evidence for review in known],
        [[review.verdict] for review in known],
    )
    return found.as_dict()


def _by(order, chosen):
    """The indices of what is chosen, the least of `order` first."""
    places = np.flatnonzero(chosen)
    return places[np.argsort(order[places], kind="stable")]
