"""Ranks the labels that are probably wrong."""

from dataclasses import dataclass

import numpy as np

from attn_tuner.baselines.linear_model import LinearModel
from attn_tuner.checking.checked_texts import Place
from attn_tuner.checking.judgement import Judgement
from attn_tuner.errors import need

MOST_WORDS = 4  # N-grams shown for a text,
MOST_EXPLAINED = 1_000  # for the most suspicious; nobody reads more.


@dataclass(frozen=True)
class LabelError:
    """A label that is probably wrong.

    Args:
        place: where the text stands.
        text: str.
        label: str, the given class.
        suggested: str, the most probable class.
        probability: float, of the suggested class.
        given_probability: float, of the given class.
        words: tuple of str, the n-grams that speak most for the suggested class and against the
            given one; empty beyond the first 1,000 errors.
    """

    place: Place
    text: str
    label: str
    suggested: str
    probability: float
    given_probability: float
    words: tuple[str, ...] = ()


def rank_label_errors(
    probabilities: np.ndarray, labels: np.ndarray, mean: np.ndarray | None = None
) -> np.ndarray:
    """Finds the labels that are probably wrong, the worst first.

    Confident learning says how many there are. With the out-of-fold probabilities p(x) of a text x
    whose given label is i, and t_j the mean of p_j over the texts given j, the confident joint
    counts

        C_ij = |{x given i:  p_j(x) >= t_j,  j = argmax over k with p_k(x) >= t_k of p_k(x)}|

    As many texts as it counts off its diagonal are suspects: of those whose most probable class is
    another, the ones whose given class is least probable, by which they are also ranked.

    Args:
        probabilities: (texts, classes), of models that have not learnt from the text; they rank.
        labels: (texts,) int, the given classes.
        mean: (texts, classes), p above, where it is not `probabilities`. Those of stacked models
            would not do: as their models know how many labels are wrong, the surest of texts hardly
            exceed t_j.

    Returns:
        (suspects,) int64, places of texts.

    Reference:
        Northcutt, Jiang & Chuang 2021, eq. 1 and section 4. https://arxiv.org/abs/1911.00068
        Computed by cleanlab.
    """
    counted = probabilities if mean is None else mean
    count = need("cleanlab.count", "check").num_label_issues(labels=labels, pred_probs=counted)
    contradicted = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    confidence = probabilities[contradicted, labels[contradicted]]
    return contradicted[np.argsort(confidence, kind="stable")[:count]]


def find_label_errors(judgement: Judgement) -> tuple[LabelError, ...]:
    """Collects what is known of each label that is probably wrong, the worst first.

    The words against a label are those of a model that is fitted without all suspects.

    Args:
        judgement: the texts with their out-of-fold probabilities.
    """
    checked, scored = judgement.checked, judgement.scored
    probabilities, labels = judgement.probabilities, checked.labels
    ranked = rank_label_errors(probabilities[scored], labels[scored], judgement.mean[scored])
    suspects = scored[ranked]
    others = np.setdiff1d(np.arange(len(checked)), suspects)
    if not len(suspects) or not len(others):
        return ()
    model = judgement.committee.fit(others)
    found = []
    for rank, index in enumerate(suspects.tolist()):
        given, suggested = int(labels[index]), int(probabilities[index].argmax())
        found.append(
            LabelError(
                checked.place(index),
                checked.texts[index],
                checked.classes[given],
                checked.classes[suggested],
                float(probabilities[index, suggested]),
                float(probabilities[index, given]),
                ()
                if rank >= MOST_EXPLAINED
                else _words_against(judgement, index, model, given, suggested),
            )
        )
    return tuple(found)


def _words_against(
    judgement: Judgement, index: int, model: LinearModel, given: int, suggested: int
) -> tuple[str, ...]:
    """Returns the n-grams w of a text with the greatest x_w (W_w,suggested - W_w,given)."""
    row = judgement.rows[index]
    amounts = dict(zip(row.indices.tolist(), row.data.tolist(), strict=True))
    evidence: dict[str, float] = {}
    for column, words in judgement.ngrams_of(index):
        outputs = model.weights[column]
        if len(outputs) > 1:
            apart = outputs[suggested] - outputs[given]
        else:  # Of two classes the model has one output, that of the second.
            apart = outputs[0] * (2 * suggested - 1)
        evidence[words] = amounts.get(column, 0.0) * float(apart)
    ranked = sorted(evidence.items(), key=lambda item: (-item[1], item[0]))
    return tuple(words for words, weight in ranked[:MOST_WORDS] if weight > 0)
