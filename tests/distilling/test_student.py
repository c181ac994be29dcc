"""Which trial becomes the student, and how much it can learn in its time."""

import math
from types import SimpleNamespace

import keras
import pytest

from attn_tuner.distilling.student import USED_SHARE, first_fitting, room_for
from attn_tuner.storage.trial_record import TrialRecord


def model(values):
    ids = keras.Input((4,), dtype="int32")
    pooled = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(50_000, 8)(ids))
    return keras.Model(ids, keras.layers.Dense(values["units"])(pooled))


def test_the_best_trial_that_can_be_shrunk_enough_is_the_student():
    trials = SimpleNamespace(hypermodel=SimpleNamespace(model=model))
    large, small = (
        TrialRecord(name, "completed", {"units": units}, score)
        for name, units, score in (("0", 100_000, 0.9), ("1", 10, 0.8))
    )
    assert first_fitting([large, small], trials, None) is large
    assert first_fitting([large, small], trials, 10.0) is large
    assert first_fitting([large, small], trials, 1.0) is small
    assert first_fitting([large], trials, 1.0) is large


def test_a_training_with_validation_texts_leaves_time_for_fewer_copies():
    student = TrialRecord("0", "completed", {}, 0.9, seconds=10.0, metrics={"epochs": 1.0})
    stored = SimpleNamespace(size=lambda role: {"train": 1_000, "validation": 100}[role])
    budget = SimpleNamespace(search_left=lambda: 500.0, change=lambda: 1.0)
    answering = [SimpleNamespace(judging=1.0)]  # 0.01 s a text; learning takes 0.03 s.
    assert room_for(answering, student, stored, budget) == USED_SHARE * 500 / 0.04 - 1_000
    again = room_for(answering, student, stored, budget, again=True)
    assert again == math.floor(USED_SHARE * 500 / 0.07) - 1_000


def test_what_trials_took_side_by_side_is_taken_for_less_where_a_student_trains_alone():
    student = TrialRecord("0", "completed", {}, 0.9, seconds=10.0, metrics={"epochs": 1.0})
    stored = SimpleNamespace(size=lambda role: {"train": 1_000, "validation": 100}[role])

    def room(change):
        budget = SimpleNamespace(search_left=lambda: 500.0, change=lambda: change)
        return 1_000 + room_for((), student, stored, budget)

    assert room(0.5) == room(0.1)
    assert [2 * room(1.0), 4 * room(2.0)] == pytest.approx([room(0.5)] * 2, abs=4)


@pytest.mark.parametrize(
    ("unlabelled", "room"),
    [(0, 2_332), (2_000, 2_332), (5_000, 5_000), (50_000, 8_998)],
    ids=["none", "all of them thrice", "all of them once", "some of them once"],
)
def test_texts_without_labels_are_read_once_where_there_is_no_time_for_all(unlabelled, room):
    student = TrialRecord("0", "completed", {}, 0.9, seconds=10.0, metrics={"epochs": 1.0})
    stored = SimpleNamespace(size=lambda role: {"train": 1_000, "validation": 100}[role])
    budget = SimpleNamespace(search_left=lambda: 99.98 / USED_SHARE, change=lambda: 1.0)
    assert room_for((), student, stored, budget, unlabelled=unlabelled) == room
