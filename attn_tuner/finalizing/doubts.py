"""What an exported model says of its doubt: prediction sets, intervals and unknown texts.

bundle, notes = with_doubts(bundle, labels, answers, plan)     # on validation texts
measured_doubts(bundle, labels, answers, classes)              # on test texts
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from attn_tuner.finalizing.conformal import conformal_of, measure_coverage
from attn_tuner.finalizing.known_texts import known_texts_of, measure_known
from attn_tuner.storage.plan import Plan

NOTHING_KNOWN = (
    "The exported model does not tell texts of none of its classes: too few validation texts are "
    "answered rightly to learn it from."
)
DOUBTS_KEPT = (
    "The exported model has the coverage and known of an earlier call: its weights are gone, so it "
    "could not be exported again with those of this one."
)


def with_doubts(
    bundle: Any, labels: np.ndarray, answers: np.ndarray, plan: Plan
) -> tuple[Any, tuple[str, ...]]:
    """Returns the bundle with the sets and the limit that the plan asks for, and notes.

    Args:
        bundle: the model as it is exported.
        labels: of the validation texts.
        answers: its predictions for them, `(texts, columns)`.
        plan: of the search.
    """
    changes: dict[str, Any] = {}
    if plan.coverage is not None:
        changes["conformal"] = conformal_of(labels, answers, plan.coverage)
    if plan.known is not None:
        changes["known"] = known_texts_of(labels, answers, plan.known)
    notes = (NOTHING_KNOWN,) if changes.get("known", bundle) is None else ()
    return (bundle.with_model(bundle.model, **changes) if changes else bundle), notes


def measured_doubts(
    bundle: Any, labels: np.ndarray | None, answers: np.ndarray | None, classes: Sequence[str]
) -> dict[str, dict | None]:
    """Returns what the outcome of a search says of sets and known texts, None without them.

    Args:
        bundle: the exported model.
        labels: of the test texts; None without a test part.
        answers: its predictions for them.
        classes: names of the classes; empty for numbers.
    """
    sets, known = bundle.conformal, bundle.known
    found = {
        "conformal": sets and {**sets.as_dict(), "test": None},
        "known": known and {**known.as_dict(), "test": None},
    }
    if labels is not None and answers is not None:
        if sets:
            found["conformal"]["test"] = measure_coverage(labels, answers, sets, classes)
        if known:
            found["known"]["test"] = measure_known(labels, answers, known)
    return found


def doubts_as_asked(before: Mapping, plan: Plan) -> bool:
    """Returns whether an export has the sets and tells the texts that the plan asks for.

    Args:
        before: the outcome of the sitting that exported it.
        plan: of the search as it goes on.
    """
    coverage = (before.get("conformal") or {}).get("coverage")
    known = (before.get("known") or {}).get("kept")
    nothing_known = plan.known is not None and NOTHING_KNOWN in before.get("remarks", ())
    return coverage == plan.coverage and (known == plan.known or nothing_known)
