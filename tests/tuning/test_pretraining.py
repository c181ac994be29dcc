"""The stage behind a search that trains its best trial again, pretrained."""

import shutil
from dataclasses import replace
from pathlib import Path

import keras
import keras_tuner
import numpy as np
import pytest

from attn_tuner.encoding import Encoder
from attn_tuner.errors import SpaceError
from attn_tuner.finalizing.time_reserve import finalizing_reserve
from attn_tuner.hypermodel import AttentionHyperModel, default_space
from attn_tuner.settings.table import check_options
from attn_tuner.storage.checkpoints import can_resume
from attn_tuner.storage.layout import PROBABILITIES
from attn_tuner.storage.plan import Plan
from attn_tuner.text import Split, TextDataset
from attn_tuner.tuning import pretraining, repeats
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.events import Evaluated, ignore
from attn_tuner.tuning.oracles import oracles
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
from attn_tuner.tuning.tuner import TrialRunner
from tests.support.colours import colours

POINTS = [{"encoder": "gru"}, {"encoder": "none"}]
NAME = "0-pretrained"


def split(count, seed):
    texts, labels = colours(count, seed)
    return Split(texts, np.array([label == "warm" for label in labels], "int32"))


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    parts = [split(count, seed) for seed, count in enumerate((96, 32, 16))]
    dataset = TextDataset("colours", *parts, ("cold", "warm"), unlabelled=split(64, 3).texts)
    return EncodedData.prepare(dataset, tmp_path_factory.mktemp("data") / "data")


def runner_in(
    folder, stored, points=POINTS, budget=None, interrupted=lambda: False, listener=ignore
):
    space = default_space(stored.vocabulary_size, max_lengths=(8, 16))
    space = space.narrow(encoder=["gru", "none"], head=["mean", "max"])
    space = space.fix(units=8, embedding_dim=8, layers=1, learning_rate=0.01)
    hypermodel = AttentionHyperModel(stored.vocabulary_size, 2, space=space)
    oracle = oracles["tpe"](
        objective="max:val_accuracy",
        max_trials=len(points),
        hyperparameters=hypermodel.hyperparameters(),
        first_points=points,
    )
    plan = Plan("colours", "0", ("cold", "warm"), {}, epochs=2, pretrain=0.5)
    return TrialRunner(
        oracle,
        TrialTrainer(hypermodel, stored.training, stored.validation),
        plan=plan,
        budget=budget or Budget(None, spent_before=60.0),
        listener=listener,
        interrupted=interrupted,
        directory=folder.parent,
        project_name=folder.name,
    )


@pytest.fixture(scope="module")
def searched(tmp_path_factory, stored):
    folder = tmp_path_factory.mktemp("runs") / "run"
    runner_in(folder, stored).search()
    return folder


@pytest.fixture
def folder(searched, tmp_path):
    """A run whose search has ended, for this test alone."""
    return Path(shutil.copytree(searched, tmp_path / "run"))


@pytest.fixture(autouse=True)
def few_passes(monkeypatch):
    monkeypatch.setattr(pretraining, "MAX_PASSES", 1)


def pretrained(runner, stored):
    """What the stage says."""
    said = []
    pretraining.pretrain(runner, stored, said.append)
    return said


@pytest.fixture(scope="module")
def done(searched, stored, tmp_path_factory):
    """The run with the stage behind it, and what was said."""
    folder = Path(shutil.copytree(searched, tmp_path_factory.mktemp("done") / "run"))
    return folder, pretrained(runner_in(folder, stored), stored)


def test_the_best_trial_with_an_encoder_becomes_one_more_trial(done, stored):
    folder, said = done
    runner = runner_in(folder, stored)
    assert set(runner.records) == {"0", "1", NAME}
    record = runner.records[NAME]
    assert record.pretrained
    assert record.values == runner.records["0"].values
    assert record.seed != runner.records["0"].seed
    assert record in runner.ranked()
    probabilities = np.load(folder / f"trial_{NAME}" / PROBABILITIES)
    right = (probabilities[:, 1] > 0.5) == stored.stores["validation"].labels
    assert right.mean() == pytest.approx(record.score)
    assert said[0].startswith("Pretraining the encoder of trial 0 on 160 texts")
    assert "The loss on hidden words fell from" in said[1]


def test_the_oracle_does_not_hear_of_it(done, stored):
    runner = runner_in(done[0], stored)
    assert set(runner.oracle.trials) == {"0", "1"}
    assert runner.next_trial().status == "STOPPED"
    assert runner.lifecycle.cut_trials() == []


def test_stock_keras_tuner_finds_it_in_the_folder(done, stored):
    folder, _ = done
    ours = runner_in(folder, stored)
    tuner = keras_tuner.RandomSearch(
        ours.hypermodel,
        keras_tuner.Objective("val_accuracy", "max"),
        max_trials=9,
        directory=folder.parent,
        project_name=folder.name,
    )
    trial = tuner.oracle.get_trial(NAME)
    assert trial.score == ours.records[NAME].score
    model = tuner.load_model(trial)
    validation = stored.validation(ours.records[NAME].values)
    found = validation.in_store_order(model.predict(validation, verbose=0))[:, 0]
    kept = np.load(folder / f"trial_{NAME}" / PROBABILITIES)
    np.testing.assert_allclose(found, kept[:, 1], atol=1e-5)


def test_it_is_done_once(done, stored, monkeypatch):
    monkeypatch.setattr(pretraining, "learn", None)
    assert pretrained(runner_in(done[0], stored), stored) == []


def test_it_is_not_repeated_with_fresh_seeds(done, stored, monkeypatch):
    runner = runner_in(done[0], stored)
    monkeypatch.setattr(repeats, "_score", lambda runner, record, number: 0.5)
    repeats.repeat(runner, 1)
    assert {name for name, record in runner.records.items() if record.repeats} == {"0", "1"}


