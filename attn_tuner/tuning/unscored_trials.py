"""Records trials that give no new score: they failed, or the clock overtook them."""

from pathlib import Path

from keras_tuner.engine.trial import TrialStatus

from attn_tuner.errors import Infeasible
from attn_tuner.storage.plan import trial_seed
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.trial.resuming import remarked

_REFUSED = f"{Infeasible.__name__}: "


class WithoutScore:
    """Mixed into a `TrialRunner`, whose records, pruners and oracle it keeps up to date."""

    def fail(self, trial, cause: str, message: str):
        """Records a trial that gave no model; one that breaks a limit is infeasible, not failed.

        Of one that has a score already the record stays, with a remark.

        Args:
            cause: the name of the exception, a colon, and its sentence.
            message: the traceback.
        """
        task = self._tasks.pop(trial.trial_id, None)
        if task:
            self.pruners.of(task.ration.share).finish(trial.trial_id)
        known = self.records.get(trial.trial_id)
        if known and known.score is not None:
            return self._remark(trial, remarked(known, cause, message))
        trial.status = TrialStatus.FAILED
        trial.message = message
        refused = cause.startswith(_REFUSED)
        record = TrialRecord(
            trial_id=trial.trial_id,
            status="infeasible" if refused else "failed",
            values=dict(trial.hyperparameters.values),
            stopped=cause.removeprefix(_REFUSED),
            seed=trial_seed(self.plan.seed, trial.trial_id),
            ended=self.budget.elapsed(),
            message=message,
        )
        place = Path(self.get_trial_dir(trial.trial_id))
        place.mkdir(parents=True, exist_ok=True)
        record.save(place)
        self.records[trial.trial_id] = record
        self.heard({"trial": trial.trial_id, "ended": record})

    def _remark(self, trial, record):
        self._gone_on.add(trial.trial_id)
        record.save(self.get_trial_dir(trial.trial_id))
        self.records[trial.trial_id] = record
        self.heard({"trial": trial.trial_id, "remark": record.remark})
        if trial.status == TrialStatus.RUNNING and trial.trial_id in self.oracle.trials:
            self.oracle.update_trial(trial.trial_id, self._report(record))
            trial.status = TrialStatus.COMPLETED

    def leave(self, trial):
        """Leaves for later what the clock overtook: for the oracle it still runs."""
        self._tasks.pop(trial.trial_id, None)
        if not self._starts.slow(trial.trial_id):
            self.told.resumable(trial.trial_id)  # It is not to blame for the end.
