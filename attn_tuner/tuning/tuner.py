"""Runs the trials of a search one after the other, as a `keras_tuner.Tuner`."""

import copy
import sys
import time
import traceback
from collections.abc import Callable, Collection
from os import PathLike

import keras_tuner
from keras_tuner.engine.trial import Trial, TrialStatus

from attn_tuner.errors import RunError
from attn_tuner.metrics import sign_of
from attn_tuner.storage.atomic_files import raise_unwritable
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.trial_record import TrialRecord, recorded
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.chance_level import Scale
from attn_tuner.tuning.events import Listener, TrialEvent, TrialStarted, ignore
from attn_tuner.tuning.failures import reason_to_give_up
from attn_tuner.tuning.oracles.client import OracleClient
from attn_tuner.tuning.oracles.persistence.atomic_state import AtomicState
from attn_tuner.tuning.pruning import Pruner, PrunerPerRung, make_pruner
from attn_tuner.tuning.resources import existing_objects_frozen
from attn_tuner.tuning.scheduler import Scheduler
from attn_tuner.tuning.trial.lifecycle import RunnerCallbacks, TrialLifecycle
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
from attn_tuner.tuning.trial.watchdog import TimeOver, enforced_limit
from attn_tuner.tuning.trial_records import RecordBook
from attn_tuner.verbosity import silence

IDLE_PAUSE = 0.05  # Seconds between two requests to an idle oracle.


class TrialRunner(keras_tuner.Tuner, AtomicState):
    """A `keras_tuner.Tuner` with a time limit, pruning, resumable trials and visible errors.

    Its folder is a KerasTuner project folder. Each trial's folder also holds its record, the
    probabilities that it predicted for the validation texts, and, for the `plan.keep` best, the
    weights.

    Args:
        oracle: any oracle of KerasTuner.
        trainer: trains a `TrialSpec` under `TrialCallbacks`.
        plan: the run's plan.
        budget: the time limit.
        listener: function that receives each `TrialEvent`.
        interrupted: function that returns whether the user has interrupted the search.
        pruner: copied for every rung; None makes the plan's by its name.
        scale: scale of the objective; pruners do not compare scores near chance.
        directory: path of the folder of projects, as in KerasTuner.
        project_name: str, as in KerasTuner.

    Attributes:
        records: the trials' records, a `RecordBook`.
        scheduler: decides whether trials may start, a `Scheduler`.
        lifecycle: begins and ends trials, a `TrialLifecycle`.
    """

    def __init__(
        self,
        oracle: keras_tuner.Oracle,
        trainer: TrialTrainer,
        *,
        plan: Plan,
        budget: Budget,
        listener: Listener = ignore,
        interrupted: Callable[[], bool] = lambda: False,
        pruner: Pruner | str | None = None,
        scale: Scale | None = None,
        directory: str | PathLike,
        project_name: str,
    ):
        oracle.verbose = 0
        with silence(stdout=True):  # KerasTuner announces a reload on standard output.
            super().__init__(
                oracle, trainer.hypermodel, directory=str(directory), project_name=project_name
            )
        # `reason_to_give_up` decides: KerasTuner would end a search that has a model, too.
        oracle.max_consecutive_failed_trials = sys.maxsize
        self.trainer = trainer
        self.plan = plan
        self.budget = budget
        self.listener = listener
        self.sign = sign_of(plan.objective)
        self.records = RecordBook(recorded(self.project_dir), self.get_trial_dir, self.sign)
        self.scheduler = Scheduler(budget, interrupted, lambda: bool(self.ranked()))
        prototype = make_pruner(plan.pruner if pruner is None else pruner)
        pruners = PrunerPerRung(lambda: copy.deepcopy(prototype), scale, self.sign)
        pruners.learn(self.records.values(), plan.objective)
        self.client = OracleClient(oracle)
        self.lifecycle = TrialLifecycle(
            plan,
            self.hypermodel.space,
            self.client,
            self.records,
            self.scheduler,
            pruners,
            self.emit,
        )
        self._unreported = self.client.unreported(self.records)

    def search(self) -> None:
        """Runs trials until the oracle stops, the time limit is reached, or the user interrupts."""
        with existing_objects_frozen():
            for trial in self.lifecycle.cut_trials():
                if self.has_room():
                    self._attempt(trial)
            while self.has_room():
                trial = self.next_trial()
                if trial.status == TrialStatus.STOPPED:
                    break
                if trial.status == TrialStatus.IDLE:
                    time.sleep(IDLE_PAUSE)
                    continue
                self.on_trial_begin(trial)
                if self._attempt(trial):
                    self.on_trial_end(trial)

    def next_trial(self, running: Collection[str] = ()) -> Trial:
        """Requests a trial from the oracle: one that an earlier sitting left running, or a new one.

        Args:
            running: IDs of the trials that this sitting has begun.
        """
        while True:
            trial = self.client.request(running)
            for each in self.client.feedback.take_set_aside():
                self.lifecycle.fail(each, each.message, each.message)
            record = self._unreported.pop(trial.trial_id, None)
            if record is None:
                return trial
            # It ended just before the process was killed.
            self.lifecycle.complete(trial, self.lifecycle.report(record))
            self.on_trial_end(trial)

    def run_trial(self, trial: Trial) -> dict[str, float]:
        """Trains one trial's model, as in KerasTuner.

        Returns:
            The metrics of its best evaluation, each named `val_...`.

        Raises:
            TimeOver: the time limit was reached before its first evaluation.
        """
        with enforced_limit(self.scheduler.over, self.scheduler.grace) as checked_over:
            callbacks = RunnerCallbacks(trial.trial_id, self.lifecycle, checked_over)
            outcome = self.trainer(self.lifecycle.spec_of(trial), callbacks)
        return self.lifecycle.finish(trial, outcome)

    def on_trial_end(self, trial: Trial) -> None:
        """As in KerasTuner. If only failures came so far, they may end the search.

        Raises:
            RunError: too many trials failed and none succeeded.
        """
        super().on_trial_end(trial)
        if reason := reason_to_give_up(self.records.values(), self.project_dir):
            raise RunError(reason)

    def emit(self, event: TrialEvent) -> None:
        """Passes an event to the listener."""
        self.listener(event)

    def search_space_summary(self, extended: bool = False) -> None:
        """Prints the dimensions that are searched, in groups; `extended` adds the fixed ones."""
        print(self.hypermodel.space.summary(extended))

    def ranked(self) -> list[TrialRecord]:
        """Returns the records that have a score, best first."""
        return self.records.ranked()

    def over(self) -> bool:
        """Returns whether trainings have to end."""
        return self.scheduler.over()

    def has_room(self) -> bool:
        """Returns whether a trial may start."""
        return self.scheduler.has_room()

    def interrupted(self) -> bool:
        """Returns whether the user has interrupted the search."""
        return self.scheduler.interrupted()

    def _attempt(self, trial: Trial) -> bool:
        """Trains a trial; returns False if it was not evaluated in time and so has not ended."""
        self.emit(TrialStarted(trial.trial_id, dict(trial.hyperparameters.values)))
        try:
            self.lifecycle.complete(trial, self.run_trial(trial))
        except TimeOver:
            self.lifecycle.leave(trial)
            return False
        except Exception as error:
            raise_unwritable(error)  # The trial goes on once there is room.
            cause = f"{type(error).__name__}: {error}"
            self.lifecycle.fail(trial, cause, traceback.format_exc())
        return True
