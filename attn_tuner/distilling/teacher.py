"""Asks a teacher for its answers: what a search exports, or any model of probabilities."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from attn_tuner.errors import DataError, RunError
from attn_tuner.exporting import Bundle
from attn_tuner.finalizing.candidates import (
    Candidate,
    TrainedTrials,
    build_candidate,
    has_weights,
    predict_batches,
)
from attn_tuner.metrics import columns_of
from attn_tuner.storage.run import Run
from attn_tuner.text.token_store import TokenStore
from attn_tuner.tuning.encoded_data import EVALUATION_BATCH
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.updating.members import RunTrials, averaged

SUM_TOLERANCE = 0.01  # Of the probabilities of a text.


class Average:
    """An average of trials, with their weights from before any training on validation texts.

    Args:
        candidate: the trials and their weights.
        trials: what builds their models.
        stored: the texts of the search.
        classes: names of the classes.
    """

    def __init__(
        self,
        candidate: Candidate,
        trials: TrainedTrials,
        stored: EncodedTexts,
        classes: Sequence[str],
    ):
        self.candidate = candidate
        self._stored = stored
        keras.utils.clear_session()
        model = build_candidate(candidate, trials, stored.stores["validation"].labels)
        self._bundle = Bundle(stored.vectorizer, model, classes, **candidate.reading())

    @classmethod
    def exported(cls, run: Run, stored: EncodedTexts, trials: RunTrials) -> "Average":
        """Returns what a search exports.

        Args:
            run: of the search.
            stored: its texts.
            trials: what builds its models.

        Raises:
            RunError: a member has its weights no more.
        """
        records = {record.trial_id: record for record in run.records}
        members = [records[name] for name in run.members if name in records]
        if not members or not all(has_weights(trials, each) for each in members):
            raise RunError(
                f"Not all trials in the export of {run.directory} have their weights, so the "
                "average cannot teach. Search again, or give teacher=."
            )
        candidate = averaged(run, members, stored, run.directory)
        return cls(candidate, trials, stored, run.plan.classes)

    def answers(self, store: TokenStore) -> np.ndarray:
        """Returns its probabilities for texts, `(texts, classes)` float32."""
        values = self._bundle.batch_values
        batches = self._stored.batches(store, values, EVALUATION_BATCH, shuffle=False)
        answers = predict_batches(self._bundle.model, batches)
        return columns_of(store.labels, answers).astype("float32")


def asked(teacher: Any, texts: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Asks a user's teacher for probabilities, `(texts, classes)` float32.

    Args:
        teacher: a function from a list of texts to probabilities, their columns in the order of
            `classes`; or a fitted classifier of scikit-learn, whose `classes_` are these names.
        texts: sequence of str.
        classes: names of the classes.

    Raises:
        DataError: it is neither, or what it returns is no probabilities of these classes.
    """
    function, order = _function_of(teacher, classes)
    return probabilities(np.asarray(function(list(texts))), len(texts), len(classes))[:, order]


def probabilities(found: np.ndarray, texts: int, classes: int) -> np.ndarray:
    """Returns a teacher's answers as probabilities that sum to 1, `(texts, classes)` float32.

    Args:
        found: its answers.
        texts, classes: their numbers.

    Raises:
        DataError: they are no probabilities of so many classes.
    """
    wanted = (texts, classes)
    if found.shape != wanted or found.dtype.kind not in "fiu":
        raise DataError(
            f"The teacher answered with an array of shape {found.shape} and type {found.dtype}. "
            f"For {texts:,} texts and {classes} classes it should be {wanted} numbers."
        )
    found = found.astype("float32")
    if not np.isfinite(found).all() or (found < 0).any():
        raise DataError("The teacher answered with numbers below 0, or none. Give probabilities.")
    sums = found.sum(axis=1)
    if (abs(sums - 1) > SUM_TOLERANCE).any():
        worst = sums[np.argmax(abs(sums - 1))]
        raise DataError(
            f"The teacher's probabilities of a text sum to {worst:.3g}. They should sum to 1."
        )
    return found / sums[:, None]


def _function_of(teacher: Any, classes: Sequence[str]) -> tuple[Callable, list[int]]:
    """Returns what answers texts, and the column of each class in its answers."""
    if hasattr(teacher, "predict_proba"):
        names = [str(each) for each in getattr(teacher, "classes_", classes)]
        if lacking := [name for name in classes if name not in names]:
            raise DataError(
                f"The teacher knows no class '{lacking[0]}'; its classes_ are "
                f"{', '.join(names[:10])}. Fit it on labels of this search."
            )
        return teacher.predict_proba, [names.index(name) for name in classes]
    if callable(teacher):
        return teacher, list(range(len(classes)))
    raise DataError(
        f"teacher is a {type(teacher).__name__}. Give a function from a list of texts to "
        "probabilities, or a fitted classifier with predict_proba."
    )
