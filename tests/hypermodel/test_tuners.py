"""The contract with KerasTuner: its tuners, and a subclass that trains in its own way."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.space import Choice

OBJECTIVE = keras_tuner.Objective("val_accuracy", "max")


class TwoFolds(keras_tuner.Tuner):
    """Trains each point twice, on either half, and hands back the mean."""

    def __init__(self, hypermodel, **kwargs):
        oracle = keras_tuner.oracles.RandomSearchOracle(OBJECTIVE, max_trials=2, seed=3)
        super().__init__(oracle, hypermodel, **kwargs)

    def run_trial(self, trial, x, y, **kwargs):
        scores = []
        for fold in (slice(0, None, 2), slice(1, None, 2)):
            model = self.hypermodel.build(trial.hyperparameters)
            self.hypermodel.fit(trial.hyperparameters, model, x[fold], y[fold], verbose=0)
            scores.append(model.evaluate(x, y, verbose=0)[1])
        return float(np.mean(scores))


STOCK = {
    "random": lambda model, **kwargs: keras_tuner.RandomSearch(
        model, OBJECTIVE, max_trials=2, seed=3, **kwargs
    ),
    "bayesian": lambda model, **kwargs: keras_tuner.BayesianOptimization(
        model, OBJECTIVE, max_trials=3, num_initial_points=2, seed=3, **kwargs
    ),
    "grid": lambda model, **kwargs: keras_tuner.GridSearch(
        model, OBJECTIVE, max_trials=2, seed=3, **kwargs
    ),
    "hyperband": lambda model, **kwargs: keras_tuner.Hyperband(
        model, OBJECTIVE, max_epochs=2, factor=2, seed=3, **kwargs
    ),
}
TUNERS = {**STOCK, "subclass": TwoFolds}


class Eager(AttentionHyperModel):
    """Trains without tracing, which for so few batches takes a tenth of the time."""

    def model(self, values):
        model = super().model(values)
        model.run_eagerly = True
        return model


class Counting(Eager):
    """Counts its builds, and remembers how far the optimizer had come when training began."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.builds, self.began = 0, []

    def build(self, hp):
        self.builds += 1
        return super().build(hp)

    def fit(self, hp, model, *args, **kwargs):
        self.began.append((hp.values.get("tuner/trial_id"), int(model.optimizer.iterations)))
        return super().fit(hp, model, *args, **kwargs)


@pytest.fixture
def small(narrow):
    """Four dimensions and no recurrence: a trial takes a second."""
    keep = {"learning_rate", "max_length", "head", "batch_size"}
    defaults = narrow.defaults()
    held = {name: defaults[name] for name in narrow if name not in keep and name in defaults}
    return narrow.fix({**held, "encoder": "none"})


@pytest.fixture
def project(tmp_path):
    return {"directory": tmp_path, "project_name": "project"}


@pytest.fixture
def data(ids, labels):
    return {"x": ids, "y": labels, "validation_data": (ids, labels), "verbose": 0}


def searched(tuner, data, **kwargs):
    tuner.oracle.verbose = 0
    tuner.search(**data, **kwargs)
    return tuner


@pytest.mark.parametrize("name", TUNERS)
def test_one_build_in_the_constructor_makes_the_whole_space_known(name, project):
    hypermodel = Counting(50, 2)
    tuner = TUNERS[name](hypermodel, **project)
    assert hypermodel.builds == 1
    known = {each.name for each in tuner.oracle.get_space().space}
    assert known == set(hypermodel.space.describe())


@pytest.mark.parametrize("name", STOCK)
def test_the_best_model_scores_what_its_trial_says(name, small, project, data, capsys):
    hypermodel = Eager(50, 2, space=small)
    tuner = searched(STOCK[name](hypermodel, **project), data, epochs=1)
    best = tuner.oracle.get_best_trials(1)[0]
    assert best.status == "COMPLETED"
    model = tuner.get_best_models()[0]
    accuracy = model.evaluate(data["x"], data["y"], verbose=0)[1]
    assert accuracy == pytest.approx(best.score, abs=1e-6)
    tried = [trial.hyperparameters.values["head"] for trial in tuner.oracle.trials.values()]
    assert len(tried) >= 2


def test_a_subclass_with_its_own_run_trial_works_and_its_best_point_builds(small, project, data):
    data.pop("validation_data")
    tuner = TwoFolds(Eager(50, 2, space=small), **project)
    searched(tuner, data)
    trials = list(tuner.oracle.trials.values())
    assert [trial.status for trial in trials] == ["COMPLETED"] * 2
    values = tuner.get_best_hyperparameters()[0].get_config()
    again = keras_tuner.HyperParameters.from_config(values)
    assert tuner.hypermodel.build(again).output_shape == (None, 1)


def test_a_trial_that_hyperband_promotes_keeps_its_optimizers_state(small, project, data):
    hypermodel = Counting(50, 2, space=small)
    searched(STOCK["hyperband"](hypermodel, **project), data)
    promoted = [began for source, began in hypermodel.began if source]
    fresh = [began for source, began in hypermodel.began if not source]
    assert promoted
    assert min(promoted) > 0
    assert fresh == [0] * len(fresh)


