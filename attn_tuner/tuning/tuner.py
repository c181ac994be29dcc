"""The tuner: takes values from any oracle, trains, records, and minds the clock."""

import itertools
import sys
import time
import traceback
from collections.abc import Callable, Collection
from pathlib import Path

import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from attn_tuner.errors import RunError
from attn_tuner.space.kerastuner import declare
from attn_tuner.storage import trial_record as folders
from attn_tuner.storage.atomic_files import raise_unwritable
from attn_tuner.storage.checkpoints import WEIGHTS, drop_resume_points, drop_weights
from attn_tuner.storage.plan import Plan, trial_seed
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.chance_level import Scale
from attn_tuner.tuning.failures import no_hope
from attn_tuner.tuning.fidelity import Fidelity, Rung
from attn_tuner.tuning.oracles.feedback import OracleFeedback
from attn_tuner.tuning.oracles.persistence.atomic_state import AtomicState
from attn_tuner.tuning.pruning import PrunerPerRung, make_pruner
from attn_tuner.tuning.resources import spared
from attn_tuner.tuning.trial.callbacks import TIME_OVER, TrialCallbacks
from attn_tuner.tuning.trial.resuming import Starts, cut_trials, merged
from attn_tuner.tuning.trial.spec import Schedule, TrialOutcome, TrialSpec
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
from attn_tuner.tuning.trial.watchdog import TimeOver, woken
from attn_tuner.tuning.unscored_trials import WithoutScore
from attn_tuner.verbosity import silence

# Seconds in which the first model is built and evaluated on any machine: late is better than none.
FIRST_GRACE = 900.0


