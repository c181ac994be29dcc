"""The training of one trial's model, wherever it runs: in this process or in a worker's."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import keras

from attn_tuner.errors import Infeasible
from attn_tuner.storage.checkpoints import (
    TrainingProgress,
    load_resume_point,
    save_best,
    save_resume_point,
)
from attn_tuner.tuning.constraints import Constraints, latency_ms
from attn_tuner.tuning.trial.callbacks import TrialCallbacks
from attn_tuner.tuning.trial.spec import TrialOutcome, TrialSpec
from attn_tuner.tuning.trial.training_loop import train


@dataclass(frozen=True, eq=False)
class TrialTrainer:
    """All that the tasks of a run have in common.

        outcome = TrialTrainer(hypermodel, data.training, data.validation)(task, TrialCallbacks())

    Args:
        hypermodel: an `AttentionHyperModel`.
        training: `(values, seed, ration)` to the batches to train on.
        validation: `values` to the batches to judge by.
        callbacks: `(trial_id, values)` to Keras callbacks for that trial, or a list of callbacks
            of which every trial gets copies.
        allowed: what a model may cost.
        also: further measures of a trained model, from it, its values and its measures.
    """

    hypermodel: object
    training: Callable
    validation: Callable
    callbacks: Callable[[str, dict], Sequence] | Sequence = ()
    allowed: Constraints = field(default_factory=Constraints)
    also: Callable[[keras.Model, dict, dict], dict] | None = None

    def __call__(self, task: TrialSpec, watch: TrialCallbacks) -> TrialOutcome:
        """Trains from the last resume point on, and leaves weights and probabilities.

        They stay as they are where the trial is known to reach more than it does now.

        Raises:
            Infeasible: the model breaks a limit.
        """
        keras.utils.clear_session()
        keras.utils.set_random_seed(task.seed)
        values = task.trained
        batches = self.training(values, task.seed, task.ration)
        model = self._model(values, batches)
        latency = self._within_limits(model, values)
        progress = load_resume_point(model, task.place) or _promoted(model, task)

        def saved(progress):
            save_resume_point(model, progress, task.place)
            if watch.saved:
                watch.saved(progress)

        progress = train(
            model,
            batches,
            self.validation(values),
            task.schedule,
            replace(watch, saved=saved),
            progress,
            self._callbacks(task),
        )
        measures = dict(progress.best_measures)
        if measures and self.also:
            measures |= self.also(model, values, progress.best_measures)
        if measures and task.betters(measures):
            save_best(model, progress.probabilities, task.place)
        return TrialOutcome(
            measures=measures,
            history=progress.history,
            stopped=progress.stopped,
            seconds=progress.seconds,
            parameters=model.count_params(),
            latency_ms=latency,
        )

    def _model(self, values, batches):
        """The model, whose learning rate falls over as many texts as it is trained on."""
        hypermodel = copy.copy(self.hypermodel)
        if hypermodel.training_texts is not None:
            hypermodel.training_texts = len(batches.rows)
        return hypermodel.model(values)

    def _within_limits(self, model, values) -> float | None:
        """Milliseconds for one text where they are limited."""
        limited = self.allowed.latency_ms is not None
        latency = latency_ms(model, values["max_length"]) if limited else None
        if reason := self.allowed.refusal(model, latency):
            raise Infeasible(reason)
        return latency

    def _callbacks(self, task):
        if callable(self.callbacks):
            return list(self.callbacks(task.trial_id, dict(task.trained)))
        return copy.deepcopy(list(self.callbacks))


def _promoted(model, task) -> TrainingProgress | None:
    """Sets `model` to the weights of the trial that this one goes on from; None without one."""
    if not task.begin_from or not Path(task.begin_from).exists():
        return None
    if task.ration.behind:
        model.load_weights(task.begin_from)
    else:
        # The rung's learning rate begins anew, and with it the optimiser, which counts its steps.
        keras.Model(model.inputs, model.outputs).load_weights(task.begin_from)
    return TrainingProgress(epoch=task.ration.behind)
