"""`teacher="self_training"`: texts without labels teach where few have one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from attn_tuner.distilling.search_teacher import teacher_of
from attn_tuner.distilling.self_training import (
    ROUNDS,
    SelfTraining,
    sharpened,
    surest,
)
from attn_tuner.distilling.student import affordable_epochs, reads_most, training_costs
from attn_tuner.errors import DataError
from attn_tuner.settings.derived import SELF_TRAINING
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text import load
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.encoded_data import EncodedData
from tests.support.colours import BRIEF, colours, quick_search

ALONE, TRAINED_ON = 0, ROUNDS
KNOWN = {"warm": "red", "cold": "blue"}
BESIDE = {"warm": "ember", "cold": "frost"}  # Words that no labelled text has.
FILLER = ["a", "the", "of", "in", "box", "lid", "cup", "on", "at", "by", "jar", "pot", "pan"]


def sentences(count, words, seed):
    """Texts of either class, by these words for it, and their classes."""
    random, texts, labels = np.random.default_rng(seed), [], []
    for number in range(count):
        name = ("cold", "warm")[number % 2]
        own = [each[name] for each in words]
        texts.append(" ".join(random.permutation([*random.choice(FILLER, 4), *own])))
        labels.append(name)
    return texts, labels


UNLABELLED = [*sentences(400, [KNOWN, BESIDE], 1)[0], *sentences(80, [BESIDE], 2)[0]]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A few labelled texts of known words, and many texts in which others stand beside these."""
    dataset = load(sentences(120, [KNOWN], 0), validation=0.2, test=0.1, unlabelled=UNLABELLED)
    return EncodedData.prepare(dataset, tmp_path_factory.mktemp("few") / "data"), dataset


def right(stored, rounds):
    """The share of texts of other words that are answered rightly."""
    encoded, dataset = stored
    texts, labels = sentences(100, [BESIDE], 3)
    asked = load((texts, labels), validation=0.1, test=0.1)
    train, others = encoded.stores["train"], encoded.stores["unlabelled"]
    held = asked.train
    own = type(others).encode(held, encoded.vectorizer)
    both = type(others).concatenate([own, others])
    answers = SelfTraining(None, 2).answers(train, both, rounds)[: len(own)]
    assert list(asked.classes) == list(dataset.classes)
    return (answers.argmax(axis=1) == held.labels).mean()


def test_a_word_without_a_label_is_learnt_from_those_that_stand_beside_it(stored):
    assert right(stored, ALONE) < 0.8
    assert right(stored, TRAINED_ON) > 0.95


def test_training_texts_keep_their_labels_and_the_others_have_probabilities(stored):
    encoded, dataset = stored
    soft, others = SelfTraining(None, 2).soft(encoded)
    count = len(dataset.train)
    assert others == len(dataset.unlabelled) == len(soft) - count
    np.testing.assert_array_equal(soft.labels[:count], dataset.train.labels)
    assert ((soft.labels >= 0) & (soft.labels <= 1)).all()


def test_no_more_texts_are_answered_than_there_is_room_for(stored):
    assert SelfTraining(None, 2).soft(stored[0], room=7)[1] == 7


@pytest.mark.parametrize(("right_after", "expected"), [({0, ROUNDS}, 0), ({ROUNDS}, ROUNDS)])
def test_rounds_are_made_only_where_they_answer_more_texts_rightly(
    stored, monkeypatch, right_after, expected
):
    train, others = (stored[0].stores[role] for role in ("train", "unlabelled"))
    held = np.arange(0, len(train), 5)
    learnt = np.setdiff1d(np.arange(len(train)), held)

    def answering(self, known, asked):
        right = np.eye(2)[train.labels[held]]
        return lambda rounds: right if rounds in right_after else 1 - right

    monkeypatch.setattr(SelfTraining, "_answering", answering)
    monkeypatch.setattr(
        "attn_tuner.distilling.self_training.cross_validation_folds", lambda *_: [(learnt, held)]
    )
    assert SelfTraining(None, 2).best_rounds(train, others) == expected


def test_mean_word_vectors_tell_classes_that_share_no_word(stored):
    encoded, _ = stored
    vectors = np.zeros((encoded.vocabulary_size, 2), "float32")
    for number, token in enumerate(encoded.vectorizer.vocabulary):
        vectors[number] = (token in ("red", "ember"), token in ("blue", "frost"))
    train, others = encoded.stores["train"], encoded.stores["unlabelled"]
    answers = SelfTraining(vectors, 2).answers(train, others, ALONE)
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)
    truth = sentences(80, [BESIDE], 2)[1]
    found = np.array(["cold", "warm"])[answers[-len(truth) :].argmax(axis=1)]
    assert (found == truth).mean() > 0.95


