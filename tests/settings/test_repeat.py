"""The line that repeats a search has every setting with which it began."""

import shlex
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from attn_tuner import api
from attn_tuner.cli import app
from attn_tuner.settings.asked import as_asked
from attn_tuner.settings.repeat import command
from attn_tuner.settings.table import DATA, SETTINGS
from attn_tuner.settings.toml_file import CONFIG, read_settings, write_settings
from attn_tuner.storage.atomic_files import read_json, write_json
from attn_tuner.storage.plan import Plan

DEFAULTS = {each.name: each.default for each in SETTINGS}
ASKED = {
    "text": ["question", "the answer"],
    "label": ["toxic", "insult"],
    "features": ["price", "country of origin"],
    "weight": "votes",
    "group": "patient",
    "time": "written on",
    "drop_missing": True,
    "min_per_class": 5,
    "rare_classes": "other",
    "corrections": "labels.csv",
    "encoding": "cp1252",
    "header": True,
    "word_index": {"good": 1},
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
    "split": "word",
    "quantiles": [0.05, 0.5, 0.95],
    "seed": 3,
    "epochs": 4,
    "patience": 5,
    "pruner": "none",
    "keep": 9,
    "warm_start": ["old", Path("older")],
    "workers": "2",
    "launcher": "processes",
    "cluster": "auto",
    "cpus_per_trial": 0.5,
    "gpus_per_trial": 0.25,
    "ensemble": 3,
    "coverage": 0.9,
    "known": 0.98,
    "refit": True,
    "teacher": "average",
    "pretrain": 0.3,
    "repeats": 1,
    "max_parameters": 10_000,
    "max_latency_ms": 20.0,
    "max_size_mb": 1.5,
    "directory": Path("runs/here"),
}


def asked(data="demo", **options):
    return as_asked({"data": data, **DEFAULTS, **options})


def typed(line: str) -> dict:
    """What the command hands to `search` for a line that is typed in a shell."""
    began = {}

    def search(data, **options):
        began.update(data=data, **options)
        return SimpleNamespace(summary=str)

    words = shlex.split(line)
    assert words[:2] == ["attn-tuner", "search"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "search", search)
        app(words[1:], standalone_mode=False)
    # The command gives a fraction as a string, and `search` takes it for the number.
    for part in ("validation", "test"):
        if began.get(part, "").replace(".", "").replace("e-", "").isdigit():
            began[part] = float(began[part])
    return began


def test_the_command_gives_every_setting_back():
    told = asked(**ASKED)
    assert set(told) == {"data", *ASKED}
    del told["word_index"]  # Only Python has it.
    assert typed(command(told, "elsewhere")) == told


# Without digits, which would be a fraction to hold out.
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Nd"]), min_size=1, max_size=12)
OF_TYPE = {
    bool: st.booleans(),
    int: st.integers(0, 10**6),
    float: st.floats(0, 1e6),
    str: WORDS,
}


def values(setting):
    kind = OF_TYPE[setting.type]
    return st.lists(kind, min_size=1, max_size=3) if setting.several else kind


SAYABLE = st.fixed_dictionaries(
    {}, optional={each.name: values(each) for each in SETTINGS if not each.only_python}
)


@settings(deadline=None, max_examples=60)
@drawn(data=WORDS, options=SAYABLE)
def test_any_settings_come_back_from_the_command_and_from_the_file(data, options, tmp_path_factory):
    told = asked(data, **options)
    began = typed(command(told, "run"))
    assert {name: str(value) for name, value in began.items()} == {
        name: str(value) for name, value in {"directory": "run", **told}.items()
    }
    folder = tmp_path_factory.mktemp("run")
    write_settings(told, folder)
    assert read_settings(folder / CONFIG) == {"directory": str(folder), **told}


@pytest.mark.parametrize(
    "setting", [each for each in SETTINGS if each.repeated], ids=lambda each: each.name
)
def test_each_setting_is_in_the_command_and_in_the_file_unless_only_python_has_it(
    setting, tmp_path
):
    value = ASKED.get(setting.name)
    if setting.only_python:
        told = asked(**{setting.name: [object()]})
        assert command(told, "run").startswith("attn_tuner.search(")
        write_settings(told, tmp_path)
        assert f"# {setting.name}: only in Python" in (tmp_path / CONFIG).read_text("utf-8")
        return
    told = asked(**{setting.name: value})
    assert setting.option in shlex.split(command(told, "run"))
    write_settings(told, tmp_path)
    assert read_settings(tmp_path / CONFIG)[setting.name] == told[setting.name]


def test_settings_that_have_their_defaults_are_left_out():
    told = asked(seed=0, tuner="evolution", progress=False, callbacks=())
    assert told == {DATA.name: "demo"}
    assert command(told, "my run") == "attn-tuner search demo --out 'my run'"


def test_no_header_is_said_as_it_is_typed():
    assert " --no-header " in command(asked(header=False), "run")


def test_what_only_a_file_can_say_is_repeated_by_the_file_of_the_run(tmp_path):
    told = asked(space={"units": 64, "dense_units": {"low": 8, "high": 16}}, text=0)
    write_settings(told, tmp_path)
    assert command(told, tmp_path) == f"attn-tuner search --config {tmp_path / CONFIG}"
    began = typed(command(told, tmp_path))
    assert began == {"directory": str(tmp_path), **told}


def test_what_no_command_says_is_said_in_python():
    frame = pd.DataFrame({"text": ["a"], "label": [1]})
    line = command(asked(frame, patience=3, space={"units": 64}, warm_start=[Path("old")]), "run")
    assert line == (
        "attn_tuner.search(<a DataFrame>, patience=3, space={'units': 64}, warm_start=['old'], "
        "directory='run')"
    )


def test_data_that_begin_with_a_dash_are_no_option():
    line = command(asked("-odd.csv", text=["--label"]), "-run")
    assert typed(line) == {"data": "-odd.csv", "text": ["--label"], "directory": "-run"}


def test_a_plan_keeps_what_was_asked_and_an_old_one_loads(tmp_path):
    told = asked(**ASKED)
    plan = Plan("demo", "0", ("a", "b"), {}, asked=told)
    plan.save(tmp_path)
    assert Plan.load(tmp_path).asked == told
    table = read_json(tmp_path / "plan.json")
    del table["asked"]
    write_json(tmp_path / "plan.json", table)
    assert Plan.load(tmp_path).asked == {}
