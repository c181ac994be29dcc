"""Searches that end before their time: by a signal, by a crash, in the middle of a trial."""

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest
from sitting import begin
from test_search import QUICK, colours, quick_search

import attn_tuner
from attn_tuner.tuning.folder import Record

FIRST_RECORD = 180  # Seconds in which any machine has trained one of these models.


def wait_for_a_record(directory, process):
    until = time.monotonic() + FIRST_RECORD
    while not list(Path(directory).glob("trial_*/record.json")):
        assert process.is_alive(), "the search has ended"
        assert time.monotonic() < until, "no trial ended"
        time.sleep(0.05)


def finished(directory) -> dict:
    records = map(
        Record.load, sorted(path.parent for path in directory.glob("trial_*/record.json"))
    )
    return {record.trial_id: record for record in records if record.status != "cut"}


def test_ctrl_c_ends_a_search_with_the_best_so_far_exported(tmp_path):
    process = begin(tmp_path / "run")
    wait_for_a_record(tmp_path / "run", process)
    os.kill(process.pid, signal.SIGINT)
    process.join(timeout=180)
    assert process.exitcode == 0
    result = attn_tuner.load(tmp_path / "run")
    assert result.run.outcome["winner"] in {record.trial_id for record in result.run.records}
    assert (tmp_path / "run" / "best" / "saved_model.pb").exists()
    assert result.predict(["a red box"])


@pytest.mark.parametrize(
    "kills", [pytest.param(30), pytest.param(200, marks=pytest.mark.slow)], ids=str
)
def test_kills_at_random_moments_lose_nothing(tmp_path, kills):
    moments, trials = random.Random(kills), 4 + kills // 5
    process = begin(tmp_path / "run", "demo", trials)
    wait_for_a_record(tmp_path / "run", process)
    before = {}
    for _ in range(kills):
        process.join(timeout=moments.uniform(0, 5))
        process.kill()
        process.join()
        after = finished(tmp_path / "run")
        assert {trial_id: after[trial_id] for trial_id in before} == before
        before = after
        for path in (tmp_path / "run").rglob("*.json"):
            # A process that was killed as it wrote leaves its draft in a folder of this name.
            assert path.parent.suffix == ".part" or json.loads(path.read_text()) is not None
        process = begin(tmp_path / "run", "demo", trials)
    process.join(timeout=400)
    assert process.exitcode == 0
    result = attn_tuner.load(tmp_path / "run")
    after = {record.trial_id: record for record in result.run.records}
    assert len(after) == trials
    aside = [record for record in after.values() if record.status == "failed"]
    assert all("the process ended before" in record.stopped for record in aside)
    assert len(aside) < trials
    assert {trial_id: after[trial_id] for trial_id in before} == before
    assert result.run.outcome["winner"] in after
    assert result.predict(["a lovely room"])


def test_a_cut_trial_goes_on_from_its_resume_point(tmp_path):
    texts, labels = colours(1200)
    space = {**QUICK, "encoder": ["gru"], "head": ["additive"], "batch_size": 32}
    run = tmp_path / "run"
    options = {"data": (texts, labels), "space": space, "max_trials": 1, "epochs": 4}
    options["objective"] = "log_loss"  # Which can always get better.
    stop_after(run, 1, **options)
    first = attn_tuner.load(run).run.records[0]
    assert first.status == "cut"
    again = quick_search(run, **options).run.records[0]
    assert again.status == "completed"
    assert again.history[: len(first.history)] == first.history
    assert again.measures["epochs"] > first.measures["epochs"] - 1e-9


def stop_after(directory, least, **options):
    """A search whose user asks for its end once the first trial has run so many epochs."""
    import attn_tuner.api as api

    seen = []

    class Listening(api.Progress):
        def heard(self, news):
            super().heard(news)
            if "measures" in news and news["measures"]["epochs"] >= least and not seen:
                seen.append(True)
                os.kill(os.getpid(), signal.SIGINT)

    usual, api.Progress = api.Progress, Listening
    try:
        quick_search(directory, **options)
    finally:
        api.Progress = usual