def test_what_was_cut_while_it_trained_goes_on_without_being_pretrained_again(
    folder, stored, monkeypatch
):
    events = []
    cut = runner_in(
        folder,
        stored,
        listener=events.append,
        interrupted=lambda: any(isinstance(event, Evaluated) for event in events),
    )
    pretrained(cut, stored)
    assert cut.records[NAME].status == "cut"
    monkeypatch.setattr(pretraining, "learn", None)
    runner = runner_in(folder, stored)
    assert runner.lifecycle.cut_trials() == []
    pretrained(runner, stored)
    assert runner.records[NAME].status == "completed"
    assert runner.records[NAME].history[0] == cut.records[NAME].history[0]


def test_an_interruption_while_it_pretrains_leaves_the_run_as_it_was(folder, stored, monkeypatch):
    pressed = []
    runner = runner_in(folder, stored, interrupted=lambda: bool(pressed))
    learn = pretraining.learn

    def press(*given):
        pressed.append(True)
        return learn(*given)

    monkeypatch.setattr(pretraining, "learn", press)
    pretrained(runner, stored)
    assert NAME not in runner.records
    assert not can_resume(folder / f"trial_{NAME}")


def test_only_training_and_unlabelled_texts_are_read(folder, stored, monkeypatch):
    given = []
    monkeypatch.setattr(pretraining, "learn", lambda *all_of_it: given.extend(all_of_it[2]) or [1])
    runner = runner_in(folder, stored)
    seen = []
    watched = replace(stored, stores=Watched(stored.stores, seen))
    pretrained(runner, watched)
    assert given == [stored.stores["train"], stored.stores["unlabelled"]]
    assert set(seen) == {"train", "unlabelled"}


class Watched(dict):
    """Notes which parts are taken out."""

    def __init__(self, parts, seen):
        super().__init__(parts)
        self.seen = seen

    def __getitem__(self, role):
        if role in self and len(dict.__getitem__(self, role)):
            self.seen.append(role)
        return super().__getitem__(role)


def test_a_failure_is_one_trial_that_failed(folder, stored, monkeypatch):
    monkeypatch.setattr(pretraining, "learn", lambda *given: 1 / 0)
    runner = runner_in(folder, stored)
    pretrained(runner, stored)
    assert runner.records[NAME].stopped == "ZeroDivisionError: division by zero"
    assert pretrained(runner_in(folder, stored), stored) == []


def test_where_there_is_nothing_to_pretrain_it_says_why(folder, stored):
    runner = runner_in(folder, stored)
    few = replace(stored, stores={"train": stored.stores["test"]})
    assert pretrained(runner, few) == [
        "Nothing was pretrained: 16 texts are too few, it takes 100; add unlabelled ones."
    ]
    hasty = runner_in(folder, stored, budget=Budget(2.0))
    assert "no time was left" in pretrained(hasty, stored)[0]
    record = runner.records["0"]
    runner.records["0"] = replace(record, values={**record.values, "region_size": 5})
    said = "no trial that has an encoder and no regions"
    assert said in pretrained(runner, stored)[0]
    del runner.records["0"]
    assert said in pretrained(runner, stored)[0]


def test_settling_leaves_what_was_pretrained_as_it_is(stored, searched):
    runner = runner_in(searched, stored)
    values = runner.records["0"].values
    model = runner.hypermodel.model(values)
    encoder = next(layer for layer in model.layers if isinstance(layer, Encoder))
    reader = [model.get_layer("embedding"), encoder]
    before = [each.get_weights() for each in (*reader, model)]
    pretraining.settle(model, reader, stored.training(values, 0), values, lambda: False)
    after = [each.get_weights() for each in (*reader, model)]
    same = [
        all(np.array_equal(*pair) for pair in zip(*both, strict=True))
        for both in zip(before, after, strict=True)
    ]
    assert same == [True, True, False]
    assert all(layer.trainable for layer in reader)


def test_learning_slows_down_and_ends_with_its_time(stored):
    clock = pretraining._Clock(seconds=1e-6, pieces=10, over=lambda: False)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.5), "mse")
    model.fit(np.ones((8, 1)), np.ones(8), batch_size=1, epochs=10, callbacks=[clock], verbose=0)
    assert len(clock.losses) == 1
    assert float(model.optimizer.learning_rate) == pytest.approx(0.5 * pretraining.LAST_RATE)


def test_its_share_of_the_time_is_kept_back(stored):
    plan = Plan("colours", "0", ("cold", "warm"), {})
    budget = Budget(1000.0)
    budget.record("trial", 10.0)
    without = finalizing_reserve(stored, plan)(budget)
    wanted = finalizing_reserve(stored, replace(plan, pretrain=0.3))(budget)
    assert wanted - without == pytest.approx(300 + 10 * pretraining.FINE_TUNING)
    assert (
        finalizing_reserve(stored, replace(plan, pretrain=0.3), pretrain=False)(budget) == without
    )


def test_the_time_of_a_trial_that_learns_from_a_teacher_is_kept_back(stored):
    plan = Plan("colours", "0", ("cold", "warm"), {})
    taught = replace(plan, teacher="average")
    budget = Budget(1000.0)
    without = finalizing_reserve(stored, plan)(budget)
    assert finalizing_reserve(stored, taught)(budget) - without == pytest.approx(200)
    assert finalizing_reserve(stored, taught, distil=False)(budget) == without


@pytest.mark.parametrize("given", [1.0, -0.1, "much", None])
def test_a_share_that_is_none_is_refused_in_a_sentence(given):
    with pytest.raises(SpaceError, match=r"pretrain is .* share of the time"):
        check_options({"pretrain": given})