def trial(name, start, pace, accuracy=0.9):
    """A trial of 100 texts: seconds to begin, seconds for each text, half a second to evaluate."""
    history = [
        {"epochs": epoch, "seconds": start + 100 * pace * epoch + 0.5 * (epoch - 1), "judging": 0.5}
        for epoch in (1.0, 2.0, 3.0)
    ]
    for each in history:
        each["seconds"] += 0.5
    return TrialRecord(name, "completed", {}, accuracy, history[-1], history=history)


def test_what_a_training_begins_with_is_told_from_its_pace():
    assert training_costs(trial("0", 7.0, 0.02), 100) == pytest.approx((7.0, 0.02))


def test_a_student_of_a_trial_with_adversarial_training_takes_half_the_time():
    slow = replace(trial("0", 7.0, 0.02), values={"adversarial_weight": 1.0})
    assert training_costs(slow, 100) == pytest.approx((7.0, 0.01))


@pytest.mark.parametrize("history", [[], [{"epochs": 1.0}], [{"loss": 1.0}, {"loss": 0.5}]])
def test_without_two_timed_evaluations_all_seconds_count_for_the_texts(history):
    given = TrialRecord("0", "completed", {}, 0.9, {"epochs": 2.0, "seconds": 4.0}, history=history)
    assert training_costs(given, 100) == pytest.approx((0.0, 0.02))


@pytest.mark.parametrize(
    ("texts", "expected"), [(100, "slow"), (2_000, "quick"), (100_000, "quick")]
)
def test_the_best_trial_that_reads_all_texts_learns_them_else_the_fastest(stored, texts, expected):
    records = [trial("slow", 1.0, 0.02), trial("quick", 1.0, 0.001, 0.8)]
    budget = Budget(60.0)
    assert reads_most(records, texts, stored[0], budget).trial_id == expected


def test_of_trials_that_read_nearly_as_many_texts_the_best_learns(stored):
    records = [trial("best", 1.0, 0.011), trial("quickest", 1.0, 0.010, 0.6)]
    assert reads_most(records, 100_000, stored[0], Budget(60.0)).trial_id == "best"


@pytest.mark.parametrize(("texts", "expected"), [(100, 3), (1_000, 2), (2_000, 1), (100_000, 1)])
def test_texts_are_read_again_only_where_time_is_left_for_all_of_them(stored, texts, expected):
    budget = Budget(60.0, clock=lambda: 0.0)  # 47 s to learn, 22 ms for a text.
    assert affordable_epochs(trial("0", 1.0, 0.019), texts, stored[0], budget) == expected
    untimed = Budget(None)
    assert affordable_epochs(trial("0", 1.0, 0.019), texts, stored[0], untimed) == 3


def test_sharpened_probabilities_are_those_of_equation_7():
    np.testing.assert_allclose(sharpened(np.array([[0.75, 0.25]]), 0.5), [[0.9, 0.1]])


@given(arrays("float64", (20, 3), elements=st.floats(0.01, 1)))
@settings(max_examples=50, deadline=None)
def test_the_surest_are_the_same_share_of_every_class_and_surer_than_the_others(answers):
    chosen = surest(answers, 0.5)
    best, sureness = answers.argmax(axis=1), answers.max(axis=1)
    assert len(set(chosen)) == len(chosen)
    for number in np.unique(best):
        own = np.flatnonzero(best == number)
        taken = np.intersect1d(own, chosen)
        assert len(taken) == max(1, round(0.5 * len(own)))
        left = np.setdiff1d(own, taken)
        assert not len(left) or sureness[taken].min() >= sureness[left].max()


def test_without_texts_without_labels_it_is_refused():
    with pytest.raises(DataError, match="Give them as unlabelled="):
        teacher_of(SELF_TRAINING, load(colours()), 0.0)


def test_a_search_of_few_labels_has_one_more_trial_that_may_join_the_average(tmp_path):
    given = {"space": BRIEF, "epochs": 2, "max_trials": 2, "ensemble": 3, "teacher": SELF_TRAINING}
    data = sentences(120, [KNOWN], 0)
    result = quick_search(tmp_path / "run", data=data, unlabelled=UNLABELLED, **given)
    facts = result.run.outcome["learnt_from"]
    assert result.run.plan.teacher == SELF_TRAINING
    assert facts["teacher"] == "self-trained linear models"
    assert facts["unlabelled_texts"] == len(UNLABELLED)
    student = f"{facts['student']}-distilled"
    assert student in {each.trial_id for each in result.run.records}
    answers = result.predict(sentences(50, [BESIDE], 3)[0])
    truth = sentences(50, [BESIDE], 3)[1]
    assert np.mean([each.label == name for each, name in zip(answers, truth, strict=True)]) > 0.8
    assert student in result.run.members
