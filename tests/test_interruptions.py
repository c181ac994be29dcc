"""Searches that end before their time: by a signal, by a crash, in the middle of a trial."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_search import QUICK, colours, quick_search

import attn_tuner
from attn_tuner.tuning.folder import Record

SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from test_search import QUICK, colours, quick_search
import attn_tuner.tuning.trainer as trainer
quick_search(sys.argv[1], max_trials=4, epochs=6, patience=6, tuner="random", data={data!r})
"""


def begun(directory, data="colours") -> subprocess.Popen:
    script = SCRIPT.format(tests=str(Path(__file__).parent), data=data)
    return subprocess.Popen(
        [sys.executable, "-c", script, str(directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_a_record(directory, process, seconds=180):
    until = time.monotonic() + seconds
    while not list(Path(directory).glob("trial_*/record.json")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until, "no trial ended"
        time.sleep(0.05)


def finished(directory) -> dict:
    records = map(
        Record.load, sorted(path.parent for path in directory.glob("trial_*/record.json"))
    )
    return {record.trial_id: record for record in records if record.status != "cut"}


def test_ctrl_c_ends_a_search_with_the_best_so_far_exported(tmp_path):
    process = begun(tmp_path / "run")
    wait_for_a_record(tmp_path / "run", process)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=180)
    assert process.returncode == 0, errors
    result = attn_tuner.load(tmp_path / "run")
    assert result.run.outcome["winner"] in {record.trial_id for record in result.run.records}
    assert (tmp_path / "run" / "best" / "saved_model.pb").exists()
    assert result.predict(["a red box"])


def test_a_killed_search_goes_on_without_losing_a_finished_trial(tmp_path):
    kill_and_resume(tmp_path / "run", kills=1)


@pytest.mark.slow
def test_thirty_kills_at_random_moments_lose_nothing(tmp_path):
    kill_and_resume(tmp_path / "run", kills=30, data="demo")


def kill_and_resume(directory, kills, data="colours"):
    moments = random.Random(4)
    process = begun(directory, data)
    wait_for_a_record(directory, process)
    for _ in range(kills):
        time.sleep(moments.uniform(0, 1) if kills == 1 else moments.uniform(0, 12))
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        before = finished(directory)
        for path in directory.rglob("*.json"):
            # A process that was killed as it wrote leaves its draft in a folder of this name.
            assert path.parent.suffix == ".part" or json.loads(path.read_text()) is not None
        process = begun(directory, data)
    _, errors = process.communicate(timeout=400)
    assert process.returncode == 0, errors
    result = attn_tuner.load(directory)
    after = {record.trial_id: record for record in result.run.records}
    assert len(after) == 4
    assert {trial_id: after[trial_id] for trial_id in before} == before
    assert result.run.outcome["winner"] in after


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
