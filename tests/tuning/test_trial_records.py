"""Records of trials, their order, and the weights that stay on disk."""

import pytest

from attn_tuner.storage.checkpoints import WEIGHTS
from attn_tuner.storage.trial_record import TrialRecord, recorded
from attn_tuner.tuning.trial.callbacks import TIME_OVER
from attn_tuner.tuning.trial.spec import Schedule, TrialOutcome, TrialSpec
from attn_tuner.tuning.trial_records import RecordBook, merged, record_of
from attn_tuner.tuning.weight_retention import WeightRetention

SCORES = {"0": 0.7, "1": 0.9, "2": None, "3": 0.9, "4": 0.8}


@pytest.fixture
def book(tmp_path):
    book = RecordBook({}, lambda name: str(tmp_path / f"trial_{name}"), sign=1)
    for name, score in SCORES.items():
        metrics = {} if score is None else {"epochs": 1.0, "accuracy": score}
        status = "failed" if score is None else "completed"
        book.write(TrialRecord(name, status, {}, score, metrics))
        (tmp_path / f"trial_{name}" / WEIGHTS).touch()
    return book


def test_records_are_ranked_best_first_and_equals_by_their_number(book):
    assert [record.trial_id for record in book.ranked()] == ["1", "3", "4", "0"]
    assert [record.trial_id for record in book.ranked(("0", "2", "4"))] == ["4", "0"]
    book.sign = -1
    assert [record.trial_id for record in book.ranked()] == ["0", "4", "1", "3"]


def test_what_is_written_is_read_again(book, tmp_path):
    assert recorded(tmp_path) == dict(book)


def test_the_weights_of_the_best_stay_and_of_those_that_were_cut(book, tmp_path):
    book.write(TrialRecord("0", "cut", {}, 0.7, {"epochs": 1.0, "accuracy": 0.7}))
    WeightRetention(book, keep=2).drop_others()
    kept = {path.parent.name for path in tmp_path.glob(f"trial_*/{WEIGHTS}")}
    assert kept == {"trial_0", "trial_1", "trial_3"}


def test_the_weights_of_the_best_trial_without_attention_stay_too(book, tmp_path):
    for name, score in (("0", 0.7), ("4", 0.8)):
        values, metrics = {"attention": "none"}, {"epochs": 1.0, "accuracy": score}
        book.write(TrialRecord(name, "completed", values, score, metrics))
    WeightRetention(book, keep=2).drop_others()
    kept = {path.parent.name for path in tmp_path.glob(f"trial_*/{WEIGHTS}")}
    assert kept == {"trial_1", "trial_3", "trial_4"}


def outcome(accuracy, stopped="all epochs done"):
    metrics = {"epochs": 1.0, "accuracy": accuracy}
    return TrialOutcome(metrics, [metrics], stopped, 3.0, 10)


@pytest.mark.parametrize(
    ("stopped", "status"),
    [(TIME_OVER, "cut"), ("pruned: far below", "pruned"), ("all epochs done", "completed")],
)
def test_a_record_has_the_status_of_its_end(stopped, status):
    spec = TrialSpec("0", {"head": "mean"}, 5, "", Schedule())
    record = record_of(spec, outcome(0.7, stopped), "accuracy", ended=9.0)
    assert (record.status, record.score, record.seed, record.ended) == (status, 0.7, 5, 9.0)


@pytest.mark.parametrize("again", [0.6, 0.8])
def test_of_two_attempts_the_better_score_stays(again):
    spec = TrialSpec("0", {}, 5, "", Schedule(), recorded=0.7)
    known = record_of(spec, outcome(0.7, TIME_OVER), "accuracy", ended=9.0)
    new = record_of(spec, outcome(again), "accuracy", ended=12.0)
    record = merged(known, new, spec, outcome(again))
    assert record.score == max(0.7, again)
    assert record.status == "completed"
