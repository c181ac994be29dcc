"""Puts Optuna's samplers behind KerasTuner's interface; the study lies in the run folder."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras_tuner
import optuna
from keras_tuner.engine.trial import Trial
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState

from attn_tuner.tuning.oracles import ObjectiveLike, objective_of, seed_of
from attn_tuner.tuning.oracles.feedback import OracleListener
from attn_tuner.tuning.oracles.grid import points
from attn_tuner.tuning.oracles.initial_points import complete
from attn_tuner.tuning.oracles.optuna import samplers
from attn_tuner.tuning.oracles.optuna.distributions import from_optuna, to_optuna
from attn_tuner.tuning.oracles.optuna.study import Labels, open_study, quietly, suggest
from attn_tuner.tuning.oracles.persistence.durable import Durable
from attn_tuner.tuning.oracles.persistence.oracle_state import HeldState

# Optuna counts steps in whole numbers.
STEPS_PER_EPOCH = 100
PRUNED = "pruned"
_TRIES = 10


class OptunaOracle(Durable, keras_tuner.Oracle, OracleListener, HeldState):
    """Samples values with one of Optuna's samplers, in any tuner of KerasTuner.

        tuner = keras_tuner.Tuner(oracle=OptunaOracle("val_accuracy", 40), hypermodel=build)

    Conditional hyperparameters are sampled only while they are active. When a folder is opened
    again, its study is brought in line with the trials. No point is tried twice.

    Args:
        objective: a name, `"max:val_f1"`, a `keras_tuner.Objective`, or a list of these for several
            objectives; the study has the value of each, KerasTuner their sum.
        max_trials: int, maximum number of trials; None for no limit.
        sampler: `"tpe"`, `"gp"`, `"cmaes"`, `"qmc"`, `"nsga2"`, `"random"`, or a sampler of Optuna.
        seed: int, makes the samples reproducible, also in a resumed search.
        hyperparameters: the space, as in KerasTuner.
        allow_new_entries: bool, whether a model may declare more, as in KerasTuner.
        tune_new_entries: bool, whether these are tuned, as in KerasTuner.
        max_retries_per_trial: int, how often a trial that raised is tried again.
        max_consecutive_failed_trials: int, failures in a row that end the search.
        first_points: list of dicts of name to value that are tried first; missing names take their
            defaults.
    """

    def __init__(
        self,
        objective: "ObjectiveLike | None" = None,
        max_trials: int | None = 10,
        sampler: str | optuna.samplers.BaseSampler = "tpe",
        seed: int | None = None,
        hyperparameters: keras_tuner.HyperParameters | None = None,
        allow_new_entries: bool = True,
        tune_new_entries: bool = True,
        max_retries_per_trial: int = 0,
        max_consecutive_failed_trials: int = 3,
        first_points: Sequence[Mapping] = (),
    ):
        super().__init__(
            objective=None if objective is None else objective_of(objective),
            max_trials=max_trials,
            hyperparameters=hyperparameters,
            allow_new_entries=allow_new_entries,
            tune_new_entries=tune_new_entries,
            seed=seed_of(seed),
            max_retries_per_trial=max_retries_per_trial,
            max_consecutive_failed_trials=max_consecutive_failed_trials,
        )
        self.sampler = sampler
        self.first_points = tuple(first_points)
        samplers.check(sampler, len(self._objectives()))
        self._drop_study()

    @property
    def study(self) -> optuna.Study:
        """The study in the run folder, consistent with the trials."""
        if self._study is None:
            directions = [f"{each.direction}imize" for each in self._objectives()]
            self._study = open_study(self.folder, directions)
            self._labels = Labels(self._study)
            self._reconcile()
        return self._study

    def populate_space(self, trial_id: str) -> dict:
        """Samples values that were not tried yet.

        Samples that repeat an earlier trial are told to the study as failed. If ten in a row do,
        the first untried point of the grid is taken; without one the search ends.
        """
        tried = [trial.hyperparameters.values for trial in self.trials.values()]
        number = len(self.trials)
        if number < len(self.first_points):
            point = complete(self.get_space(), self.first_points[number])
            if point not in tried:
                return self._ask(trial_id, point, optuna.samplers.RandomSampler())
        for attempt in range(_TRIES):
            sampler = samplers.sampler_for(
                self.sampler, self.seed, number, self.max_trials, attempt
            )
            drawn = self._ask(trial_id, {}, sampler)
            if drawn["values"] not in tried:
                return drawn
            self._tell_study(trial_id, TrialState.FAIL)
        for point in points(self.get_space()):
            if point not in tried:
                return self._ask(trial_id, point, optuna.samplers.RandomSampler())
        return {"status": "IDLE" if self.ongoing_trials else "STOPPED", "values": None}

    def report(self, trial_id: str, step: float, value: float) -> None:
        """Adds a point to the trial's curve in the study; `step` counts epochs.

        With several objectives it does nothing, as Optuna has no curves for these.
        """
        if len(self._objectives()) == 1:
            with quietly():
                self._asked_trial(trial_id).report(value, round(step * STEPS_PER_EPOCH))

    def tell_pruned(self, trial_id: str, step: float, value: float) -> None:
        """Records that the trial was pruned; `end_trial` reports it to the study.

        Behind KerasTuner's client, report a metric named `pruned` in `update_trial` instead.
        """
        self.report(trial_id, step, value)
        with quietly():
            self._asked_trial(trial_id).set_user_attr(PRUNED, step)
        self._pruned.add(trial_id)

    @keras_tuner.synchronized
    def end_trial(self, trial: Trial) -> None:
        try:
            super().end_trial(trial)
        finally:  # KerasTuner raises here at the last failure that it bears.
            self._tell(self.trials[trial.trial_id])

    def reload(self) -> None:
        self._drop_study()
        super().reload()

    def _drop_study(self) -> None:
        self._study = None
        self._numbers: dict[str, int] = {}
        self._asked: dict[str, optuna.Trial] = {}
        self._pruned: set[str] = set()

    def _objectives(self) -> list[keras_tuner.Objective]:
        return getattr(self.objective, "objectives", [self.objective])

    def _ask(self, trial_id: str, point: Mapping, sampler: optuna.samplers.BaseSampler) -> dict:
        """Samples the values that `point` lacks, and stores the study's trial for `trial_id`."""
        space = self.get_space()
        space.values = {}
        study = self.study
        with quietly():
            offered = self._labels.of(space)
            encoded = {
                label: to_optuna(hp, point[hp.name])
                for label, hp, distribution in offered
                if distribution is not None and hp.name in point
            }
            fixed = {label: value for label, value in encoded.items() if value is not None}
            study.sampler = (
                optuna.samplers.PartialFixedSampler(fixed, sampler) if fixed else sampler
            )
            trial = study.ask()
            trial.set_user_attr("trial_id", trial_id)
            for _ in offered:  # A child may stand before its parent.
                before = len(space.values)
                for label, hp, distribution in offered:
                    if hp.name not in space.values and space.is_active(hp):
                        space.values[hp.name] = (
                            hp.default
                            if distribution is None
                            else from_optuna(hp, suggest(trial, label, distribution))
                        )
                if len(space.values) == before:
                    break
            trial.set_user_attr("values", space.values)
        self._numbers[trial_id] = trial.number
        self._asked[trial_id] = trial
        return {"status": "RUNNING", "values": space.values}

    def _asked_trial(self, trial_id: str) -> optuna.Trial:
        """Returns the study's running trial; after a resume a new one with the same values."""
        study = self.study
        if trial_id not in self._asked:
            old = study.get_trials(deepcopy=False)[self._numbers[trial_id]]
            self._tell_study(trial_id, TrialState.FAIL)
            values = self.trials[trial_id].hyperparameters.values
            self._ask(trial_id, values, optuna.samplers.RandomSampler())
            with quietly():
                for step, value in old.intermediate_values.items():
                    self._asked[trial_id].report(value, step)
        return self._asked[trial_id]

    def _tell(self, trial: Trial, reopened: bool = False) -> None:
        """Updates the study with a trial that has ended in KerasTuner."""
        if trial.status not in ("COMPLETED", "FAILED"):
            return
        study = self.study
        number = self._numbers.get(trial.trial_id)
        frozen = None if number is None else study.get_trials(deepcopy=False)[number]
        state, values = self._outcome(trial, frozen if reopened else None)
        if frozen is not None and frozen.state.is_finished() and frozen.state == state:
            return
        params, distributions = self._parameters(trial)
        running = frozen is not None and not frozen.state.is_finished()
        if running and frozen.params == params:
            self._tell_study(trial.trial_id, state, values)
        else:
            # The model declared more than was sampled, or the study lost the trial.
            if running:
                self._tell_study(trial.trial_id, TrialState.FAIL)
            self._add(trial, frozen, params, distributions, state, values)
        self._asked.pop(trial.trial_id, None)
        self._pruned.discard(trial.trial_id)

    def _outcome(
        self, trial: Trial, noted: FrozenTrial | None
    ) -> tuple[TrialState, list[float] | None]:
        """Returns state and values for the study; `noted` is the study's present trial."""
        if trial.status == "FAILED":
            return TrialState.FAIL, None
        pruned = trial.trial_id in self._pruned or trial.metrics.exists(PRUNED)
        if pruned or (noted is not None and PRUNED in noted.user_attrs):
            return TrialState.PRUNED, None
        if len(self._objectives()) == 1:
            return TrialState.COMPLETE, [trial.score]
        return TrialState.COMPLETE, [
            next(
                (seen.mean() for seen in history if seen.step == trial.best_step),
                trial.metrics.get_best_value(each.name),
            )
            for each in self._objectives()
            for history in [trial.metrics.get_history(each.name)]
        ]

    def _parameters(self, trial: Trial) -> tuple[dict[str, Any], dict[str, BaseDistribution]]:
        """Returns the trial's parameters and distributions for the study."""
        params, distributions, values = {}, {}, trial.hyperparameters.values
        with quietly():
            for label, hp, distribution in self._labels.of(trial.hyperparameters):
                active = trial.hyperparameters.is_active(hp)
                if (
                    distribution is None
                    or not active
                    or hp.name not in (values := trial.hyperparameters.values)
                ):
                    continue
                value = to_optuna(hp, values[hp.name])
                if value is not None:
                    params[label], distributions[label] = value, distribution
        return params, distributions

    def _add(
        self,
        trial: Trial,
        frozen: FrozenTrial | None,
        params: dict[str, Any],
        distributions: dict[str, BaseDistribution],
        state: TrialState,
        values: list[float] | None,
    ) -> None:
        with quietly():
            self.study.add_trial(
                optuna.trial.create_trial(
                    state=state,
                    values=values,
                    params=params,
                    distributions=distributions,
                    intermediate_values={} if frozen is None else frozen.intermediate_values,
                    user_attrs={
                        "trial_id": trial.trial_id,
                        "values": trial.hyperparameters.values,
                    },
                )
            )
        self._numbers[trial.trial_id] = len(self.study.get_trials(deepcopy=False)) - 1

    def _tell_study(
        self, trial_id: str, state: TrialState, values: list[float] | None = None
    ) -> None:
        with quietly():
            self.study.tell(self._numbers[trial_id], values, state=state, skip_if_finished=True)
        self._asked.pop(trial_id, None)

    def _reconcile(self) -> None:
        """Updates the study with all trials, as the process may have been killed in between."""
        frozen = self._study.get_trials(deepcopy=False)
        self._numbers = {
            each.user_attrs["trial_id"]: each.number
            for each in frozen
            if each.user_attrs.get("trial_id") in self.trials
        }
        kept = set(self._numbers.values())
        with quietly():
            for each in frozen:
                if each.state == TrialState.RUNNING and each.number not in kept:
                    self._study.tell(each.number, state=TrialState.FAIL)
        for trial in self.trials.values():
            self._tell(trial, reopened=True)
