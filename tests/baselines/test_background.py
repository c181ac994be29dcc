"""What a further model of series changes in the files of baselines."""

import json
import subprocess

import numpy as np
import pytest

from attn_tuner.baselines import background
from attn_tuner.baselines.background import BackgroundBaselines, measure_baselines
from attn_tuner.baselines.baselines import Baseline
from attn_tuner.baselines.members import LINEAR_MEMBER, MINIROCKET_MEMBER
from attn_tuner.series.loaders import cut_windows
from attn_tuner.series.reading import load_series
from attn_tuner.series.store import store_parts
from attn_tuner.storage.checked_files import read_array, read_arrays
from attn_tuner.storage.layout import BASELINES, DATA
from tests.support.waves import waves

FURTHER = "attn_tuner.baselines.series.minirocket.minirocket_baseline"


@pytest.fixture
def folder(tmp_path):
    store_parts(load_series(waves(40)), tmp_path / DATA)
    return tmp_path


@pytest.fixture
def forecast(tmp_path):
    """The folder of a forecast of three steps of a sine."""
    values = np.sin(np.arange(120) / 3)[:, None]
    store_parts(load_series(cut_windows(values, 24, horizon=3)), tmp_path / DATA)
    return tmp_path


def rows(folder):
    return json.loads((folder / BASELINES).read_text(encoding="utf-8"))


def names(folder):
    return [row["name"] for row in rows(folder)]


def test_minirocket_stands_beside_the_linear_baseline_of_series(folder, monkeypatch):
    given = {}

    def further(training, parts, classes, seed, seconds):
        given.update(series=len(training), parts=set(parts), seconds=seconds)
        assert names(folder) == ["majority class", "linear"]  # Safe if this takes too long.
        return Baseline("MiniRocket and ridge", "facts", {"accuracy": 0.9})

    monkeypatch.setattr(FURTHER, further)
    measure_baselines(folder, 2, 0, seconds=50.0)
    assert names(folder) == ["majority class", "linear", "MiniRocket and ridge"]
    assert given["parts"] == {"validation", "test"}
    assert 1.0 <= given["seconds"] < 50.0


class Process:
    """A process that has ended with an error."""

    returncode = 1

    def communicate(self, timeout=None):
        return "", "Traceback\nValueError: no kernel fits"


class Unending:
    """A process that is still at work."""

    def communicate(self, timeout):
        raise subprocess.TimeoutExpired("baselines", timeout)


def waited(folder, process, written):
    """What is said of a process that ended, or came too late, before or after the others."""
    if written:
        (folder / BASELINES).write_text("[]", encoding="utf-8")
    baselines = BackgroundBaselines(folder, 2, 0)
    baselines.process = process
    return baselines.wait(1.0, interrupted=lambda: True)


def test_a_failure_names_the_baseline_that_failed(folder):
    failed = "failed: ValueError: no kernel fits"
    assert waited(folder, Process(), False) == f"The linear baseline {failed}"
    assert waited(folder, Process(), True) == f"MiniRocket and ridge {failed}"


def test_of_a_forecast_seasonal_naive_is_named(forecast, monkeypatch):
    assert waited(forecast, Process(), True).startswith("Seasonal naive failed: ")
    monkeypatch.setattr(background, "_GRACE", 0.0)
    late = "Seasonal naive did not finish in time and is not in the leaderboard."
    assert waited(forecast, Unending(), True) == late


def test_no_file_of_minirocket_is_written_for_a_forecast(forecast):
    measure_baselines(forecast, 3, 0)
    assert names(forecast)[-1] == "seasonal naive"
    assert not list(forecast.glob("minirocket*"))
    assert read_array(forecast / LINEAR_MEMBER.answers("validation")).shape[1] == 3


def test_what_minirocket_has_learnt_is_written_for_the_average(folder):
    measure_baselines(folder, 2, 0)
    assert names(folder)[-1] == "MiniRocket and ridge"
    assert MINIROCKET_MEMBER.stored(folder)
    answers = read_array(folder / MINIROCKET_MEMBER.answers("validation"))
    np.testing.assert_allclose(answers.sum(axis=1), 1.0)
    assert read_arrays(folder / MINIROCKET_MEMBER.learnt)["answers"] == "sigmoid"
    assert read_arrays(folder / LINEAR_MEMBER.learnt) == {}  # It is in no export.
