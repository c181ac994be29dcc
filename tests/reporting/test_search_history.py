import json
from dataclasses import replace

import numpy as np
import pytest

from attn_tuner.reporting import search_history as facts
from attn_tuner.reporting.importance import importances
from attn_tuner.reporting.json_in_html import script_json, to_json_value
from attn_tuner.reporting.outcome_text import final_model_notes, forecast_sentence
from attn_tuner.storage.run import Run
from attn_tuner.storage.trial_record import TrialRecord


@pytest.fixture(scope="module")
def run(run_folder):
    return Run.read(run_folder)


def trial(number, score, values, **more):
    return TrialRecord(f"{number}", "completed", values, score, {"accuracy": score}, **more)


def test_the_best_so_far_never_falls(run):
    rows = facts.scores_over_time(run)
    assert [row["ended"] for row in rows] == sorted(row["ended"] for row in rows)
    best = [row["best"] for row in rows]
    assert best == list(np.maximum.accumulate([row["score"] for row in rows]))
    assert len(rows) == 15  # One of the 16 failed.


def test_for_a_loss_the_best_so_far_never_rises(run):
    lower = replace(run, plan=replace(run.plan, objective="log_loss"))
    best = [row["best"] for row in facts.scores_over_time(lower)]
    assert best == sorted(best, reverse=True)


def test_learning_curves_hold_every_evaluation_and_end_with_the_winner(run):
    curves = facts.learning_curves(run)
    assert [curve["winner"] for curve in curves] == [False] * 14 + [True]
    assert curves[-1]["trial"] == run.outcome["winner"]
    assert all(len(curve["epochs"]) == len(curve["scores"]) == 3 for curve in curves)
    assert {curve["status"] for curve in curves} == {"completed", "pruned"}


def test_only_what_every_trial_has_and_varies_is_searched(run):
    assert list(facts.varied_dimensions(run)) == [
        *("encoder", "head", "learning_rate", "embedding_dim", "truncation"),
    ]


def test_the_dimension_that_decides_is_the_most_important(run):
    random = np.random.default_rng(0)
    values = [
        {"learning_rate": float(rate), "encoder": str(random.choice(["gru", "bigru"]))}
        for rate in random.uniform(3e-4, 1e-2, 20)
    ]
    records = [trial(i, 50 * each["learning_rate"], each) for i, each in enumerate(values)]
    found = importances(replace(run, records=tuple(records)))
    assert next(iter(found["shares"])) == "learning_rate"
    assert found["shares"]["learning_rate"] > 0.8
    assert sum(found["shares"].values()) == pytest.approx(1)


def test_of_few_trials_no_importance_is_claimed(begun_folder):
    found = importances(Run.read(begun_folder))
    assert found["shares"] == {}
    assert "3 trials so far; 8 are needed" in found["reason"]


def test_equal_scores_have_no_importances(run):
    records = tuple(trial(i, 0.5, {"encoder": "gru", "head": f"{i}"}) for i in range(9))
    assert "same score" in importances(replace(run, records=records))["reason"]


def test_slices_keep_the_order_of_the_space(run):
    slices = {each["name"]: each for each in facts.slices(run)}
    assert slices["truncation"]["categories"] == ["head", "tail", "ends"]
    assert slices["learning_rate"]["log"] is True
    assert slices["learning_rate"]["categories"] is None
    assert len(slices["encoder"]["points"]) == 15


def test_every_line_of_the_parallel_coordinates_lies_between_0_and_1(run):
    found = facts.parallel_coordinates(run, ["learning_rate", "head"])
    assert [axis["name"] for axis in found["axes"]] == ["learning_rate", "head", "accuracy"]
    places = np.array([line["places"] for line in found["lines"]])
    assert places.shape == (15, 3)
    assert places.min() == 0
    assert places.max() == 1
    best = max(found["lines"], key=lambda line: line["score"])
    assert best["places"][-1] == best["strength"] == 1


def test_for_a_loss_the_strongest_line_is_the_lowest(run):
    lower = replace(run, plan=replace(run.plan, objective="log_loss"))
    lines = facts.parallel_coordinates(lower)["lines"]
    strongest = max(lines, key=lambda line: line["strength"])
    assert strongest["score"] == min(line["score"] for line in lines)
    assert strongest["places"][-1] == 0


def test_a_run_without_trials_has_no_facts_and_no_error(run):
    empty = replace(run, records=(), outcome={})
    assert facts.scores_over_time(empty) == facts.learning_curves(empty) == []
    assert facts.varied_dimensions(empty) == {}
    assert facts.parallel_coordinates(empty)["lines"] == []


def test_a_history_with_gaps_is_drawn_without_them(run):
    history = [{"epochs": 1, "accuracy": float("nan")}, {"epochs": 2, "accuracy": 0.5}, {}]
    records = (trial(1, 0.5, {}, history=history),)
    assert facts.learning_curves(replace(run, records=records))[0]["epochs"] == [2]


def test_facts_become_json():
    given = {"a": np.float32(1.5), "b": (np.int64(2), float("nan")), 3: float("inf")}
    assert json.loads(json.dumps(to_json_value(given))) == {"a": 1.5, "b": [2, None], "3": None}


def test_json_in_a_page_cannot_end_its_script():
    given = {"</script><script>alert(1)</script>": "\u2028&<!--"}
    written = script_json(given)
    assert not set("<>&") & set(written)
    assert "\u2028" not in written
    assert json.loads(written) == given


def test_the_gain_of_more_time_is_forecast(run):
    assert "Another 2m40s (about 15 trials) would raise the best score by about 0." in (
        forecast_sentence(run)
    )
    assert forecast_sentence(run) in final_model_notes(run)


def test_no_gain_is_forecast_after_few_trials_or_a_perfect_score(run):
    assert forecast_sentence(replace(run, records=run.records[:3])) == ""
    perfect = [trial(i, 1.0 - 0.01 * i, {}, ended=10.0 * i + 10) for i in range(12)]
    assert forecast_sentence(replace(run, records=tuple(perfect))) == ""
