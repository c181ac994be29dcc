"""Trains one trial's model, wherever it runs: in this process or in a worker."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import keras

from attn_tuner.errors import Infeasible
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.storage.checkpoints import (
    TrainingProgress,
    load_resume_point,
    save_best,
    save_resume_point,
)
from attn_tuner.text.batches import Batches
from attn_tuner.tuning.constraints import Constraints, latency_ms
from attn_tuner.tuning.trial.callbacks import TrialCallbacks
from attn_tuner.tuning.trial.spec import TrialOutcome, TrialSpec
from attn_tuner.tuning.trial.training_loop import train


@dataclass(frozen=True, eq=False)
class TrialTrainer:
    """Trains the trials of a run: holds what they have in common.

        outcome = TrialTrainer(hypermodel, data.training, data.validation)(spec, TrialCallbacks())

    Args:
        hypermodel: builds a model of values.
        training: function of values, seed and `RungAllocation` that returns the training batches.
        validation: function of values that returns the validation batches.
        keras_callbacks: function of trial id and values that returns Keras callbacks for that
            trial, or a list of callbacks of which every trial gets copies.
        constraints: what a model may cost.
        extra_metrics: function of a trained model, its values and its metrics that returns further
            metrics by name.
    """

    hypermodel: AttentionHyperModel
    training: Callable
    validation: Callable
    keras_callbacks: Callable[[str, dict], Sequence] | Sequence = ()
    constraints: Constraints = field(default_factory=Constraints)
    extra_metrics: Callable[[keras.Model, dict, dict], dict] | None = None

    def __call__(self, spec: TrialSpec, callbacks: TrialCallbacks) -> TrialOutcome:
        """Trains a trial from its last resume point on; leaves weights and probabilities on disk.

        Those that are there stay where the trial is known to reach more than it does now.

        Raises:
            Infeasible: the model breaks a constraint.
        """
        keras.utils.clear_session()
        keras.utils.set_random_seed(spec.seed)
        values = spec.trained
        batches = self.training(values, spec.seed, spec.allocation)
        model = self._model(values, batches)
        latency = self._checked_latency(model, values)
        progress = train(
            model,
            batches,
            self.validation(values),
            spec.schedule,
            callbacks,
            load_resume_point(model, spec.trial_dir) or _promoted(model, spec),
            self._keras_callbacks(spec),
            save=lambda progress: save_resume_point(model, progress, spec.trial_dir),
        )
        metrics = dict(progress.best_measures)
        if metrics and self.extra_metrics:
            metrics |= self.extra_metrics(model, values, progress.best_measures)
        if metrics and progress.probabilities is not None and spec.improves(metrics):
            save_best(model, progress.probabilities, spec.trial_dir)
        return TrialOutcome(
            metrics=metrics,
            history=progress.history,
            stopped=progress.stopped,
            seconds=progress.seconds,
            parameters=model.count_params(),
            latency_ms=latency,
        )

    def _model(self, values: dict, batches: Batches) -> keras.Model:
        """Builds the model, whose learning rate falls over as many texts as it is trained on."""
        hypermodel = copy.copy(self.hypermodel)
        if hypermodel.training_texts is not None:
            hypermodel.training_texts = len(batches.rows)
        return hypermodel.model(values)

    def _checked_latency(self, model: keras.Model, values: dict) -> float | None:
        """Checks the constraints; returns milliseconds for one text where these are limited."""
        limited = self.constraints.latency_ms is not None
        latency = latency_ms(model, values["max_length"]) if limited else None
        if reason := self.constraints.refusal(model, latency):
            raise Infeasible(reason)
        return latency

    def _keras_callbacks(self, spec: TrialSpec) -> list:
        if callable(self.keras_callbacks):
            return list(self.keras_callbacks(spec.trial_id, dict(spec.trained)))
        return copy.deepcopy(list(self.keras_callbacks))


def _promoted(model: keras.Model, spec: TrialSpec) -> TrainingProgress | None:
    """Loads the weights of the trial that this one goes on from; returns None without one."""
    if not spec.begin_from or not Path(spec.begin_from).exists():
        return None
    if spec.allocation.behind:
        model.load_weights(spec.begin_from)
    else:
        # The rung's learning rate begins anew, and with it the optimiser, which counts its steps.
        keras.Model(model.inputs, model.outputs).load_weights(spec.begin_from)
    return TrainingProgress(epoch=spec.allocation.behind)
