"""Optuna's samplers in KerasTuner's loop, on a space with conditions and no models."""

import os
import subprocess
import sys
import textwrap

import keras_tuner
import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from attn_tuner.errors import MissingExtra, RunError, SpaceError, UnknownName
from attn_tuner.tuning.oracles import objective_of, oracles, seed_of
from attn_tuner.tuning.oracles.initial_points import warm_start
from attn_tuner.tuning.oracles.optuna.oracle import OptunaOracle
from attn_tuner.tuning.oracles.optuna.study import quietly
from tests.support import ROOT
from tests.support.toy_oracles import (
    build,
    finished,
    killed_at_random,
    score,
    search,
    slowly,
    small,
)

pytestmark = pytest.mark.filterwarnings("ignore:.*thread.*:DeprecationWarning")
SAMPLERS = ["tpe", "gp", "cmaes", "qmc", "nsga2", "random"]


def oracle(sampler="tpe", trials=12, **options):
    return OptunaOracle("max:score", trials, sampler=sampler, **{"seed": 3, **options})


def values(tuner):
    return [trial.hyperparameters.values for trial in tuner.oracle.trials.values()]


def saved_study(folder):
    with quietly():
        storage = JournalStorage(JournalFileBackend(str(folder / "run" / "optuna.journal")))
        return optuna.load_study(study_name="run", storage=storage)


def states(study):
    return [trial.state for trial in study.trials]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler_draws_active_plain_values_and_each_point_once(sampler, tmp_path, capfd):
    tuner = search(oracle(sampler), tmp_path)
    assert len(tuner.oracle.end_order) == 12
    for drawn in values(tuner):
        expected = {"head", "learning_rate", "batch", "vocabulary"}
        expected |= {"additive": {"units", "temperature"}, "dot": {"scaled"}}.get(
            drawn["head"], set()
        )
        assert set(drawn) == expected
        assert all(type(value) in (bool, int, float, str) for value in drawn.values())
    study = saved_study(tmp_path)
    assert study.best_value == pytest.approx(tuner.oracle.get_best_trials()[0].score)
    told = [t.user_attrs["values"] for t in study.trials if t.state == TrialState.COMPLETE]
    assert told == values(tuner)
    assert "optuna" not in capfd.readouterr().err.lower()


@pytest.mark.parametrize("sampler", ["tpe", "cmaes", "qmc", "nsga2", "random"])
def test_the_seed_decides_all_draws_across_a_resume_too(sampler, tmp_path):
    whole = values(search(oracle(sampler), tmp_path / "whole"))
    search(oracle(sampler, trials=11), tmp_path / "parts", run=False)
    tuner = search(oracle(sampler), tmp_path / "parts", run=False)
    for _ in range(6):
        one_more(tuner.oracle)
    assert values(search(oracle(sampler), tmp_path / "parts")) == whole
    assert values(search(oracle(sampler, seed=4), tmp_path / "other")) != whole


def one_more(held, tuner_id="tuner0"):
    trial = held.create_trial(tuner_id)
    held.update_trial(trial.trial_id, {"score": score(trial.hyperparameters.values)})
    trial.status = "COMPLETED"
    held.end_trial(trial)
    return trial


def test_a_learning_sampler_beats_chance_on_the_toy(tmp_path):
    def mean_of_late(sampler):
        late = []
        for seed in (1, 2, 3):
            tuner = search(oracle(sampler, 40, seed=seed), tmp_path / f"{sampler}{seed}")
            late += [trial.score for trial in list(tuner.oracle.trials.values())[20:]]
        return sum(late) / len(late)

    assert mean_of_late("tpe") > mean_of_late("random") + 0.2


def test_a_small_space_is_used_up_without_repeats(tmp_path):
    tuner = search(oracle("tpe", 50), tmp_path, space=small)
    points = [str(sorted(each.items())) for each in values(tuner)]
    assert len(points) == len(set(points)) == 8


def test_first_points_are_tried_first_and_completed_by_defaults(tmp_path):
    points = [
        {"head": "additive", "units": 40, "learning_rate": 0.5},
        {"head": "dot", "units": 40, "batch": 100},
    ]
    tuner = search(oracle("tpe", 4, first_points=points), tmp_path)
    first, second, *_ = values(tuner)
    assert first == {
        "head": "additive",
        "units": 40,
        "temperature": 0.5,
        "learning_rate": 0.1,
        "batch": 64,
        "vocabulary": 100,
    }
    assert (second["head"], second["scaled"], second["batch"]) == ("dot", False, 128)
    assert "units" not in second


