"""What a search may export, a trial or an average, and the model of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import keras
import numpy as np

from attn_tuner.baselines.members import MEMBERS
from attn_tuner.errors import DamagedFile
from attn_tuner.finalizing.ensemble import (
    ensemble_model,
)
from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.inputs.predictor import Predictor
from attn_tuner.layers.token_limits import reading_of
from attn_tuner.metrics import columns_of, kind_of
from attn_tuner.storage.checked_files import read_arrays
from attn_tuner.storage.checkpoints import load_probabilities, load_weights, save_probabilities
from attn_tuner.storage.layout import WEIGHTS
from attn_tuner.storage.trial_record import BASELINE_NAMES, TrialRecord
from attn_tuner.tuning.tuner import TrialRunner


class TrainedTrials(Protocol):
    """What models are built from: a `TrialRunner`, or the trials of a run folder."""

    @property
    def hypermodel(self) -> Any:
        """Builds the model of a trial's values."""
        ...

    @property
    def project_dir(self) -> str | Path:
        """The run folder."""
        ...

    def get_trial_dir(self, trial_id: str) -> str | Path:
        """Returns the folder of a trial."""
        ...


@dataclass(frozen=True, eq=False)
class Candidate:
    """A model that may be exported: a trial, or an average of trials and a baseline.

    Args:
        records: records of the members, the greatest weight first; the baseline has its name as id,
            one of `BASELINE_NAMES`.
        weights: weight of each member, summing to 1.
        answers: predictions for the validation texts, `(texts, columns)`.
        measures: their validation metrics by name.
        alone: for an average, the objective of the best single trial; else None.
        logarithms: whether logarithms of probabilities are averaged, and not these.
    """

    records: tuple[TrialRecord, ...]
    weights: tuple[float, ...]
    answers: np.ndarray
    measures: dict
    alone: float | None = None
    logarithms: bool = False

    @property
    def trials(self) -> tuple[TrialRecord, ...]:
        """The records without the baseline, the greatest weight first."""
        return tuple(each for each in self.records if each.trial_id not in BASELINE_NAMES)

    @property
    def shares(self) -> dict[str, float]:
        """Trial id to weight, the greatest first."""
        ids = [record.trial_id for record in self.records]
        return dict(zip(ids, self.weights, strict=True))

    def is_exported(self, outcome: Mapping) -> bool:
        """Returns whether an outcome is of the same average, or of the same trial."""
        logarithms = outcome.get("logarithms", False)
        return outcome.get("members") == self.shares and logarithms == self.logarithms

    def reading(self) -> dict:
        """How a bundle reads inputs for it: `max_length`, `truncation`; of texts `vocabulary_size`.

        Each member truncates inputs itself, so the bundle only has to keep enough for all.
        """
        values = [reading_of(record.trained) for record in self.records]
        truncations = {each["truncation"] for each in values}
        limits = [each["max_length"] for each in values]
        sizes = [each["vocabulary_size"] for each in values if "vocabulary_size" in each]
        limit = max(limits) if len(truncations) == 1 and None not in limits else None
        found = {"max_length": limit, "truncation": truncations.pop() if limit else "head"}
        return (
            {**found, "vocabulary_size": None if None in sizes else max(sizes)} if sizes else found
        )


def has_weights(runner: TrainedTrials, record: TrialRecord) -> bool:
    """Returns whether the weights of a trial are saved."""
    return (_place(runner, record) / WEIGHTS).exists()


def trial_answers(runner: TrialRunner, record: TrialRecord, labels: np.ndarray) -> np.ndarray:
    """Loads a trial's validation predictions; predicts again where the file is damaged."""
    place = _place(runner, record)
    try:
        return load_probabilities(place, (len(labels), None))
    except DamagedFile:
        model = runner.hypermodel.model(record.trained)
        load_weights(model, place)
        given = predict_batches(model, runner.trainer.validation(record.trained))
        found = columns_of(labels, given).astype("float32")
        save_probabilities(found, place)
        return found


def build_candidate(
    candidate: Candidate,
    runner: TrainedTrials,
    labels: np.ndarray,
    trained_again: Mapping[str, Any] = MappingProxyType({}),
) -> keras.Model:
    """Builds the Keras model of a candidate with its trained weights.

    Args:
        candidate: what to build.
        runner: the `TrialRunner` that trained it, or where else its trials lie.
        labels: labels of the validation texts, for the kind of task.
        trained_again: id of a member to its weights after another training, or, of the baseline,
            to what it has learnt then.
    """
    models = []
    for record in candidate.records:
        name = record.trial_id
        if member := MEMBERS.get(name):
            place = Path(runner.project_dir) / member.learnt
            models.append(member.part("build")(trained_again.get(name) or read_arrays(place)))
            continue
        model = runner.hypermodel.model(record.trained)
        if name in trained_again:
            model.set_weights(trained_again[name])
        else:
            load_weights(model, _place(runner, record))
        models.append(model)
    if len(models) == 1:
        return models[0]
    return ensemble_model(
        models, candidate.weights, kind=kind_of(labels), logarithms=candidate.logarithms
    )


def predict_batches(model: keras.Model, batches: LengthBatches) -> np.ndarray:
    """Predicts all inputs of the batches, `(inputs, columns)`, in the order of the store."""
    return Predictor(model).in_store_order(batches)


def _place(runner: TrainedTrials, record: TrialRecord) -> Path:
    return Path(runner.get_trial_dir(record.trial_id))
