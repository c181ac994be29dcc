"""Chooses from which entropy on an answer counts as "none of these", and measures the choice."""

import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.exporting.known_texts import KnownTexts, entropies
from attn_tuner.metrics import both_columns

ROUNDING = 1e-4  # Nats.
MIN_RIGHT = 50  # Texts answered rightly, below which the limit would be that of a few texts.


def check_known(kept: float | None, kind: str) -> None:
    """Checks that a model of this kind can tell texts that are none of its classes.

    Args:
        kept: as set; None where the model is not to tell them.
        kind: str, key of `metrics.MEASURES`.

    Raises:
        SpaceError: a text has not one class each.
    """
    if kept is not None and kind != "class":
        raise SpaceError("known is for texts with one class each. Leave it out.")


def known_texts_of(labels: np.ndarray, answers: np.ndarray, kept: float) -> KnownTexts | None:
    """Finds the entropy up to which answers count as known.

        h = the `kept` quantile of the entropies of texts that are answered rightly

    `ROUNDING` is added: many texts may have the very entropy h, and an export computes in float32.
    None where fewer than `MIN_RIGHT` texts are.

    Args:
        labels: class numbers, `(texts,)`.
        answers: `(texts, classes)` or `(texts, 1)`, of the model as it is exported.
        kept: float in (0, 1).
    """
    sure = both_columns(np.asarray(answers, "float32"))
    right = sure.argmax(axis=1) == labels
    if right.sum() < MIN_RIGHT:
        return None
    return KnownTexts(kept, float(np.quantile(entropies(sure[right]), kept)) + ROUNDING)


def measure_known(labels: np.ndarray, answers: np.ndarray, known: KnownTexts) -> dict:
    """Measures on other texts of the same classes what the limit costs.

    Args:
        labels, answers: of those texts, as in `known_texts_of`.
        known: the limit.

    Returns:
        `texts`, `known` (share of them), `right` (share answered rightly) and `kept` (share of
        these that is known; None where there are none).
    """
    sure = both_columns(np.asarray(answers, "float32"))
    right, found = sure.argmax(axis=1) == labels, known.known(sure)
    return {
        "texts": len(right),
        "known": float(found.mean()),
        "right": float(right.mean()),
        "kept": float(found[right].mean()) if right.any() else None,
    }
