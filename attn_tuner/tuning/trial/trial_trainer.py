"""Trains one trial's model, wherever it runs: in this process or in a worker."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras

from attn_tuner.errors import DamagedFile, Infeasible
from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.layers.token_limits import reading_of
from attn_tuner.space.space_hypermodel import SpaceHyperModel
from attn_tuner.storage.checkpoints import (
    TrainingProgress,
    drop_resume_points,
    load_resume_point,
    save_best,
    save_resume_point,
)
from attn_tuner.storage.trial_record import PRETRAINED
from attn_tuner.tuning.constraints import Constraints, latency_ms
from attn_tuner.tuning.trial.callbacks import TrialCallbacks
from attn_tuner.tuning.trial.spec import TrialOutcome, TrialSpec
from attn_tuner.tuning.trial.training_loop import Evaluate, train


@dataclass(frozen=True, eq=False)
class TrialTrainer:
    """Trains the trials of a run; holds what they share.

        outcome = TrialTrainer(hypermodel, data.training, data.validation)(spec, TrialCallbacks())

    Args:
        hypermodel: builds the model for a trial's values.
        training: function of values, seed and `RungAllocation` that returns the training batches.
        validation: function of values that returns the validation batches.
        keras_callbacks: function of trial ID and values that returns the Keras callbacks of that
            trial, or a list of callbacks that is copied for every trial. Their state is not part of
            a resume point: Keras has no interface for it. Where a trial continues, they start anew,
            and `on_epoch_begin` gets the number of the epoch in which it continues.
        constraints: limits on the model.
        extra_metrics: function of a trained model, its values and its metrics that returns further
            metrics by name.
        evaluation: function of a model and the validation batches that returns the `evaluate` of
            `train`; None measures predictions by the labels of the batches.
    """

    hypermodel: SpaceHyperModel
    training: Callable
    validation: Callable
    keras_callbacks: Callable[[str, dict], Sequence] | Sequence = ()
    constraints: Constraints = field(default_factory=Constraints)
    extra_metrics: Callable[[keras.Model, dict, dict], dict] | None = None
    evaluation: Callable[[keras.Model, Any], Evaluate] | None = None

    def __call__(self, spec: TrialSpec, callbacks: TrialCallbacks) -> TrialOutcome:
        """Trains a trial from its last resume point, and writes weights and probabilities.

        Existing ones are kept if the trial's recorded score is better than the new one.

        Raises:
            Infeasible: the model breaks a constraint.
            DamagedFile: the resume point of a trial that has a score, or is pretrained, is damaged.
        """
        values = spec.trained
        batches = self.training(values, spec.seed, spec.allocation)
        model = self._model(spec, batches)
        latency = self._checked_latency(model, values)
        model, progress = self._resumed(model, spec, batches, callbacks)
        validation = self.validation(values)
        progress = train(
            model,
            batches,
            validation,
            spec.schedule,
            callbacks,
            progress or _promoted(model, spec),
            self._keras_callbacks(spec),
            save=lambda progress: save_resume_point(model, progress, spec.trial_dir),
            evaluate=self.evaluation and self.evaluation(model, validation),
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

    def _model(self, spec: TrialSpec, batches: LengthBatches) -> keras.Model:
        """Builds the model; its learning rate schedule covers the texts that it is trained on."""
        keras.utils.clear_session()
        keras.utils.set_random_seed(spec.seed)
        hypermodel = copy.copy(self.hypermodel)
        if hypermodel.training_texts is not None:
            hypermodel.training_texts = len(batches.rows)
        return hypermodel.model(spec.trained)

    def _resumed(
        self, model: keras.Model, spec: TrialSpec, batches: LengthBatches, callbacks: TrialCallbacks
    ) -> tuple[keras.Model, TrainingProgress | None]:
        """Loads the last resume point; a damaged one is removed, and training starts anew.

        Returns:
            The model, and the progress; None without a resume point.
        """
        try:
            return model, load_resume_point(model, spec.trial_dir)
        except DamagedFile as error:
            # A recorded score stays, and an encoder cannot be pretrained again here.
            if spec.recorded is not None or spec.trial_id.endswith(PRETRAINED):
                raise
            drop_resume_points(spec.trial_dir)
            callbacks.on_remark(f"starts anew: {error.path} {error.problem}.")
            return self._model(spec, batches), None  # The other may hold a part of the file.

    def _checked_latency(self, model: keras.Model, values: dict) -> float | None:
        """Checks the constraints; returns milliseconds for one text if latency is limited."""
        limited = self.constraints.latency_ms is not None
        latency = latency_ms(model, reading_of(values)["max_length"]) if limited else None
        if reason := self.constraints.refusal(model, latency):
            raise Infeasible(reason)
        return latency

    def _keras_callbacks(self, spec: TrialSpec) -> list:
        if callable(self.keras_callbacks):
            return list(self.keras_callbacks(spec.trial_id, dict(spec.trained)))
        return copy.deepcopy(list(self.keras_callbacks))


def _promoted(model: keras.Model, spec: TrialSpec) -> TrainingProgress | None:
    """Loads the weights of the trial that this one continues; returns None without one."""
    if not spec.begin_from or not Path(spec.begin_from).exists():
        return None
    if spec.allocation.behind:
        model.load_weights(spec.begin_from)
    else:
        # The rung's learning rate schedule starts anew, and with it the optimizer's step count.
        keras.Model(model.inputs, model.outputs).load_weights(spec.begin_from)
    return TrainingProgress(epoch=spec.allocation.behind)
