"""What is said of a winner and of its scores."""

from types import SimpleNamespace

import numpy as np
import pytest

from attn_tuner.errors import DataError
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.exporting.usage_snippets import usage_snippet
from attn_tuner.finalizing import finalize
from attn_tuner.metrics import check_measurable, measure
from attn_tuner.reporting.coverage import coverage_sentence
from attn_tuner.reporting.outcome_text import (
    ensemble_sentence,
    format_score,
    linear_sentence,
    minirocket_sentence,
    missing_classes_notes,
)
from attn_tuner.reporting.summary import summary_sentence
from attn_tuner.search_result import SearchResult
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.text.dataset_notes import missing_classes
from tests.support import sentiment


def winner(status, *epochs):
    history = [{"epochs": each, "accuracy": 0.5} for each in epochs]
    record = TrialRecord("0", status, {}, 0.5, metrics=dict(history[0]), history=history)
    return SimpleNamespace(trials=(record,))


@pytest.mark.parametrize("status", ["completed", "pruned"])
def test_a_trial_that_peaked_early_is_not_said_to_have_lacked_time(status):
    assert finalize._hurried(winner(status, 0.25, 0.5, 3.0), False) == []
    assert finalize._hurried(winner(status, 0.25), False) == []


def test_a_trial_that_was_cut_within_its_first_epoch_is():
    (said,) = finalize._hurried(winner("cut", 0.25, 0.5), False)
    assert said.startswith("The best trial saw 50% of the training texts: the time limit is too")
    assert finalize._hurried(winner("cut", 0.25, 1.25), False) == []


def test_a_trial_that_was_interrupted_within_its_first_epoch_did_not_lack_time():
    (said,) = finalize._hurried(winner("cut", 0.25, 0.5), True)
    assert said == (
        "The best trial saw 50% of the training texts before the search was stopped. The same call "
        "on the same folder goes on."
    )


def test_a_coverage_of_995_in_a_thousand_is_not_said_to_be_of_all():
    bundle = sentiment.make_bundle()
    sets = bundle.with_model(bundle.model, conformal=Conformal(0.995, (0.1, 0.1)))
    assert "which hold the class of 99.5% of the texts" in usage_snippet("savedmodel", sets)
    outcome = {"conformal": {**sets.conformal.as_dict(), "test": None}}
    run = SimpleNamespace(plan=SimpleNamespace(kind="class"), outcome=outcome)
    assert coverage_sentence(run).startswith("Prediction sets for 99.5% of texts")


@pytest.mark.parametrize(
    ("logarithms", "said"),
    [
        (False, "averages trial 0 "),
        (True, "averages the logarithms of the probabilities of trial 0"),
    ],
)
def test_it_is_said_what_is_averaged(logarithms, said):
    run = SimpleNamespace(
        plan=SimpleNamespace(objective="accuracy"),
        members={"0": 0.6, "linear": 0.4},
        logarithms=logarithms,
        outcome={"validation": {"accuracy": 0.9}, "alone": 0.8},
    )
    sentence = ensemble_sentence(run)
    assert said in sentence
    assert "and the linear model, with weights 0.60, 0.40: validation accuracy 0.9000" in sentence


def run_that_lacks(**lacking):
    plan = SimpleNamespace(classes=("common", "rare"), kind="class", input="text")
    outcome = {"lacking": lacking, "test": {"accuracy": 1.0}, "test_texts": 120}
    return SimpleNamespace(plan=plan, outcome=outcome, members={"0": 1.0})


def test_a_score_that_lacks_a_class_says_so_first():
    run = run_that_lacks(test=["rare"])
    row = {"name": "this model", "part": "test", "texts": 120, "accuracy": 1.0}
    facts = {
        "model_name": "mean on none",
        "scores": [{**row, "low": 0.97, "high": 1.0}],
        "missing_classes": {"test": missing_classes_notes(run, "test")},
    }
    said = summary_sentence(facts)
    assert said.startswith("The test part has no text of class 'rare': a score on it says nothing")
    assert "mean on none gets 100.0 %" in said
    assert summary_sentence({**facts, "missing_classes": {}}).startswith("mean on none")


