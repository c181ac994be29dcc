"""Rungs that give less of the epochs, of the texts or of their length."""

import json
import pickle
from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attn_tuner.errors import RunError, SpaceError, UnknownName
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.reporting.reproducibility import command
from attn_tuner.storage.layout import WEIGHTS
from attn_tuner.storage.plan import Plan
from attn_tuner.text import Split, TextDataset
from attn_tuner.text.token_store import TokenStore
from attn_tuner.training.schedules import rate_for
from attn_tuner.tuning.constraints import Constraints
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.fidelity import FULL, Fidelity, Rung, RungAllocation, check_fidelity
from attn_tuner.tuning.launchers.launcher import PrepareTrainer
from attn_tuner.tuning.trial.callbacks import TrialCallbacks
from attn_tuner.tuning.trial.spec import Schedule, TrialSpec
from tests.support.colours import PLAIN, quick_search

SPACE = {**PLAIN, "epochs": 2, "truncation": ["head", "ends"]}


def long_texts(count=120, tokens=60, seed=0):
    """Texts that say warm or cold at their beginning, and anything behind."""
    random = np.random.default_rng(seed)
    words = np.array(["red", "blue", "orange", "green", "a", "the", "of", "in", "box"])
    texts = [["blue", "red"][i % 2] for i in range(count)]
    texts = [
        f"{first} {' '.join(random.choice(words, tokens))} {i}" for i, first in enumerate(texts)
    ]
    return texts, ["warm" if i % 2 else "cold" for i in range(count)]


def stored(labels):
    labels = np.array(labels, np.int32)
    return TokenStore(np.zeros(0), np.zeros(len(labels) + 1, int), labels, 2, 1.0)


def test_of_epochs_a_rung_gives_what_it_counts_less_what_the_trial_before_had():
    found = Fidelity("epochs").allocation({"epochs": 4, "max_length": 64}, Rung(3, 9, before=1))
    assert found == RungAllocation(1 / 3, {"epochs": 3}, behind=1)
    assert found.used == {"epochs": 3}
    assert found.rows(stored([0, 1])) is None


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=8, max_size=60), st.integers(0, 5))
def test_the_texts_of_a_rung_are_among_those_of_the_next_with_every_class_in_its_share(
    labels, seed
):
    store, fidelity = stored(labels), Fidelity("texts", seed)
    low, middle = (fidelity.allocation({}, Rung(r, 9)).rows(store) for r in (1, 3))
    assert set(low) <= set(middle)
    for label, count in zip(*np.unique(labels, return_counts=True), strict=True):
        assert (store.labels[middle] == label).sum() == max(1, round(count / 3))
    assert fidelity.allocation({}, Rung(9, 9)).rows(store) is None


@pytest.mark.parametrize(
    ("limit", "rung", "read"), [(400, 1, 45), (400, 3, 134), (400, 9, 400), (64, 1, 16), (6, 1, 6)]
)
def test_the_length_of_a_rung_is_its_part_of_the_limit_but_not_too_few_tokens(limit, rung, read):
    found = Fidelity("length").allocation({"max_length": limit}, Rung(rung, 9))
    assert found.used == {"max_length": read}


def test_without_rungs_a_trial_gets_all():
    assert Fidelity("texts").allocation({"max_length": 64}, None) is FULL


def test_a_tuner_without_rungs_is_refused_in_a_sentence_that_names_one_with():
    check_fidelity("epochs", "tpe")
    check_fidelity("length", "hyperband")
    with pytest.raises(SpaceError, match=r"tuner 'tpe' has no rungs.*Take tuner='hyperband'"):
        check_fidelity("texts", "tpe")
    with pytest.raises(UnknownName, match="Did you mean 'length'"):
        check_fidelity("lenght", "hyperband")


def test_a_run_does_not_go_on_with_another_fidelity(tmp_path):
    before = Plan("data", "0", ("a", "b"), {}, tuner="hyperband", fidelity="texts")
    before.check_continues(before, tmp_path)
    with pytest.raises(RunError, match="made with fidelity 'texts', not 'length'"):
        replace(before, fidelity="length").check_continues(before, tmp_path)