@pytest.mark.parametrize("name", ["random", "tpe", "bayesian"])
def test_the_best_of_an_earlier_run_starts_the_next(name, tmp_path):
    before = search(oracle("random", 10), tmp_path / "before")
    points = warm_start([tmp_path / "before" / "run"], "max:score", count=2)
    after = search(
        oracles[name](objective="max:score", max_trials=3, seed=1, first_points=points),
        tmp_path / "after",
    )
    best = [trial.hyperparameters.values for trial in before.oracle.get_best_trials(2)]
    assert values(after)[:2] == best


def test_what_cannot_warm_a_start_is_told_by_folder(tmp_path):
    with pytest.raises(RunError, match="it is not the folder of a run"):
        warm_start([tmp_path], "val_loss")
    search(oracle("random", 3), tmp_path)
    with pytest.raises(RunError, match="no finished trial with the objective 'val_loss'"):
        warm_start([tmp_path / "run"], "val_loss")


def test_a_start_is_warmed_only_by_values_that_are_on_offer(tmp_path):
    tuner = search(oracle("random", 8), tmp_path)
    heads = {drawn["head"] for drawn in values(tuner)}
    narrow = keras_tuner.HyperParameters()
    narrow.Choice("head", [min(heads), "other"])
    found = warm_start([tmp_path / "run"], "max:score", space=narrow)
    assert {point["head"] for point in found} == {min(heads)}
    narrow = keras_tuner.HyperParameters()
    narrow.Choice("head", ["other"])
    with pytest.raises(SpaceError, match=r"best has head='\w+', which is not on offer"):
        warm_start([tmp_path / "run"], "max:score", space=narrow)


def test_a_dimension_that_shows_up_in_the_model_reaches_the_study(tmp_path):
    def measure(trial):
        late = trial.hyperparameters.Int("late", 1, 9, default=2)
        return {"score": late}

    tuner = search(oracle("tpe", 6), tmp_path, measure=measure)
    told = [t for t in saved_study(tmp_path).trials if t.state == TrialState.COMPLETE]
    assert [t.params["late"] for t in told] == [drawn["late"] for drawn in values(tuner)]
    assert len({drawn["late"] for drawn in values(tuner)}) > 1


def test_one_name_with_two_meanings_is_two_parameters(tmp_path):
    def twofold(hp):
        hp.Choice("head", ["additive", "dot"])
        with hp.conditional_scope("head", ["additive"]):
            hp.Int("size", 1, 8)
        with hp.conditional_scope("head", ["dot"]):
            hp.Choice("size", ["small", "large"])

    search(oracle("tpe", 8), tmp_path, space=twofold, measure=lambda trial: {"score": 1.0})
    asked = [t.user_attrs["values"] for t in saved_study(tmp_path).trials]
    kinds = {(drawn["head"], type(drawn["size"])) for drawn in asked if "size" in drawn}
    assert kinds == {("additive", int), ("dot", str)}


def test_a_space_that_changed_between_two_sittings_is_no_obstacle(tmp_path):
    search(
        oracle("tpe", 3),
        tmp_path,
        space=lambda hp: hp.Choice("size", ["a", "b", "c", "d"]),
        measure=lambda trial: {"score": 1.0},
    )
    (tmp_path / "run" / "oracle.json").unlink()
    (tmp_path / "run" / "tuner0.json").unlink()
    tuner = search(
        oracle("tpe", 3),
        tmp_path,
        space=lambda hp: hp.Int("size", 1, 9),
        measure=lambda trial: {"score": 1.0},
    )
    assert all(type(drawn["size"]) is int for drawn in values(tuner))


def test_the_study_draws_curves_and_knows_what_was_pruned(tmp_path):
    def measure(trial):
        held = tuner.oracle
        for step in (0.25, 0.5, 1.0):
            held.report(trial.trial_id, step, step / 10)
        if trial.trial_id == "1":
            held.tell_pruned(trial.trial_id, 1.0, 0.1)
        return {"score": 0.1}

    tuner = search(oracle("tpe", 3), tmp_path, run=False)
    search_on(tuner, measure)
    study = saved_study(tmp_path)
    assert states(study) == [TrialState.COMPLETE, TrialState.PRUNED, TrialState.COMPLETE]
    assert study.trials[1].intermediate_values == {25: 0.025, 50: 0.05, 100: 0.1}
    assert study.trials[1].value == 0.1


