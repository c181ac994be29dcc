"""The training of one trial's model, wherever it runs: in this process or in a worker's."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import keras

from attn_tuner.errors import Infeasible
from attn_tuner.tuning import folder as folders
from attn_tuner.tuning.limits_check import Allowed, latency_ms
from attn_tuner.tuning.task import Outcome, Task
from attn_tuner.tuning.trainer import train
from attn_tuner.tuning.watch import Watch


@dataclass(frozen=True, eq=False)
class Workshop:
    """All that the tasks of a run have in common.

        outcome = Workshop(hypermodel, data.training, data.validation)(task, Watch())

    Args:
        hypermodel: an `AttentionHyperModel`.
        training: `(values, seed)` to the batches to train on.
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
    allowed: Allowed = field(default_factory=Allowed)
    also: Callable[[keras.Model, dict, dict], dict] | None = None

    def __call__(self, task: Task, watch: Watch) -> Outcome:
        """Trains from the last resume point on, and leaves weights and probabilities.

        Raises:
            Infeasible: the model breaks a limit.
        """
        keras.utils.clear_session()
        keras.utils.set_random_seed(task.seed)
        model = self.hypermodel.model(task.values)
        latency = self._within_limits(model, task.values)
        progress = folders.load_resume_point(model, task.place)
        if progress is None and task.begin_from and Path(task.begin_from).exists():
            model.load_weights(task.begin_from)

        def saved(progress):
            folders.save_resume_point(model, progress, task.place)
            if watch.saved:
                watch.saved(progress)

        progress = train(
            model,
            self.training(task.values, task.seed),
            self.validation(task.values),
            task.schedule,
            replace(watch, saved=saved),
            progress,
            self._callbacks(task),
        )
        folders.save_probabilities(progress.probabilities, task.place)
        folders.save_weights(model, task.place)
        more = self.also(model, task.values, progress.best_measures) if self.also else {}
        return Outcome(
            measures={**progress.best_measures, **more},
            history=progress.history,
            stopped=progress.stopped,
            seconds=progress.seconds,
            parameters=model.count_params(),
            latency_ms=latency,
        )

    def _within_limits(self, model, values) -> float | None:
        """Milliseconds for one text where they are limited."""
        limited = self.allowed.latency_ms is not None
        latency = latency_ms(model, values["text_limit"]) if limited else None
        if reason := self.allowed.refusal(model, latency):
            raise Infeasible(reason)
        return latency

    def _callbacks(self, task):
        if callable(self.callbacks):
            return list(self.callbacks(task.trial_id, dict(task.values)))
        return copy.deepcopy(list(self.callbacks))