def test_the_outcome_in_words_says_it_before_the_test_accuracy(monkeypatch):
    result = SearchResult.__new__(SearchResult)
    result.run = run_that_lacks(test=["rare"])
    result.run.plan.goal = "accuracy"
    result.run.records = []
    result.run.outcome["seconds"] = 1.0
    monkeypatch.setattr(SearchResult, "verdict", lambda self: SimpleNamespace(sentence="."))
    monkeypatch.setattr("attn_tuner.search_result.final_model_notes", lambda run: [])
    first, second = result.sentences()[:2]
    assert "no text of class 'rare'" in first
    assert second.startswith("Test accuracy 1.0000")


def test_classes_that_labels_lack_are_named():
    assert missing_classes(np.array([0, 2]), ("a", "b", "c")) == ["b"]
    assert missing_classes(np.array([[0, 1], [0, 1]], "uint8"), ("a", "b")) == ["a"]
    assert missing_classes(np.array([1.5]), ()) == []


def test_a_measure_that_cannot_be_told_is_no_number():
    found = measure(np.array([0, 0]), np.array([[0.9, 0.1], [0.8, 0.2]]))
    assert format_score(found["auc"]) == "unknown"
    assert format_score(found["accuracy"]) == "1.0000"


@pytest.mark.parametrize("labels", [[0, 0], [1], [[1, 0], [1, 0]]])
def test_an_objective_without_a_value_is_refused(labels):
    with pytest.raises(DataError, match="'auc' has no value"):
        check_measurable("auc", np.array(labels))
    check_measurable("accuracy", np.array(labels))
    check_measurable("auc", np.array([0, 1]))
    check_measurable("auc", np.array([[1, 0], [1, 1]]))


def run_beside_linear(own, other, objective="accuracy", sign=1, members=("7",), **plan):
    usual = {"objective": objective, "ensemble": 5, "limits": {}, "faithful": 0.0, "input": "text"}
    return SimpleNamespace(
        plan=SimpleNamespace(**{**usual, **plan}),
        baselines=({"name": "linear", "validation": {objective: other}},),
        outcome={"validation": {objective: own}},
        members=dict.fromkeys(members, 1.0),
        sign=sign,
    )


def test_minirocket_is_named_with_its_score_and_its_share_of_the_export():
    run = run_beside_linear(0.9, 0.8, input="series", ensemble=1)
    assert minirocket_sentence(run) == ""
    run.baselines[0]["name"] = "MiniRocket and ridge"
    assert minirocket_sentence(run).startswith("MiniRocket and ridge reach validation accuracy 0.8")
    said = "does not hold them. ensemble=1 exports a single trial; ensemble=5 may average it with"
    assert f"{said} MiniRocket." in minirocket_sentence(run)
    run.members["MiniRocket and ridge"] = 0.8
    assert minirocket_sentence(run).endswith("they have 0.80 of the exported average.")


def test_a_better_linear_baseline_is_named_with_both_scores():
    said = linear_sentence(run_beside_linear(0.8958, 0.9098))
    assert said == (
        "The linear baseline is better: validation accuracy 0.9098, the exported model 0.8958."
    )
    assert linear_sentence(run_beside_linear(0.5, 0.4, "rmse", -1)).startswith("The linear")
    series = run_beside_linear(0.8958, 0.9098, input="series", ensemble=1)
    assert linear_sentence(series) == said  # In series another baseline is averaged.


@pytest.mark.parametrize(("own", "sign"), [(0.91, 1), (0.9098, 1), (0.5, -1), (None, 1)])
def test_a_linear_baseline_that_is_not_better_is_not_named(own, sign):
    assert linear_sentence(run_beside_linear(own, 0.9098, sign=sign)) == ""


@pytest.mark.parametrize(
    ("plan", "cause"),
    [
        ({"ensemble": 1}, "ensemble=1 exports a single trial; ensemble=5 may"),
        (
            {"ensemble": 1, "limits": {"size_mb": 2.0, "latency_ms": None}},
            "With max_size_mb a single trial is exported; without",
        ),
        ({"faithful": 0.1}, "With faithful a single trial is exported; without"),
    ],
)
def test_what_kept_the_linear_baseline_out_is_named(plan, cause):
    assert cause in linear_sentence(run_beside_linear(0.8, 0.9, **plan))
    assert linear_sentence(run_beside_linear(0.8, 0.9, members=("7", "linear"), **plan)).endswith(
        "the exported model 0.8000."
    )
