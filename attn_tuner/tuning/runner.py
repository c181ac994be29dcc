"""The tuner: takes values from any oracle, trains, records, and minds the clock."""

import copy
import gc
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import keras
import keras_tuner
from keras_tuner.engine.trial import TrialStatus

from attn_tuner.declaration import declare
from attn_tuner.errors import RunError
from attn_tuner.tuning import folder as folders
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.durable import WholeFiles
from attn_tuner.tuning.folder import Record
from attn_tuner.tuning.plan import Plan, trial_seed
from attn_tuner.tuning.pruning import make_pruner
from attn_tuner.tuning.trainer import TIME_OVER, Schedule, Watch, train

ALL_FAILED = 3  # Trials that may fail, none having succeeded, before the search gives up.


class TrialRunner(keras_tuner.Tuner, WholeFiles):
    """A `keras_tuner.Tuner` that keeps a budget, prunes, resumes trials and shows their errors.

    Its folder is a KerasTuner project folder. Each trial's folder also holds its record, the
    probabilities it gave the validation texts, and, for the `plan.keep` best, the weights.

    Args:
        oracle: any KerasTuner oracle.
        hypermodel: an `AttentionHyperModel`.
        plan: what to run.
        budget: the clock.
        training: `(values, seed)` to the batches to train on.
        validation: `values` to the batches to judge by.
        heard: called with a dict of news for whoever shows progress.
        interrupted: True once the user wants the search to end.
        callbacks: `(trial_id, values)` to Keras callbacks for that trial, or a list of callbacks
            of which every trial gets copies.
        directory, project_name: as in KerasTuner.
    """

    def __init__(
        self,
        oracle,
        hypermodel,
        *,
        plan: Plan,
        budget: Budget,
        training: Callable,
        validation: Callable,
        heard: Callable[[dict], None] = lambda news: None,
        interrupted: Callable[[], bool] = lambda: False,
        callbacks: Callable[[str, dict], Sequence] | Sequence = (),
        directory,
        project_name,
    ):
        oracle.verbose = 0
        with redirect_stdout(StringIO()):  # KerasTuner announces a reload on standard output.
            super().__init__(
                oracle, hypermodel, directory=str(directory), project_name=project_name
            )
        self.plan = plan
        self.budget = budget
        self.training = training
        self.validation = validation
        self.heard = heard
        self.interrupted = interrupted
        self.callbacks = callbacks
        self.sign = 1 if oracle.objective.direction == "max" else -1
        self.pruner = make_pruner(plan.pruner)
        self.records = {record.trial_id: record for record in self._recorded()}
        for record in self.records.values():
            self._teach_pruner(record)

    def search(self):
        """Runs trials until the oracle has no more, the time is over, or the user says so."""
        # What is alive now stays alive: spares every trial two searches through all of it.
        gc.collect()
        gc.freeze()
        try:
            for record in [each for each in self.records.values() if each.status == "cut"]:
                self._go_on(record)
            while not self._over():
                trial = self.oracle.create_trial(self.tuner_id)
                if trial.status == TrialStatus.STOPPED:
                    break
                if trial.status == TrialStatus.IDLE:
                    time.sleep(0.05)
                    continue
                self.on_trial_begin(trial)
                self._attempt(trial)
                self.on_trial_end(trial)
        finally:
            gc.unfreeze()
            gc.collect()

    def on_trial_end(self, trial):
        """As in KerasTuner; three failures and no success end the search with their cause."""
        try:
            super().on_trial_end(trial)
        except RuntimeError as error:
            raise self._gave_up(trial) from error
        statuses = [record.status for record in self.records.values()]
        if len(statuses) >= ALL_FAILED and set(statuses) == {"failed"}:
            raise self._gave_up(trial)

    def run_trial(self, trial):
        """Trains one trial's model.

        Returns:
            The measures of its best evaluation, each named `val_...`.
        """
        values = declare(trial.hyperparameters, self.hypermodel.space)
        seed = trial_seed(self.plan.seed, trial.trial_id)
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        model = self.hypermodel.build(trial.hyperparameters)
        place = Path(self.get_trial_dir(trial.trial_id))
        progress = folders.load_resume_point(model, place)
        if progress is None:
            self._load_promoted(trial, model)
        watch = Watch(
            expired=self._over,
            hopeless=lambda epochs, score: self._hopeless(trial.trial_id, epochs, score),
            heard=lambda news: self.heard({"trial": trial.trial_id, **news}),
            judged=lambda seconds: self.budget.record("validation", seconds),
            saved=lambda progress: folders.save_resume_point(model, progress, place),
        )
        progress = train(
            model,
            self.training(values, seed),
            self.validation(values),
            self._schedule(trial),
            watch,
            progress,
            self._callbacks(trial.trial_id, values),
        )
        return self._leave(trial, values, seed, model, progress)

    def _callbacks(self, trial_id, values):
        if callable(self.callbacks):
            return list(self.callbacks(trial_id, dict(values)))
        return copy.deepcopy(list(self.callbacks))

    def _attempt(self, trial):
        """Runs a trial and tells the oracle how it went."""
        self.heard({"trial": trial.trial_id, "begins": dict(trial.hyperparameters.values)})
        try:
            measures = self.run_trial(trial)
            self.oracle.update_trial(trial.trial_id, measures)
            trial.status = TrialStatus.COMPLETED
        except Exception as error:
            trial.status = TrialStatus.FAILED
            trial.message = traceback.format_exc()
            self._record_failure(trial, error)
            return
        self.heard({"trial": trial.trial_id, "ended": self.records[trial.trial_id]})

    def _go_on(self, record):
        """Trains on what an earlier sitting cut, which for KerasTuner has ended already."""
        trial = self.oracle.get_trial(record.trial_id)
        if self._over() or not folders.can_resume(self.get_trial_dir(record.trial_id)):
            return
        self._attempt(trial)
        self.oracle.score_trial(trial)
        score = {f"val_{self.plan.objective}": self.records[record.trial_id].score}
        self.oracle.update_trial(record.trial_id, score)  # Writes the new score down.

    def _leave(self, trial, values, seed, model, progress):
        place = Path(self.get_trial_dir(trial.trial_id))
        pruned = progress.stopped.startswith("pruned")
        status = "cut" if progress.stopped == TIME_OVER else "pruned" if pruned else "completed"
        record = Record(
            trial_id=trial.trial_id,
            status=status,
            values=values,
            score=progress.best_measures[self.plan.objective],
            measures=progress.best_measures,
            history=progress.history,
            stopped=progress.stopped,
            seconds=progress.seconds,
            parameters=model.count_params(),
            seed=seed,
            ended=self.budget.elapsed(),
        )
        folders.save_probabilities(progress.probabilities, place)
        folders.save_weights(model, place)
        record.save(place)
        self.records[record.trial_id] = record
        self.pruner.finish(trial.trial_id, pruned=status == "pruned")
        self.budget.record("trial", progress.seconds)
        if status != "cut":
            folders.drop_resume_points(place)
        self._keep_the_best()
        return {f"val_{name}": progress.best_measures[name] for name in self._measured(record)}

    def _measured(self, record):
        return [name for name in record.measures if name not in ("epochs", "seconds", "loss")]

    def _schedule(self, trial):
        values = trial.hyperparameters.values
        epochs = int(values.get("tuner/epochs", values.get("epochs", self.plan.epochs)))
        checks = 1 if self.plan.pruner == "none" else 4
        return Schedule(epochs, self.plan.patience, self.plan.objective, self.sign, checks)

    def _load_promoted(self, trial, model):
        """Hyperband goes on from the weights of the trial that it promotes."""
        before = trial.hyperparameters.values.get("tuner/trial_id")
        if before:
            source = Path(self.get_trial_dir(before)) / folders.WEIGHTS
            if source.exists():
                model.load_weights(source)

    def _hopeless(self, trial_id, epochs, score):
        self.pruner.report(trial_id, epochs, score)
        return self.pruner.hopeless(trial_id)

    def _over(self) -> bool:
        return self.interrupted() or self.budget.search_over()

    def ranked(self) -> list[Record]:
        """The records that have a score, best first."""
        scored = [record for record in self.records.values() if record.score is not None]
        return sorted(scored, key=lambda record: (-self.sign * record.score, record.trial_id))

    def _keep_the_best(self):
        """Weights stay for the best few, and for what Hyperband may still promote."""
        promoting = any("tuner/bracket" in r.hyperparameters.values for r in self._trials())
        if promoting:
            return
        for record in self.ranked()[self.plan.keep :]:
            if record.status != "cut":
                folders.drop_weights(self.get_trial_dir(record.trial_id))

    def _trials(self):
        return list(self.oracle.trials.values())

    def _record_failure(self, trial, error):
        record = Record(
            trial_id=trial.trial_id,
            status="failed",
            values=dict(trial.hyperparameters.values),
            stopped=f"{type(error).__name__}: {error}",
            seed=trial_seed(self.plan.seed, trial.trial_id),
            ended=self.budget.elapsed(),
            message=trial.message,
        )
        place = Path(self.get_trial_dir(trial.trial_id))
        place.mkdir(parents=True, exist_ok=True)
        record.save(place)
        self.records[trial.trial_id] = record
        self.pruner.finish(trial.trial_id)
        self.heard({"trial": trial.trial_id, "ended": record})

    def _gave_up(self, trial):
        causes = [record.stopped for record in self.records.values() if record.status == "failed"]
        return RunError(
            f"The search gave up after {len(causes)} failed trials. The last said: {causes[-1]}. "
            f"The whole traceback is in {self.get_trial_dir(trial.trial_id)}/{folders.RECORD}."
        )

    def _recorded(self):
        for path in sorted(Path(self.project_dir).glob(f"trial_*/{folders.RECORD}")):
            yield Record.load(path.parent)

    def _teach_pruner(self, record):
        for news in record.history:
            self.pruner.report(
                record.trial_id, news["epochs"], self.sign * news[self.plan.objective]
            )
        self.pruner.finish(record.trial_id, pruned=record.status == "pruned")
