"""The call that begins the same search again has every option with which it began."""

import shlex
from pathlib import Path

import pandas as pd

import attn_tuner
from attn_tuner.cli import app
from attn_tuner.storage.atomic_files import read_json, write_json
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.search_arguments import as_asked, command

SEARCH = attn_tuner.search
ASKED = {
    "text": "review text",
    "label": "stars",
    "validation": 0.2,
    "test": "other data/test.csv",
    "unlabelled": Path("more.txt"),
    "vectors": Path("glove.txt"),
    "max_time": "1h30m",
    "max_trials": 7,
    "tuner": "hyperband",
    "fidelity": "texts",
    "objective": "f1_macro",
    "faithful": 0.2,
    "task": "multiclass",
    "space": "space.toml",
    "seed": 3,
    "epochs": 4,
    "workers": 2,
    "cluster": "auto",
    "ensemble": 3,
    "refit": True,
    "pretrain": 0.3,
    "repeats": 1,
    "max_parameters": 10_000,
    "max_latency_ms": 20.0,
    "max_size_mb": 1.5,
    "directory": Path("runs/here"),
}


def test_the_command_gives_every_option_back(monkeypatch):
    began = {}
    monkeypatch.setattr(attn_tuner.api, "search", lambda data, **given: began.update(given))
    line = command(as_asked({"data": "demo", **ASKED}, SEARCH), "elsewhere")
    words = shlex.split(line)
    assert words[:3] == ["attn-tuner", "search", "demo"]
    app(words[1:], standalone_mode=False)
    assert set(ASKED) <= set(began)
    for name, value in ASKED.items():
        assert str(began[name]) == str(value), name


def test_options_that_are_as_usual_are_left_out():
    given = {"data": "demo", "seed": 0, "tuner": "tpe", "progress": False, "callbacks": ()}
    assert as_asked(given, SEARCH) == {"data": "demo"}
    assert command({"data": "demo"}, "my run") == "attn-tuner search demo --out 'my run'"


def test_what_no_command_says_is_said_in_python():
    frame = pd.DataFrame({"text": ["a"], "label": [1]})
    given = {"data": frame, "patience": 3, "space": {"units": 64}, "warm_start": [Path("old")]}
    line = command(as_asked(given, SEARCH), "run")
    assert line == (
        "attn_tuner.search(<a DataFrame>, patience=3, space={'units': 64}, warm_start=['old'], "
        "directory='run')"
    )


def test_a_plan_keeps_what_was_asked_and_an_old_one_loads(tmp_path):
    asked = as_asked({"data": "demo", **ASKED}, SEARCH)
    plan = Plan("demo", "0", ("a", "b"), {}, asked=asked)
    plan.save(tmp_path)
    assert Plan.load(tmp_path).asked == asked
    table = read_json(tmp_path / "plan.json")
    del table["asked"]
    write_json(tmp_path / "plan.json", table)
    assert Plan.load(tmp_path).asked == {}
