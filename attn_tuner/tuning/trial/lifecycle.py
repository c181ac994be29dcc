"""Runs a trial from the values that the oracle sampled to its record.

spec = lifecycle.spec_of(trial)
metrics = lifecycle.finish(trial, trainer(spec, callbacks))
lifecycle.complete(trial, metrics)
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from keras_tuner.engine.trial import Trial, TrialStatus

from attn_tuner.space import SearchSpace
from attn_tuner.space.kerastuner import declare
from attn_tuner.storage.checkpoints import WEIGHTS, can_resume, drop_resume_points
from attn_tuner.storage.plan import Plan, trial_seed
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.events import Listener, Remark, TrialEnded
from attn_tuner.tuning.failures import failure_record, with_remark
from attn_tuner.tuning.fidelity import Fidelity, Rung
from attn_tuner.tuning.oracles.client import OracleClient
from attn_tuner.tuning.pruning import PrunerPerRung
from attn_tuner.tuning.scheduler import Scheduler
from attn_tuner.tuning.trial.callbacks import INTERRUPTED, TIME_OVER, EventCallbacks
from attn_tuner.tuning.trial.spec import Schedule, TrialOutcome, TrialSpec
from attn_tuner.tuning.trial.watchdog import TimeOver
from attn_tuner.tuning.trial_records import RecordBook, merged, record_of
from attn_tuner.tuning.weight_retention import WeightRetention

NOT_METRICS = ("epochs", "seconds", "judging", "loss")  # Other entries of an evaluation.


class TrialLifecycle:
    """Begins and ends the trials of a search, independent of where they are trained.

    Args:
        plan: the run's plan.
        space: the search space.
        client: the client of the oracle.
        records: the records of the run's trials.
        scheduler: decides whether trials may start and go on.
        pruners: the pruners of the rungs.
        emit: function that receives each event.
    """

    def __init__(
        self,
        plan: Plan,
        space: SearchSpace,
        client: OracleClient,
        records: RecordBook,
        scheduler: Scheduler,
        pruners: PrunerPerRung,
        emit: Listener,
    ):
        self.plan = plan
        self.space = space
        self.client = client
        self.records = records
        self.scheduler = scheduler
        self.pruners = pruners
        self.emit = emit
        self.fidelity = Fidelity(plan.fidelity, plan.seed)
        self.weights = WeightRetention(records, plan.keep)
        self._specs: dict[str, TrialSpec] = {}  # Of running trials.
        self._not_again: set[str] = set()  # Trials that were cut and could not go on.

    def cut_trials(self) -> list[Trial]:
        """Returns the trials that were cut and can continue; for KerasTuner they have ended.

        A trial that still runs for KerasTuner, because the process was killed before it ended
        there, comes from the oracle. A trial that failed to continue is not tried again in this
        sitting.
        """
        cut = [
            name
            for name, record in self.records.items()
            if record.status == "cut"
            and not record.derived
            and name not in self._not_again
            and can_resume(self.records.trial_dir(name))
        ]
        trials = map(self.client.oracle.get_trial, cut)
        return [trial for trial in trials if trial.status != TrialStatus.RUNNING]

    def spec_of(self, trial: Trial) -> TrialSpec:
        """Returns the spec of a trial; the first call marks the trial's start."""
        if trial.trial_id not in self._specs:
            self._specs[trial.trial_id] = spec = self._make_spec(trial)
            self.scheduler.on_trial_begin(spec)
        return self._specs[trial.trial_id]

    def should_prune(
        self, trial_id: str, epochs: float, score: float, loss: float | None = None
    ) -> str | None:
        """Reports a point of a learning curve; returns the reason to prune the trial, or None.

        Args:
            trial_id: str, a running trial.
            epochs: float, epochs trained so far.
            score: float, the objective; higher is better.
            loss: float, lower is better; None if unknown.
        """
        self.scheduler.on_evaluated(trial_id)
        self.client.feedback.evaluated(trial_id, epochs, self.records.sign * score)
        pruner = self.pruners.of(self._specs[trial_id].allocation.share)
        pruner.report(trial_id, epochs, score, loss)
        return pruner.should_prune(trial_id)

    def finish(self, trial: Trial, outcome: TrialOutcome) -> dict[str, float]:
        """Writes a trial's record, and removes weights of trials that are not among the best.

        Returns:
            The metrics for the oracle, those of the best evaluation, each named `val_...`.

        Raises:
            TimeOver: the trial was not evaluated.
        """
        if not outcome.history:
            raise TimeOver("It was not evaluated in time.")
        spec = self.spec_of(trial)
        del self._specs[trial.trial_id]
        budget = self.scheduler.budget
        if outcome.stopped.startswith(TIME_OVER) and self.scheduler.interrupted():
            outcome = replace(outcome, stopped=INTERRUPTED)  # Its callback tells both alike.
        new = record_of(spec, outcome, self.plan.goal, budget.elapsed())
        record = merged(self.records.get(trial.trial_id), new, spec, outcome)
        self.records.write(record)
        self.weights.add(record.trial_id)
        self.pruners.of(record.share).finish(trial.trial_id, pruned=record.status == "pruned")
        budget.record_all(record.costs)
        if record.status != "cut":
            drop_resume_points(spec.trial_dir)
        if "tuner/bracket" not in trial.hyperparameters.values:  # Hyperband may promote any.
            self.weights.drop_others()
        return self.report(record)

    def report(self, record: TrialRecord) -> dict[str, float]:
        """Returns the metrics for the oracle; reports to it that the trial was pruned, if so."""
        if record.status == "pruned":
            last = record.history[-1]
            self.client.feedback.pruned(record.trial_id, last["epochs"], last[self.plan.objective])
        return {
            f"val_{name}": value
            for name, value in record.metrics.items()
            if name not in NOT_METRICS
        }

    def complete(self, trial: Trial, metrics: dict[str, float]) -> None:
        """Reports to the oracle and the listener that a trial has ended with a score."""
        self.client.complete(trial, metrics, self.records.trial_dir(trial.trial_id))
        self.emit(TrialEnded(trial.trial_id, self.records[trial.trial_id]))

    def fail(self, trial: Trial, cause: str, message: str) -> None:
        """Records a trial that failed. One that has a score keeps it, with a remark.

        Args:
            trial: KerasTuner's trial.
            cause: str, the name of the exception, a colon, and its sentence.
            message: str, the traceback.
        """
        name = trial.trial_id
        spec = self._specs.pop(name, None)
        if spec:
            self.pruners.of(spec.allocation.share).finish(name)
        known = self.records.get(name)
        if known and known.score is not None:
            return self._keep_score(trial, with_remark(known, cause, message))
        trial.status = TrialStatus.FAILED
        trial.message = message
        ended = self.scheduler.budget.elapsed()
        self.records.write(failure_record(trial, cause, message, self.plan.seed, ended))
        self.emit(TrialEnded(name, self.records[name]))

    def leave(self, trial: Trial) -> None:
        """Leaves a trial that was not evaluated in time as running, for the next sitting."""
        self._specs.pop(trial.trial_id, None)
        if not self.scheduler.may_hang(trial.trial_id):
            self.client.feedback.resumable(trial.trial_id)  # It did not cause the end.

    def _keep_score(self, trial: Trial, record: TrialRecord) -> None:
        self._not_again.add(trial.trial_id)
        self.records.write(record)
        self.emit(Remark(trial.trial_id, f"keeps its score. {record.remark}"))
        self.client.keep_score(trial, self.report(record))

    def _make_spec(self, trial: Trial) -> TrialSpec:
        name, trial_dir = trial.trial_id, self.records.trial_dir
        promoted = trial.hyperparameters.values.get("tuner/trial_id")  # By Hyperband.
        values = declare(trial.hyperparameters, self.space)
        rung = Rung.of(trial, self.client.oracle)
        allocation = self.fidelity.allocation(values, rung)
        known = self.records.get(name)
        return TrialSpec(
            trial_id=name,
            values=values,
            seed=trial_seed(self.plan.seed, name),
            trial_dir=str(trial_dir(name)),
            schedule=self._schedule({**values, **allocation.used}),
            begin_from=str(Path(trial_dir(promoted)) / WEIGHTS) if promoted else None,
            allocation=allocation,
            recorded=known.metrics.get(self.plan.objective) if known else None,
        )

    def _schedule(self, values: dict) -> Schedule:
        plan = self.plan
        epochs = int(values.get("epochs", plan.epochs))
        checks = 1 if plan.pruner == "none" else 4
        return Schedule(epochs, plan.patience, plan.objective, self.records.sign, checks)


class RunnerCallbacks(EventCallbacks):
    """Follows a training in this process for a search.

    Args:
        trial_id: str, the trial that is trained.
        lifecycle: the lifecycle of the search's trials.
        over: function that returns whether the time limit is reached.
    """

    def __init__(self, trial_id: str, lifecycle: TrialLifecycle, over: Callable[[], bool]):
        super().__init__(trial_id, lifecycle.emit)
        self.lifecycle = lifecycle
        self.should_stop = over

    def should_prune(self, epochs: float, score: float, loss: float | None = None) -> str | None:
        return self.lifecycle.should_prune(self.trial_id, epochs, score, loss)

    def too_slow(self, epoch_seconds: float) -> str | None:
        return self.lifecycle.scheduler.too_slow(epoch_seconds)

    def must_evaluate(self) -> bool:
        return not self.lifecycle.scheduler.has_model()

    def on_evaluation_timed(self, seconds: float) -> None:
        self.lifecycle.scheduler.budget.record("validation", seconds)

    def on_resume_point(self) -> None:
        self.lifecycle.client.feedback.resumable(self.trial_id)
