"""What a rival is given, what it gives back, and what is measured of it."""

import json
import sys

import pytest

from tests.support import ROOT

RIVALS = ROOT / "benchmarks" / "rivals"
STUB = """
import sys
sys.path.append({folder!r})
from exchange import Answers, answer
zeros = lambda texts: [0] * len(texts)
answer(lambda task: Answers(zeros(task.validation[0]), zeros(task.test), ["numpy"], "zeros"))
"""


@pytest.fixture
def stub(tmp_path, monkeypatch):
    """Makes a rival of a program, in the environment of the tests."""
    import anytime_rivals

    def made(program):
        (tmp_path / "stub.py").write_text(program.format(folder=str(RIVALS)))
        rival = anytime_rivals.Rival(str(tmp_path / "stub.py"), "none.txt")
        monkeypatch.setattr(anytime_rivals, "RIVALS", {"stub": rival})
        monkeypatch.setattr(anytime_rivals, "installed", lambda *_: sys.executable)
        return anytime_rivals.raced("stub", "trec", 1.0, 0, tmp_path)

    return made


def test_a_rival_is_given_texts_and_no_label_of_the_test_part(two_sets, tmp_path):
    from anytime_rivals import task_of
    from data_sets import loaded

    dataset = loaded("trec", 0)
    task_of(dataset, "en", 60.0, 7).save(tmp_path)
    given = json.loads((tmp_path / "task.json").read_text())
    assert given["test"] == [f"test text {number}" for number in range(6)]
    for role in ("train", "validation"):
        texts, labels = given[role]
        assert labels == [int(text.split()[-1]) % 2 for text in texts]
    assert len(given["train"][0]) + len(given["validation"][0]) == 40
    assert (given["seconds"], given["classes"], given["seed"]) == (60.0, 2, 7)


def test_the_answers_of_a_rival_are_compared_with_the_labels(two_sets, stub):
    row = stub(STUB)
    assert (row["accuracy"], row["validation"], row["texts"]) == (0.5, 0.5, 6)
    assert row["facts"] == "zeros"
    assert set(row["versions"]) == {"numpy"}
    assert row["seconds"] > 0


def test_a_rival_that_fails_says_its_last_line(two_sets, stub):
    from anytime_rivals import MethodFailed

    with pytest.raises(MethodFailed, match=r"^ImportError: no wheel$"):
        stub("raise ImportError('no wheel')")


def test_a_rival_that_takes_too_long_is_stopped():
    from anytime_rivals import MethodFailed, called

    with pytest.raises(MethodFailed, match=r"gave no answer within 0 seconds"):
        called([sys.executable, "-c", "import time; time.sleep(60)"], 0.2)


def test_an_environment_is_made_again_only_where_the_versions_changed(tmp_path, monkeypatch):
    import anytime_rivals

    commands = []
    monkeypatch.setattr(anytime_rivals, "called", commands.append)
    monkeypatch.setattr(
        anytime_rivals.venv, "create", lambda folder, **_: folder.mkdir(exist_ok=True)
    )
    python = anytime_rivals.installed("flaml", tmp_path)
    assert python == tmp_path / "flaml" / "bin" / "python"
    assert anytime_rivals.installed("flaml", tmp_path) == python
    assert len(commands) == 1
    (tmp_path / "flaml" / "installed.txt").write_text("flaml==1.0\n")
    anytime_rivals.installed("flaml", tmp_path)
    assert len(commands) == 2


def test_every_rival_has_a_program_and_pinned_versions():
    from anytime_rivals import RIVALS as known

    for rival in known.values():
        assert (RIVALS / rival.program).exists()
        lines = (RIVALS / rival.versions).read_text().splitlines()
        assert lines
        assert all("==" in line for line in lines)


def test_characters_are_spaced_only_where_words_are_not():
    from exchange import spaced

    assert spaced("环境 也好", "zh") == "环 境 也 好"
    assert spaced("it is good", "en") == "it is good"
