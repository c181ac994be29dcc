"""The last lines of a search: the answer, the linear baseline, where the model is, what is next."""

from dataclasses import replace
from pathlib import Path

import pytest

from attn_tuner.reporting.outcome_text import (
    LABEL_WIDTH,
    hang,
    next_commands,
    outcome_notes,
    outcome_rows,
)
from attn_tuner.search_result import SearchResult, next_lines
from attn_tuner.storage.run import Run


@pytest.fixture
def run(run_folder):
    return Run.read(run_folder)


def outcome(run, **changes):
    return replace(run, outcome={**run.outcome, **changes})


def test_the_answer_is_a_share_of_test_texts_with_its_interval_and_its_model(run):
    answer = dict(outcome_rows(run))["Answer"]
    assert answer.startswith(
        "92.0 % of 400 test texts right (95 % interval 88.9 to 94.3 %): trial "
    )
    assert " + " in answer


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [
        (0.92, "80.0 %. The model is 12.0 points better."),
        (0.82, "80.0 %. The model is 2.0 points better; the difference may be chance."),
        (0.8, "80.0 %. The model is as good."),
        (0.7, "80.0 %. The model is 10.0 points worse."),
    ],
)
def test_the_linear_baseline_is_compared_on_the_same_texts(run, accuracy, said):
    found = outcome(run, test={**run.outcome["test"], "accuracy": accuracy})
    assert dict(outcome_rows(found))["Linear"] == said


def test_without_a_test_part_the_validation_part_is_named(run):
    found = outcome(run, test={}, validation={"accuracy": 0.9})
    rows = dict(outcome_rows(found))
    assert rows["Answer"].startswith("90.0 % of the validation texts right: ")
    assert rows["Linear"] == "80.0 %. The model is 10.0 points better."
    assert dict(outcome_rows(replace(found, baselines=())))["Linear"] == (
        "The linear baseline was not measured."
    )


def test_a_task_without_accuracy_is_answered_by_its_objective(run):
    found = outcome(replace(run, plan=replace(run.plan, objective="auc")), test={"auc": 0.93})
    rows = dict(outcome_rows(found))
    assert rows["Answer"].startswith("auc 0.9300 on 400 test texts: trial ")
    assert rows["Linear"] == "auc 0.8500."


def test_a_search_that_has_not_ended_says_how_it_continues(begun_folder):
    rows = outcome_rows(Run.read(begun_folder))
    assert rows == [("Answer", "The search has not ended yet. The same command continues it.")]
    assert "Next" not in SearchResult(begun_folder).summary()


def test_what_a_reader_must_know_of_the_scores_is_listed(run):
    found = outcome(run, lacking={"test": ["bad"]}, remarks=["Too short."])
    first, second = outcome_notes(replace(found, notes=()))
    assert "no text of class 'bad'" in first
    assert second == "Too short."


def test_the_commands_that_go_on_can_be_pasted(run, monkeypatch):
    monkeypatch.chdir(run.directory.parent)
    assert f'attn-tuner predict {run.directory.name} "a text"' in next_commands(run)
    monkeypatch.chdir("/")
    spaced = replace(run, directory=Path("other") / "my run")
    assert "attn-tuner report 'other/my run'" in next_commands(spaced)
    for name in ("predict", "report", "serve", "export"):
        assert any(f"attn-tuner {name} " in command for command in next_commands(run))


@pytest.mark.parametrize(("width", "rows"), [(60, 4), (120, 2)])
def test_commands_are_laid_out_by_the_width_of_the_terminal(run, monkeypatch, width, rows):
    monkeypatch.chdir(run.directory.parent)
    lines = next_lines(next_commands(run), width)
    assert len(lines) == rows
    assert max(map(len, lines)) <= width
    assert [line[:LABEL_WIDTH].strip() for line in lines] == ["Next", *[""] * (rows - 1)]


def test_a_line_wider_than_the_terminal_goes_on_behind_its_label():
    text = "Data    demo: 3,600 texts, 2 classes\nNext    one   two"
    assert hang(text, 30).splitlines() == [
        "Data    demo: 3,600 texts, 2",
        "        classes",
        "Next    one   two",
    ]
    assert hang(text, 60) == text


def test_a_summary_has_five_lines(run_folder):
    summary = SearchResult(run_folder).summary()
    labels = [line[:LABEL_WIDTH].strip() for line in summary.splitlines()]
    assert [label for label in labels if label] == ["Answer", "Linear", "Model", "Next"]


def test_a_notebook_shows_the_outcome_and_the_leaderboard_with_everything_escaped(hostile_folder):
    html = SearchResult(hostile_folder)._repr_html_()
    assert "<script" not in html
    assert "<strong>Answer</strong> 92.0 %" in html
    assert "result.report()" in html
    assert "<table" in html
