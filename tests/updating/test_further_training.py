"""How long members are trained on, and on which texts."""

from dataclasses import replace

import numpy as np

from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text import Split, TokenStore, Vectorizer
from attn_tuner.updating.further_training import Training, planned, planned_members, replay

# A pace of 0.1 seconds a text.
RECORD = TrialRecord("0", "completed", {}, 0.9, {"epochs": 7.0, "seconds": 700.0}, [])
SIZES = {"old": 1_000, "new": 100, "learnt_from": 1_000}


def plan(seconds):
    found = planned(RECORD, **SIZES, seconds=seconds)
    return found and (found.passes, found.replayed, round(found.seconds, 6))


def test_with_time_all_texts_are_replayed_in_each_pass():
    assert plan(None) == (4, 4_000, 440.0)
    assert plan(441.0) == (4, 4_000, 440.0)


def test_with_less_time_there_are_fewer_passes_then_fewer_texts_then_no_training():
    assert plan(400.0) == (3, 3_000, 330.0)
    assert plan(100.05) == (3, 700, 100.0)
    assert plan(59.0) is None
    assert plan(-3.0) is None


def test_there_are_as_many_members_as_there_is_time_for_and_one_at_least():
    members = [replace(RECORD, trial_id=str(number)) for number in range(3)]

    def named(seconds):
        return [record.trial_id for record, _ in planned_members(members, **SIZES, seconds=seconds)]

    assert named(None) == ["0", "1", "2"]
    assert named(181.0) == ["0", "1", "2"]
    assert named(125.0) == ["0", "1"]
    assert named(1.0) == ["0"]
    ((_, way),) = planned_members(members, **SIZES, seconds=1.0)
    assert (way.passes, way.replayed) == (4, 400)


def test_few_texts_are_seen_more_often():
    few = replace(RECORD, values={"batch_size": 32})
    found = planned(few, old=300, new=20, learnt_from=1_000, seconds=None)
    assert (found.passes, found.replayed) == (10, 3_000)


def test_a_replay_draws_alike_of_each_class_and_weighs_for_those_left_out():
    labels = np.array([0] * 60 + [1] * 40 + [2] * 10, "int32")
    texts = [f"red {number}" for number in range(110)]
    store = TokenStore.encode(Split(texts, labels), Vectorizer(["", "[UNK]", "red", "7", "105"]))
    drawn = replay(store, 100, Training(2, 150), seed=0)
    assert np.bincount(drawn.labels).tolist() == [90, 60, 20]
    counted = np.bincount(drawn.labels, drawn.weights)
    np.testing.assert_allclose(counted / counted[2], [6, 4, 1], rtol=1e-5)
    np.testing.assert_allclose(drawn.weights.mean(), 1.0, rtol=1e-5)
    assert sorted(drawn.keys()[-10:]) == sorted(store.keys()[-10:])
    assert replay(store, 100, Training(2, 200), seed=0).weights is None
