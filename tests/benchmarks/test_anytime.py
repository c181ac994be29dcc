"""Which cells are measured, and what a row holds."""

import argparse
import json
from types import SimpleNamespace

import keras_tuner
import pytest


def asked(rows, **more):
    given = {"method": ["search", "linear"], "set": ["trec"], "minutes": [1.0, 5.0], "seed": [0]}
    return argparse.Namespace(**(given | more), rows=rows, environments=rows.parent)


@pytest.fixture
def measured(monkeypatch):
    """The cells that `run` measures, instead of hours of training."""
    import anytime

    seen = []

    def pretend(cell, environments):
        seen.append(cell)
        return dict(zip(("method", "set", "minutes", "seed"), cell, strict=True))

    monkeypatch.setattr(anytime, "measured", pretend)
    return seen


def test_the_linear_model_is_measured_once_whatever_the_minutes(tmp_path, measured):
    import anytime

    anytime.run(asked(tmp_path / "rows.jsonl"))
    assert measured == [
        ("search", "trec", 1.0, 0),
        ("linear", "trec", 0.0, 0),
        ("search", "trec", 5.0, 0),
    ]
    assert len(anytime.known(tmp_path / "rows.jsonl")) == 3


def test_a_cell_with_a_row_is_not_measured_again_but_a_failed_one_is(tmp_path, measured):
    import anytime

    known = {"method": "search", "set": "trec", "minutes": 1.0, "seed": 0}
    rows = [known, {**known, "minutes": 5.0, "error": "killed"}]
    (tmp_path / "rows.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in rows))
    anytime.run(asked(tmp_path / "rows.jsonl", method=["search"]))
    assert measured == [("search", "trec", 5.0, 0)]


def test_a_failure_is_a_row_with_its_error(tmp_path, monkeypatch):
    import anytime
    from anytime_rivals import MethodFailed

    def fails(cell):
        raise MethodFailed("MemoryError")

    monkeypatch.setattr(anytime, "ours", fails)
    row = anytime.measured(("search", "trec", 5.0, 0), tmp_path)
    assert row["error"] == "MemoryError"
    assert (row["method"], row["set"], row["minutes"], row["seed"]) == ("search", "trec", 5.0, 0)
    assert len(row["load"]) == 2
    assert row["cores"] >= 1
    assert row["commit"]


class Constant(keras_tuner.Tuner):
    """A tuner that trains nothing."""

    def run_trial(self, trial):
        return {"val_loss": 1.0}


def test_without_a_search_every_trial_has_the_values_of_the_first_point(tmp_path):
    from anytime_ours import first_point

    space = keras_tuner.HyperParameters()
    space.Int("units", 1, 9, default=1)
    space.Int("width", 1, 9, default=2)
    points = [{"units": 5}, {"units": 7}]
    oracle = first_point("val_loss", 3, hyperparameters=space, first_points=points)
    Constant(oracle=oracle, directory=tmp_path, project_name="run").search()
    trials = oracle.trials.values()
    assert [each.hyperparameters.values for each in trials] == [{"units": 5, "width": 2}] * 3


def test_a_single_trial_that_was_exported_is_not_tested_again(tmp_path):
    from anytime_ours import single_accuracy

    result = SimpleNamespace(
        run=SimpleNamespace(members={"0003": 1.0}), test_metrics={"accuracy": 0.7}
    )
    assert single_accuracy(result, {}, tmp_path / "alone") == 0.7
    assert not (tmp_path / "alone").exists()
