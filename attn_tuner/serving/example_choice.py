"""Chooses three validation texts to begin with: a sure answer, one in doubt, a wrong one."""

from collections.abc import Sequence

import numpy as np

from attn_tuner.explaining.explanation import Explanation

KINDS = ("sure", "in doubt", "wrong")
SOME = 3


def choose_examples(explanations: Sequence[Explanation], truths: Sequence[str]) -> list[dict]:
    """Chooses texts by the model's answers to them.

    The sure one is the median of the surest fifth of the right answers, since the very surest
    texts are much alike. The one in doubt has the smallest margin between the two most probable
    classes among the right answers, the wrong one the greatest among the wrong answers.

    Args:
        explanations: the answers.
        truths: the true class of each text; empty for tasks without classes.

    Returns:
        Dicts with the keys kind (one of `KINDS`, or "" without classes), text, truth ("" without
        classes) and label. A kind that no text has is missing.
    """
    if not truths:
        return [_row("", each, "") for each in explanations[:SOME]]
    margins = np.array([_margin(each) for each in explanations])
    right = np.array(
        [each.label == truth for each, truth in zip(explanations, truths, strict=True)]
    )
    order = np.argsort(-margins, kind="stable")
    correct, wrong = [order[right[order]], order[~right[order]]]
    surest = correct[: max(1, len(correct) // 5)]
    chosen = {
        "sure": surest[len(surest) // 2 :][:1],
        "in doubt": correct[1:][-1:],
        "wrong": wrong[:1],
    }
    return [
        _row(kind, explanations[place], truths[place])
        for kind in KINDS
        for place in map(int, chosen[kind])
    ]


def _margin(explanation: Explanation) -> float:
    top = sorted(explanation.probabilities.values(), reverse=True)
    return top[0] - top[1] if len(top) > 1 else top[0]


def _row(kind: str, explanation: Explanation, truth: str) -> dict:
    return {"kind": kind, "text": explanation.text, "truth": truth, "label": explanation.label}