def search_on(tuner, measure):
    tuner.measure = measure
    tuner.search()


def test_a_metric_named_pruned_says_the_same_from_afar(tmp_path):
    search(oracle("tpe", 2), tmp_path, measure=lambda trial: {"score": 0.5, "pruned": 0.25})
    assert states(saved_study(tmp_path)) == [TrialState.PRUNED] * 2


def test_failures_are_told(tmp_path):
    def measure(trial):
        raise ValueError("no such head")

    tuner = search(oracle("tpe", 5), tmp_path, run=False)
    with pytest.raises(RuntimeError, match="consecutive failures"):
        search_on(tuner, measure)
    assert states(saved_study(tmp_path)) == [TrialState.FAIL] * 3


def test_a_retried_trial_is_told_once(tmp_path):
    tries = []

    def measure(trial):
        tries.append(trial.trial_id)
        if len(tries) == 1:
            raise ValueError("at first")
        return {"score": 1.0}

    search(oracle("tpe", 1, max_retries_per_trial=1), tmp_path, measure=measure)
    assert states(saved_study(tmp_path)) == [TrialState.COMPLETE]


@pytest.mark.parametrize("sampler", ["nsga2", "tpe"])
def test_several_objectives_keep_their_values_apart(sampler, tmp_path):
    def measure(trial):
        drawn = trial.hyperparameters.values
        accuracy, seconds = score(drawn), float(drawn["batch"])
        trial_oracle.report(trial.trial_id, 1, accuracy)
        return {"score": accuracy, "seconds": seconds, "multi_objective": seconds - accuracy}

    trial_oracle = OptunaOracle(["max:score", "min:seconds"], 10, sampler=sampler, seed=3)
    tuner = search(trial_oracle, tmp_path, measure=measure)
    study = saved_study(tmp_path)
    assert [d.name for d in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    complete = [told for told in study.trials if told.state == TrialState.COMPLETE]
    for told, trial in zip(complete, tuner.oracle.trials.values(), strict=True):
        drawn = trial.hyperparameters.values
        assert told.values == pytest.approx([score(drawn), drawn["batch"]])
        assert trial.score == pytest.approx(drawn["batch"] - score(drawn))
    assert study.best_trials


def test_a_running_trial_comes_back_with_its_curve(tmp_path):
    first = search(oracle("tpe", 4), tmp_path, run=False).oracle
    one_more(first)
    trial = first.create_trial("tuner0")
    first.report(trial.trial_id, 0.5, 0.2)
    again = search(oracle("tpe", 4), tmp_path, run=False).oracle
    back = again.create_trial("tuner0")
    assert back.hyperparameters.values == trial.hyperparameters.values
    again.report(back.trial_id, 1.0, 0.3)
    again.update_trial(back.trial_id, {"score": 0.3})
    back.status = "COMPLETED"
    again.end_trial(back)
    told = saved_study(tmp_path).trials[-1]
    assert (told.value, told.intermediate_values) == (0.3, {50: 0.2, 100: 0.3})
    assert TrialState.RUNNING not in states(saved_study(tmp_path))


def test_a_lost_study_is_made_anew_from_the_trials(tmp_path):
    search(oracle("tpe", 5), tmp_path)
    (tmp_path / "run" / "optuna.journal").unlink()
    tuner = search(oracle("tpe", 7), tmp_path)
    study = saved_study(tmp_path)
    assert len(study.trials) == 7
    assert study.best_value == pytest.approx(tuner.oracle.get_best_trials()[0].score)


def test_a_journal_cut_in_its_last_line_is_mended(tmp_path):
    search(oracle("tpe", 5), tmp_path)
    journal = tmp_path / "run" / "optuna.journal"
    journal.write_bytes(journal.read_bytes()[:-9])
    search(oracle("tpe", 7), tmp_path)
    complete = [s for s in states(saved_study(tmp_path)) if s == TrialState.COMPLETE]
    assert len(complete) == 7


def test_a_foreign_journal_is_named(tmp_path):
    search(oracle("tpe", 2), tmp_path)
    (tmp_path / "run" / "optuna.journal").write_text("Dear diary\n")
    with pytest.raises(RunError, match=r"Line 1 of .*optuna.journal is not of an Optuna journal"):
        search(oracle("tpe", 4), tmp_path)


def test_a_study_of_other_objectives_is_refused(tmp_path):
    search(oracle("tpe", 2), tmp_path)
    with pytest.raises(RunError, match=r"\['maximize'\], but this search asks for \['minimize'\]"):
        search(OptunaOracle("min:score", 4, seed=1), tmp_path)


def test_the_study_agrees_with_the_trials_after_many_kills(tmp_path):
    def run():
        search(oracle("tpe", 20, max_consecutive_failed_trials=99), tmp_path, measure=slowly)

    killed_at_random(run, kills=5, seed=1, longest=0.12, check=lambda: None)
    told = {
        t.user_attrs["trial_id"]: t.value
        for t in saved_study(tmp_path).trials
        if t.state == TrialState.COMPLETE
    }
    assert told == pytest.approx({key: value for key, (value, _) in finished(tmp_path).items()})
    assert TrialState.RUNNING not in states(saved_study(tmp_path))


def test_a_sampler_of_ones_own_is_taken(tmp_path):
    with quietly():
        own = optuna.samplers.TPESampler(seed=1)
    assert len(search(oracle(own, 4), tmp_path).oracle.trials) == 4


def test_unfit_requests_are_refused_at_once():
    with pytest.raises(UnknownName, match="Did you mean 'tpe'"):
        oracle("tpee")
    with pytest.raises(SpaceError, match="takes one objective; got 2"):
        OptunaOracle(["max:a", "max:b"], sampler="cmaes")


def test_a_sampler_without_its_package_is_refused_at_once(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"needs torch.*pip install torch"):
        oracle("gp")


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("val_accuracy", "max"),
        ("val_loss", "min"),
        ("val_f1_score", "max"),
        ("val_cosine_similarity", "max"),
        ("min:anything", "min"),
        ("max:val_loss", "max"),
    ],
)
def test_an_objective_has_the_direction_that_its_name_says(name, direction):
    objective = objective_of(name)
    assert objective.direction == direction
    assert objective.name == name.split(":")[-1]


