"""What a model for comparison alone changes in the file of baselines: a row, or nothing."""

import json

import numpy as np
import pytest

from attn_tuner.baselines.background import BackgroundBaselines, measure_baselines
from attn_tuner.baselines.baselines import Baseline
from attn_tuner.errors import MissingExtra
from attn_tuner.series.reading import load_series
from attn_tuner.series.store import store_parts
from attn_tuner.storage.layout import BASELINES, DATA
from tests.support.waves import waves

COMPANION = "attn_tuner.baselines.series.minirocket.minirocket_baseline"


@pytest.fixture
def folder(tmp_path):
    store_parts(load_series(waves(40)), tmp_path / DATA)
    return tmp_path


def rows(folder):
    return json.loads((folder / BASELINES).read_text(encoding="utf-8"))


def names(folder):
    return [row["name"] for row in rows(folder)]


def test_the_companion_of_series_stands_beside_the_linear_baseline(folder, monkeypatch):
    given = {}

    def companion(training, parts, classes, seed, seconds):
        given.update(series=len(training), parts=set(parts), seconds=seconds)
        assert names(folder) == ["majority class", "linear"]  # Safe if this takes too long.
        return Baseline("MiniRocket", "facts", {"accuracy": 0.9})

    monkeypatch.setattr(COMPANION, companion)
    measure_baselines(folder, 2, 0, seconds=50.0)
    assert names(folder) == ["majority class", "linear", "MiniRocket"]
    assert given["parts"] == {"validation", "test"}
    assert 1.0 <= given["seconds"] < 50.0


def test_without_the_extra_the_others_are_measured(folder, monkeypatch):
    def companion(*arguments):
        raise MissingExtra("This needs aeon.")

    monkeypatch.setattr(COMPANION, companion)
    measure_baselines(folder, 2, 0)
    assert names(folder) == ["majority class", "linear"]


class Process:
    """A process that has ended with an error."""

    returncode = 1

    def communicate(self, timeout=None):
        return "", "Traceback\nValueError: no kernel fits"


@pytest.mark.parametrize("written", [True, False])
def test_a_failure_names_the_baseline_that_failed(tmp_path, written):
    if written:
        (tmp_path / BASELINES).write_text("[]", encoding="utf-8")
    baselines = BackgroundBaselines(tmp_path, 2, 0)
    baselines.process = Process()
    which = "MiniRocket" if written else "The linear baseline"
    assert baselines.wait(1.0) == f"{which} failed: ValueError: no kernel fits"


def test_the_companion_measures_a_store(folder):
    pytest.importorskip("aeon")
    measure_baselines(folder, 2, 0)
    assert names(folder)[-1] == "MiniRocket"
    assert np.isfinite(rows(folder)[-1]["validation"]["accuracy"])
