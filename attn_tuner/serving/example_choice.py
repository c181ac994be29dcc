"""Chooses three validation inputs to begin with: a sure answer, one in doubt, a wrong one."""

from collections.abc import Mapping, Sequence

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
    labels = [each.label for each in explanations]
    chosen = choose_places(labels, [each.probabilities for each in explanations], truths)
    return [
        {
            "kind": kind,
            "text": explanations[place].text,
            "truth": truths[place] if truths else "",
            "label": labels[place],
        }
        for kind, place in chosen
    ]


def choose_places(
    labels: Sequence[str], probabilities: Sequence[Mapping[str, float]], truths: Sequence[str]
) -> list[tuple[str, int]]:
    """Returns the kind and the index of each input that is chosen, as `choose_examples` says.

    Args:
        labels: the answer to each input.
        probabilities: of each, class to probability.
        truths: the true class of each; empty for tasks without classes.
    """
    if not truths:
        return [("", place) for place in range(min(SOME, len(labels)))]
    margins = np.array([_margin(each) for each in probabilities])
    right = np.array([label == truth for label, truth in zip(labels, truths, strict=True)], bool)
    order = np.argsort(-margins, kind="stable")
    correct, wrong = [order[right[order]], order[~right[order]]]
    surest = correct[: max(1, len(correct) // 5)]
    chosen = {
        "sure": surest[len(surest) // 2 :][:1],
        "in doubt": correct[1:][-1:],
        "wrong": wrong[:1],
    }
    return [(kind, int(place)) for kind in KINDS for place in chosen[kind]]


def _margin(probabilities: Mapping[str, float]) -> float:
    top = sorted(probabilities.values(), reverse=True)
    return top[0] - top[1] if len(top) > 1 else top[0]
