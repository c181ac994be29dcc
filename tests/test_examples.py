"""Every example is short and run by a test; here the ten-line program."""

import shutil
from functools import partial
from pathlib import Path

import pytest

import attn_tuner
from tests.support.examples import EXAMPLES, example


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_is_under_sixty_lines_and_run_by_a_test(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < 60
    tests = (test.read_text(encoding="utf-8") for test in Path(__file__).parent.rglob("test_*.py"))
    assert any(path.stem in test for test in tests)


def test_search_imdb_runs_on_the_demo_corpus(demo_folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(attn_tuner, "search", partial(attn_tuner.search, epochs=1))  # As it began.
    folder = shutil.copytree(demo_folder, tmp_path / "run")  # Whose time is over.
    result = example("search_imdb").main("demo", "10s", folder)
    shown = capsys.readouterr().out
    assert f"test accuracy {result.test_metrics['accuracy']:.4f}" in shown
    assert shown.count("positive") + shown.count("negative") == 2