def test_callbacks_and_several_executions_of_a_compiled_model_work(small, project, data):
    class Ended(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            assert "val_accuracy" in logs

    tuner = STOCK["random"](
        AttentionHyperModel(50, 2, space=small), executions_per_trial=2, **project
    )
    searched(tuner, data, epochs=1, callbacks=[Ended()])
    assert [trial.status for trial in tuner.oracle.trials.values()] == ["COMPLETED"] * 2


def test_the_callers_batch_size_does_not_fail_the_trials(small, project, data):
    tuner = searched(
        STOCK["random"](Eager(50, 2, space=small), **project),
        data,
        epochs=1,
        batch_size=32,
    )
    assert {trial.status for trial in tuner.oracle.trials.values()} == {"COMPLETED"}


def test_a_complete_space_needs_no_new_entries(small, project):
    hypermodel = Eager(50, 2, space=small)
    space = hypermodel.hyperparameters()
    tuner = STOCK["random"](hypermodel, hyperparameters=space, allow_new_entries=False, **project)
    assert {each.name for each in tuner.oracle.get_space().space} == set(small.describe())


def test_what_is_not_listed_takes_its_default_when_new_entries_are_not_tuned(small, project):
    listed = keras_tuner.HyperParameters()
    listed.Choice("learning_rate", [1e-3, 1e-2])
    hypermodel = Eager(50, 2, space=small)
    tuner = STOCK["random"](hypermodel, hyperparameters=listed, tune_new_entries=False, **project)
    values = declared(hypermodel, tuner.oracle.create_trial("here").hyperparameters)
    defaults = small.defaults()
    assert values.pop("learning_rate") in (1e-3, 1e-2)
    assert values == {name: defaults[name] for name in values}


def declared(hypermodel, hp):
    hypermodel.build(hp)
    return {name: hp.values[name] for name in hypermodel.space.defaults()}


def test_a_bare_name_holds_through_a_search(small, project):
    override = keras_tuner.HyperParameters()
    override.Fixed("units", 3)
    override.Fixed("head", "additive")
    space = small.narrow(units=Choice((4, 8)))
    hypermodel = AttentionHyperModel(50, 2, space=space)
    tuner = STOCK["random"](hypermodel, hyperparameters=override, **project)
    for trial in range(2):
        hp = tuner.oracle.create_trial(f"worker{trial}").hyperparameters
        heads = [layer for layer in hypermodel.build(hp).layers if hasattr(layer, "hops")]
        assert [head.units for head in heads] == [3]


@pytest.mark.parametrize("include_top", [True, False])
def test_the_tuners_own_optimizer_and_loss_replace_those_of_the_model(
    include_top, small, project, data
):
    compiled = []

    class Untrained(Eager):
        def fit(self, hp, model, *args, **kwargs):
            compiled.append((type(model.optimizer).__name__, model.loss))
            return {"val_accuracy": 0.5}

    tuner = STOCK["random"](
        Untrained(50, 2, space=small, include_top=include_top),
        optimizer="sgd",
        loss="mse",
        metrics=["accuracy"],
        **project,
    )
    searched(tuner, data)
    assert compiled == [("SGD", "mse")] * 2


def test_a_search_stopped_by_the_user_goes_on_where_it_was(small, project, data):
    class Impatient(Eager):
        def fit(self, *args, **kwargs):
            raise KeyboardInterrupt

    first = searched(STOCK["random"](Eager(50, 2, space=small), **project), data)
    known = set(first.oracle.trials)
    again = STOCK["random"](Impatient(50, 2, space=small), **project)
    searched(again, data)
    assert set(again.oracle.trials) == known, "all trials were done: none runs again"


def test_inside_a_users_own_build_function_one_build_is_enough(small, project):
    text, builds = Eager(50, 2, space=small), []

    def build(hp):
        builds.append(1)
        with hp.name_scope("text"):
            model = text.build(hp)
        model.optimizer.learning_rate = hp.Float("own_rate", 1e-4, 1e-1)
        return model

    tuner = STOCK["random"](build, **project)
    assert len(builds) == 1
    assert {each.name for each in tuner.oracle.get_space().space} == {
        "own_rate",
        *(f"text/{name}" for name in small.describe()),
    }


def passes_on_jax(*arguments):
    tests = Path(__file__)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n0",
            "-x",
            "-p",
            "no:cacheprovider",
            tests,
            *arguments,
        ],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        cwd=tests.parents[2],
        capture_output=True,
        text=True,
    )
    return done.returncode == 0 or pytest.fail(done.stdout[-3000:])


on_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="starts the same tests on JAX"
)


@on_tensorflow
@pytest.mark.slow
def test_on_jax_hyperband_passes_as_well():
    assert passes_on_jax("-k", "hyperband")


@on_tensorflow
@pytest.mark.slow
def test_on_jax_all_of_these_tests_pass():
    assert passes_on_jax("-m", "slow or not slow")
