"""No option that cannot be meant gets as far as the data, and none leaves a file behind."""

import inspect
import re
import threading
from datetime import timedelta
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli, runtime
from attn_tuner.errors import AttnTunerError, SpaceError
from attn_tuner.model_space import default_space
from attn_tuner.settings.table import DATA, GROUPS, SETTINGS
from attn_tuner.space import Choice, Int, SearchSpace
from attn_tuner.tuning.pruning import MedianPruner

NAN, INF, LONG = float("nan"), float("inf"), 10**4_000
NO_WHOLE = [-1, 1.5, "3", True, None, [], NAN, INF, LONG]
NO_COUNT = [0, *NO_WHOLE]
NO_MOST = [0, -3, 1.5, "3", True, [], LONG]
NO_NUMBER = [-1, -0.5, "2", True, [], NAN, INF, 1j]
NO_NAME = ["nope", "", 3, ["tpe"], {"a": 1}, b"tpe", NAN]
NO_FLAG = [None, 0, 1, "yes", []]


def used_pruner():
    """A pruner that has compared trials."""
    pruner = MedianPruner()
    pruner.report("0000", 1.0, 0.5)
    return pruner


class LockedPruner(MedianPruner):
    """A pruner that cannot be copied."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


BAD = {
    "text": [True, 1.5, [], ["a", "a"], ["a", None], [True], {"a"}],
    "label": [False, 2.5, b"label", {}, [1.5]],
    "features": [True, 1.5, [], [1], ["a", "a"], [""], {"a"}, b"price"],
    "weight": [True, 1.5, ["n"], {}],
    "group": [False, 2.5, ["patient"], b"patient"],
    "time": [True, 0.5, ["date"], {"date"}],
    "validation": [0, 1, 2, -0.1, 1.0, NAN, True, "1.5", "missing.csv", "none/*.csv", 1j],
    "test": [0, 1, -1, INF, False, "-0.2", "missing.parquet"],
    "unlabelled": ["missing.txt", "no file", 3, 2.5, b"text", {"a": 1}, "\0"],
    "drop_missing": NO_FLAG,
    "min_per_class": NO_MOST,
    "rare_classes": [*NO_NAME, None],
    "corrections": ["missing.csv", "none/labels.csv", 3, "", [], "a\0b", {}],
    "encoding": ["nope", "", 3, b"utf-8", "base64", []],
    "header": [0, 1, "yes", []],
    "word_index": [3, [], {}, {"a": "b"}, {"a": True}, "index.json"],
    "split": [*NO_NAME, "character"],
    "quantiles": [
        *(0.5, 2, "0.1", True, b"q", {0.1: 1}, [], [0.5], [0.1, 0.9], [0, 0.5], [0.5, 1]),
        *([0.9, 0.5, 0.1], [0.1, 0.1, 0.5], [0.5, 0.50000001], [0.5, NAN], [0.5, "0.9"]),
        *([0.5, True], [0.5, None], [0.5, LONG], [0.5, 0.9999999]),
    ],
    "vectors": ["missing.vec", 3, "", [], "a\0b"],
    "max_time": ["soon", "-5m", 0, -1, NAN, INF, [], True, "1" * 5_000],
    "max_trials": [0, -1, 1.5, "3", True, [], LONG],
    "tuner": [*NO_NAME, None],
    "fidelity": [*NO_NAME, None, "texts"],
    "objective": [*NO_NAME, "faithful", "faithful nope"],
    "faithful": NO_NUMBER,
    "task": NO_NAME,
    "space": [
        "missing.toml",
        3,
        [],
        SearchSpace(),
        SearchSpace({**default_space(), "batch_size": Choice((0, 32))}),
        SearchSpace({**default_space(), "embedding_dim": Int(-32, 64)}),
        {"nothing": 1},
        {"units": -5},
        {"batch_size": [32, 0]},
        {"embedding_dim": {"low": -64, "high": 64}},
        {"learning_rate": -0.1},
        {"learning_rate": NAN},
        {"head": "nope"},
        {"encoder": []},
        {"units": None},
        {"extend": 3},
        {3: 4},
        "a\0b",
    ],
    "seed": [*NO_WHOLE, 2**31, 99999999999999999999],
    "epochs": NO_COUNT,
    "patience": NO_COUNT,
    "pruner": [*NO_NAME, None, MedianPruner, used_pruner(), LockedPruner()],
    "keep": NO_COUNT,
    "ensemble": NO_MOST,
    "coverage": [0, 1, 1.5, -0.1, "0.9", True, NAN, INF, [], LONG],
    "known": [0, 1, 1.5, -0.1, "0.9", True, NAN, INF, [], LONG],
    "refit": [0, 1, "yes", []],
    "teacher": ["nope", "missing.csv", "", 3, [], True, b"average", MedianPruner, "a\0b"],
    "pretrain": [1, 1.0, 2, -0.1, "0.3", None, True, NAN, [], LONG],
    "repeats": NO_WHOLE,
    "max_parameters": NO_MOST,
    "max_latency_ms": [0, *NO_NUMBER],
    "max_size_mb": [0, *NO_NUMBER],
    "warm_start": ["missing", 3, None, [3], {"a": 1}, ["missing"]],
    "workers": ["many", "-1", "1.5", 0, True, None, [], 1.5, 100_000],
    "launcher": NO_NAME,
    "cluster": [3, "", [], True],
    "cpus_per_trial": [0, None, *NO_NUMBER],
    "gpus_per_trial": [None, *NO_NUMBER],
    "directory": [3, "", [], "a\0b"],
    "progress": NO_FLAG,
    "hypermodel": [3, "bigru", []],
    "callbacks": [3, "none", [3], [keras.callbacks.Callback], keras.callbacks.Callback()],
}
GOOD = {
    "text": ["review", 0, ["review"], ["question", "answer"]],
    "label": ["stars", ("a", "b"), ["toxic", "insult"]],
    "features": ["price", ["price"], ["price", "country"]],
    "weight": ["n", 0],
    "encoding": ["utf-8", "cp1252"],
    "header": [False, True],
    "rare_classes": ["drop", "other"],
    "word_index": [{"good": 4}, {"good": np.int64(4)}],
    "validation": [0.2, "0.2", np.float32(0.25), "https://host/dev.csv"],
    "max_time": ["20m", "5 minutes", "1 hour 30 min", 90, timedelta(minutes=2), np.float64(60)],
    "max_trials": [3, np.int64(3)],
    "tuner": ["tpe", "hyperband"],
    "objective": ["accuracy", "faithful log_loss", "rmse"],
    "faithful": [0, 0.1, np.float32(0.5)],
    "space": [
        default_space(),
        {"units": 64},
        {"weight_decay": 0.0},
        {"class_weight": ["balanced"]},
    ],
    "seed": [0, np.int32(7), 2**31 - 1],
    "pruner": ["none", MedianPruner(peers=5)],
    "pretrain": [0, 0.3, np.float32(0.5)],
    "max_size_mb": [1, 0.5],
    "coverage": [0.9, np.float32(0.5), None],
    "known": [0.98, np.float32(0.5), None],
    "refit": [np.True_],
    "teacher": [
        "average",
        "self_training",
        None,
        lambda texts: None,
        pd.DataFrame({"text": ["a"], "yes": [1.0]}),
    ],
    "workers": ["auto", 2, "2", np.int64(2)],
    "hypermodel": [None, lambda words, classes: None],
    "callbacks": [(), [keras.callbacks.TerminateOnNaN()], lambda number, values: []],
}


class Reached(Exception):
    """The data would be read now."""


@pytest.fixture
def call(monkeypatch, tmp_path):
    """`search` that stops where it would read the data, in an empty folder."""

    def reached(*args, **kwargs):
        raise Reached

    monkeypatch.setattr(runtime.texts_of, "load", reached, raising=False)
    monkeypatch.chdir(tmp_path)

    def call(**options):
        return attn_tuner.search("demo", **{"directory": tmp_path / "run", **options})

    return call


def test_the_parameters_of_search_are_the_table_name_by_name_and_default_by_default():
    data, labels, *parameters = inspect.signature(attn_tuner.search).parameters.values()
    assert (data.name, labels.name) == (DATA.name, "labels")
    assert [(each.name, each.default) for each in parameters] == [
        (each.name, each.default) for each in SETTINGS
    ]
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in parameters)


def test_settings_stand_by_group_and_every_group_is_in_the_docstring_and_the_help():
    groups = [each.group for each in SETTINGS]
    assert groups == sorted(groups, key=GROUPS.index)
    shown = CliRunner().invoke(cli.app, ["search", "--help"], env={"COLUMNS": "200"}).output
    for setting in SETTINGS:
        assert re.search(rf"\b{setting.name}\b", attn_tuner.search.__doc__), setting.name
        assert (setting.option in shown) == (not setting.only_python), setting.name
    assert all(f"─ {group} ─" in shown for group in GROUPS)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_page_on_searching_has_a_row_for_each_setting(setting):
    option = "only in Python" if setting.only_python else f"`{setting.option}`"
    usual = "" if setting.default in (None, ()) else f"`{setting.default}`"
    page = Path(__file__).parents[2] / "docs" / "search.md"
    row = f"| `{setting.name}` | {option} | {usual} | {setting.help} |"
    assert row in page.read_text(encoding="utf-8").splitlines()


def test_every_default_passes_its_check():
    for setting in SETTINGS:
        assert setting.check(setting.name, setting.default) == setting.default


def test_every_setting_has_values_that_are_bad():
    assert set(BAD) == {each.name for each in SETTINGS}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_option_is_refused_before_any_work(name, call, tmp_path):
    for value in BAD[name]:
        with pytest.raises(AttnTunerError) as refusal:
            call(**{name: value})
        assert 0 < len(str(refusal.value)) < 3_000, value
        assert "\n" not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", GOOD)
def test_a_good_option_gets_to_the_data(name, call):
    for value in GOOD[name]:
        with pytest.raises(Reached):
            call(**{name: value})


def test_files_that_are_none_of_what_they_should_be_are_refused_first(call, tmp_path):
    (tmp_path / "a.toml").write_text("units = -5\n", encoding="utf-8")
    (tmp_path / "b.toml").write_bytes(b"\xff = [")
    (tmp_path / "glove.txt").write_text("no vectors here\n", encoding="utf-8")
    (tmp_path / "empty.vec").write_text("", encoding="utf-8")
    (tmp_path / "a.vec.gz").write_bytes(b"\x1f\x8b no gzip")
    before = sorted(tmp_path.iterdir())
    for options in (
        {"space": "a.toml"},
        {"space": tmp_path / "b.toml"},
        {"space": tmp_path},
        {"vectors": "glove.txt"},
        {"vectors": tmp_path / "empty.vec"},
        {"vectors": "a.vec.gz"},
        {"vectors": tmp_path},
        {"warm_start": tmp_path},
        {"warm_start": tmp_path, "tuner": "grid"},
        {"objective": "rmse", "task": "multilabel"},
        {"fidelity": "texts", "tuner": "random"},
        {"group": "patient", "time": "date"},
    ):
        with pytest.raises(AttnTunerError):
            call(**options)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["thesis.tex", "data/mine.csv", "data/vectorizer.txt"])
def test_a_folder_of_somebody_else_is_refused_first(call, tmp_path, name):
    place = tmp_path / "run"
    (place / name).parent.mkdir(parents=True)
    (place / name).write_text("mine", encoding="utf-8")
    with pytest.raises(AttnTunerError, match="no search wrote"):
        call()
    with pytest.raises(AttnTunerError, match="is a file"):
        call(directory=place / name / "run")
    assert (place / name).read_text(encoding="utf-8") == "mine"


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.binary(max_size=4)
    | st.sampled_from([LONG, 1j, object(), print, np.float32(1), np.zeros(2), timedelta(-1)]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(options=st.dictionaries(st.sampled_from(sorted(BAD)), ANYTHING, min_size=1, max_size=3))
def test_any_options_get_to_the_data_or_are_refused_in_a_sentence(call, tmp_path, options):
    with pytest.raises((AttnTunerError, Reached)):
        call(**options)
    assert list(tmp_path.iterdir()) == []


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), name=st.sampled_from(sorted(BAD)), other=st.sampled_from(sorted(GOOD)))
def test_a_bad_option_beside_a_good_one_is_refused(call, data, name, other):
    bad = {name: data.draw(st.sampled_from(BAD[name]))}
    # The dimensions of one's own hypermodel are known with the data.
    assume(other != "hypermodel" or not isinstance(bad[name], dict))
    with pytest.raises(AttnTunerError):
        call(**({other: data.draw(st.sampled_from(GOOD[other]))} | bad))


@pytest.mark.parametrize("space", ["missing.toml", 3, [], default_space()])
def test_changes_of_ones_own_hypermodel_are_read_before_the_data(call, space):
    with pytest.raises(SpaceError):
        call(space=space, hypermodel=lambda words, classes: None)