class Seen(keras.callbacks.Callback):
    """What a training begins with, and how many of its steps it takes."""

    def on_train_begin(self, logs=None):
        self.begins = self.model.get_weights()
        self.step = int(self.model.optimizer.iterations)

    def on_train_end(self, logs=None):
        self.steps = int(self.model.optimizer.iterations) - self.step
        self.rate = float(self.model.optimizer.learning_rate)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Trains trials as a worker does: the trainer is made anew, and the spec has travelled."""
    folder = tmp_path_factory.mktemp("fidelity") / "data"
    texts, labels = long_texts(90, tokens=20)
    split = Split(texts, np.array([label == "warm" for label in labels], np.int32))
    data = EncodedData.prepare(TextDataset("long", split, split, None, ("cold", "warm")), folder)
    hypermodel = AttentionHyperModel(data.vocabulary_size, training_texts=len(texts))

    def train(spec):
        spec.trial_dir.mkdir()
        seen = Seen()
        prepare = PrepareTrainer(hypermodel, str(folder), lambda *trial: [seen], Constraints())
        spec = pickle.loads(pickle.dumps(replace(spec, trial_dir=str(spec.trial_dir))))
        return prepare()(spec, TrialCallbacks()), seen

    return train


VALUES = {
    "encoder": "none",
    "head": "mean",
    "max_length": 32,
    "truncation": "head",
    "batch_size": 10,
}
VALUES |= {"vocabulary_size": 50, "epochs": 2, "learning_rate": 0.01}


def promoted(trained, folder, fidelity, rungs):
    """What the trainings of a trial and of the one that goes on from it began with."""
    found, before = [], None
    for number, rung in enumerate(rungs):
        allocation = Fidelity(fidelity).allocation(VALUES, rung)
        epochs = {**VALUES, **allocation.used}["epochs"]
        spec = TrialSpec(
            str(number), VALUES, 0, folder / str(number), Schedule(epochs), before, allocation
        )
        found.append(trained(spec))
        before = str(folder / str(number) / WEIGHTS)
    model = AttentionHyperModel(50).model(VALUES)
    keras.Model(model.inputs, model.outputs).load_weights(folder / "0" / WEIGHTS)
    for begins, kept in zip(found[1][1].begins, model.get_weights(), strict=True):
        np.testing.assert_array_equal(begins, kept)
    return found


def test_a_promoted_trial_goes_on_with_the_epochs_that_are_left(trained, tmp_path):
    (_, one), (outcome, two) = promoted(trained, tmp_path, "epochs", [Rung(1, 3), Rung(3, 3, 1)])
    assert (one.steps, two.step, two.steps) == (9, 9, 18)
    assert [news["epochs"] for news in outcome.history] == [2.0, 3.0]


def test_a_trial_promoted_to_more_texts_takes_all_epochs_and_a_learning_rate_of_its_own(
    trained, tmp_path
):
    (_, one), (_, two) = promoted(trained, tmp_path, "texts", [Rung(1, 3), Rung(3, 3)])
    assert (one.steps, two.step, two.steps) == (2 * 3, 0, 2 * 9)
    last = 0.05 * rate_for(VALUES["batch_size"], VALUES["learning_rate"])
    assert one.rate == pytest.approx(two.rate) == pytest.approx(last)


@pytest.fixture(scope="module")
def shortened(tmp_path_factory):
    """A search that has seen no rung but that of 11 tokens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("attn_tuner.tuning.oracles.factory.PARTS", 3)
        patch.setattr("attn_tuner.tuning.fidelity.SHORTEST", 2)
        yield lambda trials=3, **options: quick_search(
            tmp_path_factory.getbasetemp() / "shortened",
            **{"data": long_texts(), "space": SPACE, "max_trials": trials},
            **{"tuner": "hyperband", "fidelity": "length", **options},
        )


def test_what_is_exported_reads_texts_as_far_as_they_were_read_when_it_was_measured(shortened):
    result = shortened()
    assert {record.used["max_length"] for record in result.run.records} == {11}
    assert {record.values["max_length"] for record in result.run.records} == {32}
    assert result.bundle.max_length == 11
    lines = (result.directory / "data" / "validation.jsonl").read_text().splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    answers = [list(each.probabilities.values()) for each in result.predict(texts)]
    np.testing.assert_allclose(answers, np.load(result.directory / "validation.npy"), atol=1e-4)
    card = json.loads((result.directory / "best" / "card.json").read_text())
    assert [each["max_length"] for each in card["values"].values()] == [11]


def test_what_a_rung_gave_stands_in_the_leaderboard_and_the_outcome(shortened):
    result = shortened()
    trials = result.leaderboard().query("status != 'baseline'")
    assert set(trials["rung"]) == {"max_length=11"}
    assert "on a rung with 33% of the resources of a full trial: max_length=11" in str(result)
    assert "fidelity='length'" in command(result.run)


def test_the_search_goes_on_with_a_promoted_trial_and_with_no_other_fidelity(shortened):
    result = shortened(trials=4)
    last = result.run.records[-1]
    assert (last.share, last.used) == (1.0, {"max_length": 32})
    with pytest.raises(RunError, match="made with fidelity 'length', not 'texts'"):
        shortened(fidelity="texts")
