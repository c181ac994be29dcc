"""A file of settings: what it may hold, and that options on the command line win over it."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from attn_tuner import api
from attn_tuner.cli import app
from attn_tuner.errors import DataError, UnknownName
from attn_tuner.settings.toml_file import read_settings


@pytest.fixture
def file(tmp_path):
    def file(text: str):
        path = tmp_path / "run.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return file


def called(monkeypatch, *words) -> dict:
    """What the command hands to `search`."""
    began = {}

    def search(data, **options):
        began.update(data=data, **options)
        return SimpleNamespace(summary=str)

    monkeypatch.setattr(api, "search", search)
    done = CliRunner().invoke(app, ["search", *map(str, words)])
    if done.exception:
        raise done.exception
    return began


def test_settings_are_read_with_the_space_as_a_table(file):
    path = file('data = "a.csv"\nmax_time = 90\nrefit = true\n[space]\nunits = 64\n')
    found = {"data": "a.csv", "max_time": 90, "refit": True, "space": {"units": 64}}
    assert read_settings(path) == found


def test_options_of_the_command_win_over_the_file(file, monkeypatch):
    path = file('data = "a.csv"\nrefit = true\nseed = 3\nepochs = 2\ndirectory = "run"\n')
    began = called(monkeypatch, "--config", path, "b.csv", "--no-refit", "--seed", 0)
    found = {"data": "b.csv", "refit": False, "seed": 0, "epochs": 2, "directory": "run"}
    assert began == found


def test_a_search_without_data_is_refused_in_a_sentence(file, monkeypatch):
    with pytest.raises(DataError, match="No data were given"):
        called(monkeypatch)
    with pytest.raises(DataError, match="No data were given"):
        called(monkeypatch, "--config", file("seed = 1\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_tme = 3", "Did you mean 'max_time'"),
        ("callbacks = []", "No setting is called 'callbacks'"),
        ("max_time = ", "is not a TOML file"),
    ],
)
def test_a_file_that_holds_no_settings_is_refused_in_a_sentence(file, text, said):
    with pytest.raises((DataError, UnknownName), match=said) as refusal:
        read_settings(file(text))
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"missing\.toml"):
        read_settings(tmp_path / "missing.toml")


def test_the_files_that_the_pages_show_hold_settings(file):
    pages = (Path(__file__).parents[2] / "docs").glob("*.md")
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    shown = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert shown
    for each in shown:
        assert "data" in read_settings(file(each))