class TrialRunner(WithoutScore, keras_tuner.Tuner, AtomicState):
    """A `keras_tuner.Tuner` that keeps a budget, prunes, resumes trials and shows their errors.

    Its folder is a KerasTuner project folder. Each trial's folder also holds its record, the
    probabilities it gave the validation texts, and, for the `plan.keep` best, the weights.

    Args:
        oracle: any KerasTuner oracle.
        workshop: trains a `TrialSpec` under a `TrialCallbacks`: a `TrialTrainer`.
        plan: what to run.
        budget: the clock.
        heard: called with a dict of news for whoever shows progress.
        interrupted: True once the user wants the search to end.
        scale: of the objective; near chance no pruner judges by it.
        directory, project_name: as in KerasTuner.
    """

    def __init__(
        self,
        oracle,
        workshop: TrialTrainer,
        *,
        plan: Plan,
        budget: Budget,
        heard: Callable[[dict], None] = lambda news: None,
        interrupted: Callable[[], bool] = lambda: False,
        scale: Scale | None = None,
        directory,
        project_name,
    ):
        oracle.verbose = 0
        with silence(stdout=True):  # KerasTuner announces a reload on standard output.
            super().__init__(
                oracle, workshop.hypermodel, directory=str(directory), project_name=project_name
            )
        self.workshop = workshop
        self.plan = plan
        self.budget = budget
        self.heard = heard
        # `no_hope` decides: KerasTuner would end a search that has a model, too.
        oracle.max_consecutive_failed_trials = sys.maxsize
        self.interrupted = interrupted
        self.sign = 1 if oracle.objective.direction == "max" else -1
        self.told = OracleFeedback(oracle)
        self.fidelity = Fidelity(plan.fidelity, plan.seed)
        self.pruners = PrunerPerRung(lambda: make_pruner(plan.pruner), scale, self.sign)
        self.records = folders.recorded(self.project_dir)
        self._holding = set(self.records)  # Trials that may have weights on disk.
        self._tasks: dict[str, TrialSpec] = {}  # Of the trials that run.
        self._starts = Starts(budget)
        self._gone_on: set[str] = set()  # Cut trials that failed to.
        self._unreported = self.told.nothing_of(self.records)
        self.pruners.learn(self.records.values(), plan.objective)

    def search(self):
        """Runs trials until the oracle has no more, the time is over, or the user says so."""
        with spared():
            for trial in self.cut_trials():
                if self.has_room():
                    self._attempt(trial)
            while self.has_room():
                trial = self.next_trial()
                if trial.status == TrialStatus.STOPPED:
                    break
                if trial.status == TrialStatus.IDLE:
                    time.sleep(0.05)
                    continue
                self.on_trial_begin(trial)
                if self._attempt(trial):
                    self.on_trial_end(trial)

    def on_trial_end(self, trial):
        """As in KerasTuner; three failures and no success end the search with their cause."""
        super().on_trial_end(trial)
        if problem := no_hope(self.records.values(), self.project_dir):
            raise RunError(problem)

    def over(self) -> bool:
        """Whether no training may go on."""
        return self.interrupted() or self.budget.search_over()

    def has_room(self) -> bool:
        """Whether a trial may begin: it should be evaluated in time, unless there is no model."""
        return not self.over() and (not self.ranked() or self._starts.fits())

    def grace(self, started: bool = True) -> float:
        """Seconds that a training may take to notice the end; more while there is no model yet.

        Args:
            started: whether it has trained on a batch. Else, beside a model, there is no loss.
        """
        if not self.ranked():
            return max(FIRST_GRACE, self.budget.grace())
        return self.budget.grace() if started else 0.0

    def cut_trials(self) -> list:
        """Trials that were cut, which have ended for KerasTuner but can go on."""
        found = cut_trials(self.records, self.oracle, self.get_trial_dir)
        return [trial for trial in found if trial.trial_id not in self._gone_on]

    def next_trial(self, running: Collection[str] = ()):
        """A trial that an earlier sitting left running, or a new one, from the oracle.

        Args:
            running: ids of the trials that this sitting has begun.
        """
        slots = self.oracle.ongoing_trials
        left = [slot for slot, trial in slots.items() if trial.trial_id not in running]
        free = (f"tuner{number}" for number in itertools.count())
        slot = left[0] if left else next(slot for slot in free if slot not in slots)
        trial = self.oracle.create_trial(slot)
        for each in self.told.set_aside():
            self.fail(each, each.message, each.message)
        if trial.trial_id not in self._unreported:
            return trial
        self.succeed(trial, self._report(self._unreported.pop(trial.trial_id)))
        self.on_trial_end(trial)
        return self.next_trial(running)

    def task_of(self, trial) -> TrialSpec:
        """What the oracle asks for, as the workshop takes it."""
        if trial.trial_id not in self._tasks:
            self._tasks[trial.trial_id] = self._make_task(trial)
            self._starts.begin(self._tasks[trial.trial_id])
        return self._tasks[trial.trial_id]

    def _make_task(self, trial) -> TrialSpec:
        promoted = trial.hyperparameters.values.get("tuner/trial_id")  # By Hyperband.
        values = declare(trial.hyperparameters, self.hypermodel.space)
        ration = self.fidelity.ration(values, Rung.of(trial, self.oracle))
        known = self.records.get(trial.trial_id)
        return TrialSpec(
            trial_id=trial.trial_id,
            values=values,
            seed=trial_seed(self.plan.seed, trial.trial_id),
            place=str(self.get_trial_dir(trial.trial_id)),
            schedule=self._schedule({**values, **ration.used}),
            begin_from=promoted and str(Path(self.get_trial_dir(promoted)) / WEIGHTS),
            ration=ration,
            recorded=known and known.measures.get(self.plan.objective),
        )

    def run_trial(self, trial):
        """Trains one trial's model.

        Returns:
            The measures of its best evaluation, each named `val_...`.

        Raises:
            TimeOver: the clock overtook it before it was evaluated.
        """
        name = trial.trial_id
        with woken(self.over, self.grace) as asked:
            watch = TrialCallbacks(
                expired=asked,
                hopeless=lambda *point: self.judge(name, *point),
                heard=lambda news: self.heard({"trial": name, **news}),
                judged=lambda seconds: self.budget.record("validation", seconds),
                saved=lambda progress: self.told.resumable(name),
                must_judge=lambda: not self.ranked(),
            )
            outcome = self.workshop(self.task_of(trial), watch)
        return self.keep(trial, outcome)

    def judge(self, trial_id: str, epochs: float, score: float, loss=None) -> str | None:
        """Takes in a point of a learning curve; says why the trial should end now, or None."""
        self._starts.evaluated(trial_id)
        self.told.evaluated(trial_id, epochs, self.sign * score)
        pruner = self.pruners.of(self._tasks[trial_id].ration.share)
        return pruner.judged(trial_id, epochs, score, loss)

    def keep(self, trial, outcome: TrialOutcome) -> dict:
        """Writes a trial's record down, and drops the weights that no longer count."""
        if not outcome.history:
            raise TimeOver("It was not evaluated in time.")
        pruned = outcome.stopped.startswith("pruned")
        status = "cut" if outcome.stopped == TIME_OVER else "pruned" if pruned else "completed"
        task = self.task_of(trial)
        del self._tasks[trial.trial_id]
        record = TrialRecord(
            trial_id=trial.trial_id,
            status=status,
            values=task.values,
            score=outcome.measures[self.plan.goal],
            measures=outcome.measures,
            history=outcome.history,
            stopped=outcome.stopped,
            seconds=outcome.seconds,
            parameters=outcome.parameters,
            seed=task.seed,
            ended=self.budget.elapsed(),
            latency_ms=outcome.latency_ms,
            share=task.ration.share,
            used=task.ration.used,
        )
        record = merged(self.records.get(record.trial_id), record, task, outcome)
        record.save(task.place)
        self.records[record.trial_id] = record
        self._holding.add(record.trial_id)
        self.pruners.of(record.share).finish(trial.trial_id, pruned=pruned)
        self.budget.record_all(record.costs)
        if status != "cut":
            drop_resume_points(task.place)
        if "tuner/bracket" not in trial.hyperparameters.values:  # Hyperband may promote any.
            self._keep_the_best()
        return self._report(record)

    def _report(self, record) -> dict:
        """What the oracle is to know of a trial that has ended."""
        if record.status == "pruned":
            last = record.history[-1]
            self.told.pruned(record.trial_id, last["epochs"], last[self.plan.objective])
        apart = ("epochs", "seconds", "judging", "loss")
        return {f"val_{name}": at for name, at in record.measures.items() if name not in apart}

    def succeed(self, trial, measures: dict):
        """Tells the oracle and whoever listens that a trial has ended well."""
        went_on = trial.status == TrialStatus.COMPLETED
        if went_on:  # KerasTuner would take the mean of its scores.
            trial.metrics = type(trial.metrics)()
        self.oracle.update_trial(trial.trial_id, measures)
        trial.status = TrialStatus.COMPLETED
        if went_on:
            self.oracle.score_trial(trial)
            trial.save(Path(self.get_trial_dir(trial.trial_id)) / "trial.json")
        self.heard({"trial": trial.trial_id, "ended": self.records[trial.trial_id]})

    def _attempt(self, trial) -> bool:
        """Trains a trial; False where the clock overtook it, so that it has not ended."""
        self.heard({"trial": trial.trial_id, "begins": dict(trial.hyperparameters.values)})
        try:
            self.succeed(trial, self.run_trial(trial))
        except TimeOver:
            self.leave(trial)
            return False
        except Exception as error:
            raise_unwritable(error)  # The trial goes on once there is room.
            self.fail(trial, f"{type(error).__name__}: {error}", traceback.format_exc())
        return True

    def _schedule(self, values):
        epochs = int(values.get("epochs", self.plan.epochs))
        checks = 1 if self.plan.pruner == "none" else 4
        return Schedule(epochs, self.plan.patience, self.plan.objective, self.sign, checks)

    def ranked(self, among: Collection[str] | None = None) -> list[TrialRecord]:
        """The records that have a score, best first; all, or those of some trials."""
        records = [self.records[each] for each in (self.records if among is None else among)]
        scored = [record for record in records if record.score is not None]
        return sorted(scored, key=lambda record: (-self.sign * record.score, record.trial_id))

    def _keep_the_best(self):
        """Drops the weights of all but the best few. What is not among them never will be."""
        best = {record.trial_id for record in self.ranked(self._holding)[: self.plan.keep]}
        for trial_id in self._holding - best:
            if self.records[trial_id].status != "cut":
                drop_weights(self.get_trial_dir(trial_id))
                self._holding.discard(trial_id)
