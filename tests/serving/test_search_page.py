"""What the page is told of a search."""

import json
import os
import time

import pytest

from attn_tuner.errors import RunError
from attn_tuner.monitoring.live_trials import LiveTrials
from attn_tuner.serving.search_page import page_status
from attn_tuner.storage.lock import held
from attn_tuner.storage.stop_request import request_stop
from attn_tuner.tuning.events import Evaluated, TrialStarted

VALUES = {"encoder": "gru", "head": "gated", "learning_rate": 1e-3}


def test_a_finished_search_is_told_with_its_headline(run_folder):
    told = page_status(run_folder)
    assert told["headline"] == (
        "This model is right on 92 of 100 texts it has never seen; a linear model on 80."
    )
    assert told["state"] == "ended"
    assert told["left"] is None
    assert told["model"]
    assert told["linear"] == 0.8
    assert json.loads(json.dumps(told)) == told


def test_every_trial_is_a_point_in_the_order_of_its_end_failed_ones_too(run_folder):
    told = page_status(run_folder)
    points = told["points"]
    assert len(points) == told["trials"] == 16
    assert points == sorted(points, key=lambda point: point["ended"])
    assert {point["status"] for point in points} == {"completed", "pruned", "failed"}
    (failed,) = [point for point in points if point["status"] == "failed"]
    assert (failed["score"], failed["why"]) == (None, "ValueError: no")


def test_the_curve_of_the_best_trial_is_told(run_folder):
    (curve,) = page_status(run_folder)["curves"]
    assert not curve["running"]
    assert curve["epochs"] == [0.5, 1.0, 1.5]
    assert curve["scores"][-1] == page_status(run_folder)["best"]


def test_a_running_search_is_told_with_the_trial_in_hand_and_the_time_left(begun_folder):
    with held(begun_folder):
        live = LiveTrials(begun_folder, "accuracy")
        live(TrialStarted("03", VALUES))
        live(Evaluated("03", 0, {"epochs": 0.5, "accuracy": 0.75}))
        (begun_folder / "clock.json").write_text('{"spent": 40.0}')
        told = page_status(begun_folder)
    assert told["state"] == "running"
    assert not told["model"]
    assert told["running"] == ["03"]
    (curve,) = [curve for curve in told["curves"] if curve["running"]]
    assert (curve["trial"], curve["epochs"], curve["scores"]) == ("03", [0.5], [0.75])
    assert curve["model"] == "gru + gated, learning rate 1.0e-03"
    assert 0 < told["left"] <= 20
    assert told["spent"] + told["left"] == pytest.approx(60)
    assert told["headline"].startswith("The best model so far is right on ")


def test_the_time_between_two_sittings_is_not_spent(begun_folder):
    (begun_folder / "clock.json").write_text('{"spent": 40.0}')
    long_ago = time.time() - 10_000
    os.utime(begun_folder / "clock.json", (long_ago, long_ago))
    assert page_status(begun_folder)["spent"] == 40.0
    with held(begun_folder):
        assert 40 <= page_status(begun_folder)["spent"] < 50


def test_a_search_that_was_asked_to_end_says_so_until_it_has_ended(begun_folder):
    with held(begun_folder):
        request_stop(begun_folder)
        assert page_status(begun_folder)["state"] == "ending"
    assert page_status(begun_folder)["state"] == "left off"


def test_curves_of_a_search_that_was_killed_are_not_running(begun_folder):
    LiveTrials(begun_folder, "accuracy")(TrialStarted("03", VALUES))
    told = page_status(begun_folder)
    assert told["state"] == "left off"
    assert not any(curve["running"] for curve in told["curves"])


def test_what_is_no_run_folder_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a run folder"):
        page_status(tmp_path)
