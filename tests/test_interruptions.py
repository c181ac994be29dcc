"""Searches that end before their time: by a signal, by a crash, in the middle of a trial."""

import json
import os
import random
import re
import signal
import sys
import time
from pathlib import Path

import pytest

import attn_tuner
from attn_tuner.monitoring.progress_panel import ProgressPanel
from attn_tuner.storage.atomic_files import is_draft
from attn_tuner.storage.layout import LOCK
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.events import Evaluated
from tests.support.colours import PLAIN, colours, quick_search
from tests.support.sittings import STOPS, begin, end, said_by, wait_at

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
FIRST_RECORD = 180  # Seconds in which any machine has trained one of these models.


def wait_for_a_record(directory, process):
    until = time.monotonic() + FIRST_RECORD
    while not list(Path(directory).glob("trial_*/record.json")):
        assert process.is_alive(), "the search has ended"
        assert time.monotonic() < until, "no trial ended"
        time.sleep(0.05)


def finished(directory) -> dict:
    records = map(
        TrialRecord.load, sorted(path.parent for path in directory.glob("trial_*/record.json"))
    )
    return {record.trial_id: record for record in records if record.status != "cut"}


def check_nothing_is_lost(directory, before) -> dict:
    """The trials that have ended, among them all that had ended before, unchanged."""
    after = finished(directory)
    assert {trial_id: after[trial_id] for trial_id in before} == before
    for path in directory.rglob("*.json"):
        assert any(map(is_draft, path.parents)) or json.loads(path.read_text()) is not None
    return after


def check_it_goes_on_to_its_end(directory, before, process, trials):
    process.join(timeout=400)
    assert process.exitcode == 0
    result = attn_tuner.load(directory)
    after = {record.trial_id: record for record in result.run.records}
    assert len(after) == trials
    aside = [record for record in after.values() if record.status == "failed"]
    assert all("the process ended before" in record.stopped for record in aside)
    assert len(aside) < trials
    assert {trial_id: after[trial_id] for trial_id in before} == before
    assert result.run.outcome["winner"] in after
    assert result.predict(["a red box"])
    assert not [path for path in directory.rglob("*") if is_draft(path)]
    assert not (directory / LOCK).exists()


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
        pytest.param(signal.SIGHUP, marks=pytest.mark.slow),
    ],
    ids=lambda number: number.name,
)
def test_a_signal_ends_a_search_with_the_best_so_far_exported(tmp_path, number):
    process = begin(tmp_path / "run", trials=200)
    wait_for_a_record(tmp_path / "run", process)
    assert end(process, number) == 128 + number
    result = attn_tuner.load(tmp_path / "run")
    assert result.run.outcome["winner"] in {record.trial_id for record in result.run.records}
    assert (tmp_path / "run" / "best" / "saved_model.pb").exists()
    assert result.predict(["a red box"])


def test_six_ends_from_the_encoding_to_the_export_lose_nothing(tmp_path):
    run, before = tmp_path / "run", {}
    for place, number in (
        ("encoding", signal.SIGKILL),
        ("encoding", signal.SIGTERM),
        ("vectors", signal.SIGHUP),
        (None, signal.SIGKILL),
        ("export", signal.SIGKILL),
        ("export", signal.SIGINT),
    ):
        process = begin(run, trials=2, stop=place, export="keras")
        if place:
            wait_at(run, process)
        else:
            wait_for_a_record(run, process)
        status = end(process, number)
        assert status == (-number if number == signal.SIGKILL else 128 + number)
        before = check_nothing_is_lost(run, before)
    assert len(before) == 2
    check_it_goes_on_to_its_end(run, before, begin(run, trials=2, export="keras"), 2)


@pytest.mark.slow
@pytest.mark.parametrize("kills", [60, 200])
def test_ends_at_random_moments_lose_nothing(tmp_path, kills):
    moments, trials, run = random.Random(kills), 4 + kills // 5, tmp_path / "run"
    before = {}
    for _ in range(kills):
        place = moments.choice([None, None, None, *STOPS])
        process = begin(run, "demo", trials, stop=place, workers=moments.choice([1, 1, 2]))
        process.join(timeout=moments.uniform(0, 8))
        number = moments.choice(SIGNALS)
        if process.is_alive():
            # After a first signal the search exports, and would wait there.
            status = end(process, number, again=place == "export" or moments.random() < 0.5)
            # Right after the start nobody listens yet.
            assert status in (128 + number, -number)
        else:
            assert process.exitcode == 0
        before = check_nothing_is_lost(run, before)
    check_it_goes_on_to_its_end(run, before, begin(run, "demo", trials), trials)


@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_FSIZE and posix_fallocate")
def test_a_search_goes_on_once_the_disk_has_room(tmp_path):
    run = tmp_path / "run"
    process = begin(run, trials=1, largest=100_000)
    process.join(timeout=180)
    assert process.exitcode == 1
    said = said_by(run).read_text()
    assert re.fullmatch(r"Unwritable: .*trial_0/.* cannot be written: File too large\.", said), said
    assert not finished(run)
    check_it_goes_on_to_its_end(run, {}, begin(run, trials=1, export="keras"), 1)


def test_a_cut_trial_goes_on_from_its_resume_point(tmp_path):
    run = tmp_path / "run"
    options = {
        "data": colours(600),
        "space": {**PLAIN, "batch_size": 16},
        "max_trials": 1,
        "epochs": 4,
    }
    options["objective"] = "log_loss"  # Which can always get better.
    stop_after(run, 1, **options)
    first = attn_tuner.load(run).run.records[0]
    assert first.status == "cut"
    again = quick_search(run, **options).run.records[0]
    assert again.status == "completed"
    assert again.history[: len(first.history)] == first.history
    assert again.metrics["epochs"] > first.metrics["epochs"] - 1e-9


def stop_after(directory, least, **options):
    """A search whose user asks for its end once the first trial has run so many epochs."""
    import attn_tuner.api as api

    seen = []

    class Listening(ProgressPanel):
        def on_event(self, event):
            super().on_event(event)
            evaluated = isinstance(event, Evaluated) and event.metrics["epochs"] >= least
            if evaluated and not seen:
                seen.append(True)
                os.kill(os.getpid(), signal.SIGINT)

    usual, api.ProgressPanel = api.ProgressPanel, Listening
    try:
        quick_search(directory, **options)
    finally:
        api.ProgressPanel = usual
