"""Chooses validation texts for the report and explains the model's answers to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from attn_tuner.errors import NotMeasurable
from attn_tuner.explaining import (
    Explainer,
    Explanation,
    measure_evidence,
    measure_faithfulness,
)
from attn_tuner.exporting import Bundle
from attn_tuner.storage.validation_data import Validation
from attn_tuner.text import demo_corpus as demo
from attn_tuner.text.columns.cells import TEXT, is_absent

KINDS = ("confident", "doubtful", "wrong")
MIN_MARGIN = 0.2  # Between the two most probable classes; below it an answer is doubtful.


@dataclass(frozen=True, eq=False)
class ExampleText:
    """One validation text with the model's answer.

    Args:
        kind: str, one of `KINDS`.
        truth: str, name of its true class.
        explanation: the answer and the attention weights.
        columns: names and values of the columns beside it, `"price 12, country UK"`; "" without.
    """

    kind: str
    truth: str
    explanation: Explanation
    columns: str = ""


@dataclass(frozen=True, eq=False)
class ExampleTexts:
    """Example texts, and measurements of whether their attention explains the answers.

    Args:
        examples: the texts.
        faithfulness: `explaining.Faithfulness.as_dict()`; None where it was not measured.
        evidence: `explaining.Evidence.as_dict()`, for the demo corpus only.
        notes: sentences on what was not measured, and why.
    """

    examples: tuple[ExampleText, ...] = ()
    faithfulness: dict | None = None
    evidence: dict | None = None
    notes: tuple[str, ...] = field(default=())


def explain_examples(
    bundle: Bundle,
    validation: Validation,
    *,
    rows: Sequence[dict] | None = None,
    each: int = 15,
    seconds: float = 20.0,
    seed: int = 0,
) -> ExampleTexts:
    """Explains some validation texts and measures how faithful the attention is.

    Args:
        bundle: the exported model.
        validation: validation texts and labels of the run.
        rows: validation texts with the columns beside them, of a model that reads these.
        each: int, number of texts of every kind.
        seconds: float, time limit for measuring faithfulness.
        seed: int, for the choice of texts.
    """
    texts = list(validation.texts if rows is None else rows)
    labels = validation.labels[: len(texts)]
    if not texts:
        return ExampleTexts(notes=("This run folder holds no validation texts.",))
    probabilities = bundle.predict(texts)
    chosen = select_examples(labels, probabilities, each, seed)
    explainer = Explainer(bundle)
    explained = explainer([texts[index] for index, _ in chosen])
    examples = tuple(
        ExampleText(kind, bundle.classes[labels[index]], explanation, _columns_of(texts[index]))
        for (index, kind), explanation in zip(chosen, explained, strict=True)
    )
    if not explainer.rows:
        note = "The model has no attention head, so there are no weights."
        return ExampleTexts(examples, notes=(note,))
    if rows is not None:
        note = "How faithful attention is, is measured on texts without columns."
        return ExampleTexts(examples, notes=(note,))
    notes = []
    faithfulness = None
    try:
        found = measure_faithfulness(bundle, texts, seconds=seconds, seed=seed)
        faithfulness = found.as_dict()
    except NotMeasurable as error:
        notes.append(str(error))
    return ExampleTexts(
        examples, faithfulness, measure_demo_evidence(explainer, texts), tuple(notes)
    )


def select_examples(
    labels: np.ndarray, probabilities: np.ndarray, each: int = 15, seed: int = 0
) -> list[tuple[int, str]]:
    """Selects texts that the model answers confidently and right, doubtfully, or wrong.

    Wrong answers are sorted by confidence, doubtful ones by doubt. Confident ones are a random
    sample of the most confident fifth, as the very top texts are much alike.

    Args:
        labels: `(texts,)` int, true classes.
        probabilities: `(texts, classes)`.
        each: int, number of texts of every kind.
        seed: int, for the sample.

    Returns:
        Pairs (index of the text, kind).
    """
    answers = probabilities.argmax(axis=1)
    top = np.sort(probabilities, axis=1)[:, ::-1]
    margin = top[:, 0] - top[:, 1]
    wrong = answers != labels
    doubtful = ~wrong & (margin < MIN_MARGIN)
    sure = np.flatnonzero(~wrong & ~doubtful)
    surest = sure[np.argsort(-margin[sure], kind="stable")][: max(each, len(sure) // 5)]
    drawn = np.random.default_rng(seed).permutation(surest)[:each]
    groups = (
        drawn,
        _sorted_indices(margin, doubtful)[:each],
        _sorted_indices(-margin, wrong)[:each],
    )
    return [
        (int(index), kind) for kind, group in zip(KINDS, groups, strict=True) for index in group
    ]


def measure_demo_evidence(explainer: Explainer, texts: Sequence[str]) -> dict | None:
    """Measures the attention on the words that decide; None for texts not of the demo corpus."""
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


def _columns_of(given: str | dict) -> str:
    """Describes the columns beside a text; "" where it has none."""
    if isinstance(given, str):
        return ""
    return ", ".join(
        f"{name} {'–' if is_absent(value) else value}"
        for name, value in given.items()
        if name != TEXT
    )


def _sorted_indices(key: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Returns the indices where `chosen` is True, the lowest `key` first."""
    indices = np.flatnonzero(chosen)
    return indices[np.argsort(key[indices], kind="stable")]
