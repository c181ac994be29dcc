"""How long members are trained on, and on which texts."""

from dataclasses import replace

import numpy as np

from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text import Split, TokenStore, Vectorizer
from attn_tuner.updating.further_training import Training, planned, planned_members, replay

# A pace of 0.1 seconds a text, in batches twice as large.
RECORD = TrialRecord("0", "completed", {}, 0.9, {"epochs": 7.0, "seconds": 2_800 / 3}, [])
SIZES = {"old": 1_000, "new": 100, "learnt_from": 1_000}


def plan(seconds):
    found = planned(RECORD, **SIZES, seconds=seconds)
    return found and (found.passes, found.replayed, round(found.seconds, 6))


def test_with_time_all_texts_are_replayed_once():
    assert plan(None) == (4, 1_000, 140.0)
    assert plan(141.0) == (4, 1_000, 140.0)


def test_for_each_new_text_two_are_replayed_where_that_is_more():
    found = planned(RECORD, old=1_000, new=300, learnt_from=1_000, seconds=None)
    assert (found.passes, found.replayed) == (4, 2_400)
    found = planned(RECORD, old=1_000, new=600, learnt_from=1_000, seconds=None)
    assert (found.passes, found.replayed) == (4, 4_000)


def test_with_less_time_there_are_fewer_passes_then_fewer_texts_then_no_training():
    assert plan(135.0) == (3, 1_000, 130.0)
    assert plan(100.05) == (3, 700, 100.0)
    assert plan(59.0) is None
    assert plan(-3.0) is None


def test_there_are_as_many_members_as_there_is_time_for_and_one_at_least():
    members = [replace(RECORD, trial_id=str(number)) for number in range(3)]

    def named(seconds, start=0.0):
        ways = planned_members(members, **SIZES, seconds=seconds, start=start)
        return [record.trial_id for record, _ in ways]

    assert named(None) == ["0", "1", "2"]
    assert named(181.0) == ["0", "1", "2"]
    assert named(125.0) == ["0", "1"]
    assert named(181.0, start=10.0) == ["0", "1"]
    assert named(1.0) == ["0"]
    ((_, way),) = planned_members(members, **SIZES, seconds=1.0)
    assert (way.passes, way.replayed) == (4, 400)


def test_few_texts_are_seen_more_often():
    few = replace(RECORD, values={"batch_size": 32})
    found = planned(few, old=300, new=20, learnt_from=1_000, seconds=None)
    assert (found.passes, found.replayed, found.batch) == (10, 3_000, 32)


def test_batches_are_twice_as_large_where_there_are_many_up_to_a_limit():
    def batch(own, new):
        record = replace(RECORD, values={"batch_size": own})
        return planned(record, old=9_000, new=new, learnt_from=9_000, seconds=None).batch

    assert [batch(32, 3), batch(64, 3), batch(64, 1_000)] == [64, 64, 128]
    assert [batch(128, 2_000), batch(256, 5_000)] == [128, 256]


def test_a_replay_draws_alike_of_each_class_and_weighs_for_those_left_out():
    labels = np.array([0] * 60 + [1] * 40 + [2] * 10, "int32")
    texts = [f"red {number}" for number in range(110)]
    store = TokenStore.encode(Split(texts, labels), Vectorizer(["", "[UNK]", "red", "7", "105"]))
    drawn = replay(store, 100, Training(2, 150, 1), seed=0)
    assert np.bincount(drawn.labels).tolist() == [90, 60, 20]
    counted = np.bincount(drawn.labels, drawn.weights)
    np.testing.assert_allclose(counted / counted[2], [6, 4, 1], rtol=1e-5)
    np.testing.assert_allclose(drawn.weights.mean(), 1.0, rtol=1e-5)
    assert sorted(drawn.keys()[-10:]) == sorted(store.keys()[-10:])
    assert replay(store, 100, Training(2, 200, 1), seed=0).weights is None