def test_an_objective_of_unclear_direction_is_asked_about():
    with pytest.raises(SpaceError, match="Write 'max:val_depth' or 'min:val_depth'"):
        objective_of("val_depth")


def test_the_seed_zero_is_a_seed(tmp_path):
    assert seed_of(0) not in (0, None)
    assert seed_of(None) is None
    runs = [values(search(oracle(seed=0), tmp_path / str(i))) for i in range(2)]
    assert runs[0] == runs[1]


@pytest.mark.parametrize("name", oracles)
def test_every_oracle_is_made_by_its_name(name, tmp_path):
    made = oracles[name](objective="val_accuracy", max_trials=7, seed=0)
    assert isinstance(made, keras_tuner.Oracle)
    assert (made.max_trials, made.objective.direction) == (7, "max")
    assert oracles[name].summary


WORKER = """
    import sys, warnings
    warnings.simplefilter("ignore")
    sys.path.insert(0, sys.argv[1])
    from tests.support.toy_oracles import search
    from attn_tuner.tuning.oracles.optuna.oracle import OptunaOracle

    def measure(trial):
        return {"score": 1.0, **({"pruned": 1} if trial.trial_id == "2" else {})}

    search(OptunaOracle("max:score", 6, seed=3), sys.argv[2], measure=measure)
"""


@pytest.mark.slow
def test_a_chief_and_two_workers_share_one_study(tmp_path):
    program = tmp_path / "worker.py"
    program.write_text(textwrap.dedent(WORKER))
    port = str(20_000 + os.getpid() % 20_000)
    processes = []
    for name in ("chief", "worker0", "worker1"):
        environment = {
            **os.environ,
            "KERASTUNER_TUNER_ID": name,
            "KERASTUNER_ORACLE_IP": "127.0.0.1",
            "KERASTUNER_ORACLE_PORT": port,
        }
        command = [sys.executable, str(program), str(ROOT), str(tmp_path)]
        processes.append(subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL))
    assert [process.wait(timeout=300) for process in processes] == [0, 0, 0]
    found = states(saved_study(tmp_path))
    assert found.count(TrialState.COMPLETE) == 5
    assert found.count(TrialState.PRUNED) == 1


def test_the_toy_space_has_conditions():
    space = keras_tuner.HyperParameters()
    build(space)
    assert {hp.name for hp in space.space if hp.conditions} == {"units", "temperature", "scaled"}
