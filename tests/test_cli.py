"""The command as a person types it: what it prints, and the one sentence for what cannot be."""

import io
import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli
from attn_tuner.errors import AttnTunerError
from attn_tuner.registry import PACKAGES
from attn_tuner.settings.toml_file import CONFIG, read_settings
from attn_tuner.storage.layout import OUTCOME
from attn_tuner.storage.plan import Plan
from attn_tuner.verbosity import set_verbosity
from tests.support.colours import BRIEF, colours, in_this_process


def write_csv(path, texts, labels):
    lines = [f'"{text}",{label}' for text, label in zip(texts, labels, strict=True)]
    path.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    return path


def space_file(path):
    lines = [f"{name!r} = {json.dumps(value)}" for name, value in BRIEF.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def call(*arguments, given=None):
    return CliRunner().invoke(cli.app, [str(each) for each in arguments], input=given)


@pytest.fixture(scope="module")
def run(finished_folder):
    return finished_folder


def test_search_prints_a_line_a_trial_and_the_outcome_and_writes_its_settings(tmp_path):
    data = write_csv(tmp_path / "colours.csv", *colours())
    space = space_file(tmp_path / "space.toml")
    with in_this_process():
        done = call(
            *("search", data, "--out", tmp_path / "run", "--max-trials", 1),
            *("--space", space, "--epochs", 4, "--tuner", "random"),
        )
    assert done.exit_code == 0, done.output
    first, columns, *notes, second, third, trial = done.stderr.splitlines()[:7]
    assert columns == "Columns of colours.csv: text 'text', label 'label'."
    assert ["held out" in note for note in notes] == [True, True]
    assert first.startswith("Data    colours.csv: 240 texts, 2 classes, ")
    assert second.startswith("Plan    no time limit, at most 1 trial of up to 4 epochs, ")
    assert third.split() == ["trial", "accuracy", "time", "model"]
    assert trial.split()[0] == "0"
    assert trial.endswith("none + mean")
    answer, linear, model, *following = done.stdout.splitlines()
    assert re.match(r"Answer  [\d.]+ % of \d+ test texts right \(95 % interval ", answer)
    assert re.search(r": .*trial 0", answer)
    assert re.match(r"Linear  [\d.]+ %. The model is ([\d.]+ points|as good)", linear)
    assert model.startswith(f"Model   {tmp_path / 'run' / 'best'}, a SavedModel of ")
    commands = ("predict", "report", "serve", "export")
    assert all(f"attn-tuner {command} " in "".join(following) for command in commands)
    found = read_settings(tmp_path / "run" / CONFIG)
    assert (found.pop("data"), found.pop("space")) == (str(data), str(space))
    directory = str(tmp_path / "run")
    assert found == {"max_trials": 1, "epochs": 4, "tuner": "random", "directory": directory}
    with in_this_process():
        again = call("search", "-v", "--config", tmp_path / "run" / CONFIG)
    assert again.exit_code == 0, again.output
    assert "majority class" in again.stdout
    assert "checked in a fresh process" in again.stdout
    set_verbosity(0)


def test_a_damaged_export_is_answered_for_by_the_model_in_keras(finished_copy):
    (finished_copy / "best" / "saved_model.pb").unlink()
    done = call("predict", finished_copy, "a red box")
    assert done.stdout.startswith("warm\t")


def test_doctor_ends_with_what_is_wrong(monkeypatch):
    for ready in (True, False):
        said = "attn_tuner.system.installation.check_installation"
        monkeypatch.setattr(said, lambda self_test, ready=ready: ready)
        assert call("doctor").exit_code == (0 if ready else 1)


def test_a_shell_completes_commands_and_kinds_of_parts():
    environment = {"_ATTN_TUNER_COMPLETE": "complete_bash", "COMP_CWORD": "2"}
    given = {**environment, "COMP_WORDS": "attn-tuner list enc"}
    done = CliRunner().invoke(cli.app, [], env=given, prog_name="attn-tuner")
    assert done.stdout.strip() == "encoders"


def test_the_version_and_the_kinds_of_parts_are_printed():
    assert call("--version").stdout == f"attn-tuner {attn_tuner.__version__}\n"
    assert call("list").stdout.splitlines() == [f"attn-tuner list {each}" for each in PACKAGES]


def test_a_folder_inside_a_run_folder_is_refused_with_the_one_to_give(run):
    for command in ("predict", "serve"):
        refused = call(command, run / "best", *(["a text"] if command == "predict" else []))
        assert str(refused.exception).endswith(f"It lies in one: give {run}.")


def test_predict_says_on_a_terminal_that_it_waits_for_texts(run, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a red box\n")))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    cli.predict(run)
    printed = capsys.readouterr()
    assert printed.err.splitlines()[0] == "Type one text per line; Ctrl-D ends."
    assert printed.out.startswith("warm")


def test_predict_answers_texts_given_as_arguments(run):
    done = call("predict", run, "a red box", "the blue box")
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["warm", "cold"]


def test_predict_answers_the_lines_of_standard_input_as_json(run):
    done = call("predict", run, "--json", given="a red box\nthe blue box\n")
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["label"] for answer in answers] == ["warm", "cold"]
    assert sum(answers[0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    """A table whose texts have commas and line breaks."""
    path = tmp_path_factory.mktemp("reviews") / "reviews.csv"
    path.write_text('id,text\n1,"a red box,\na red box"\n2,the blue box\n', encoding="utf-8")
    return path


def test_predict_answers_each_row_of_a_table(run, reviews):
    for given in ((reviews,), ("--text", "text", reviews)):
        done = call("predict", run, *given)
        assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["warm", "cold"]
    piped = call("predict", run, given=reviews.read_text(encoding="utf-8"))
    assert [line.split("\t")[0] for line in piped.stdout.splitlines()] == ["warm", "cold"]
    assert "read as a table" in piped.stderr


def test_predict_and_explain_join_the_columns_that_the_search_joined(finished_copy, tmp_path):
    plan = Plan.load(finished_copy)
    asked = {**plan.asked, "text": ["first", "second"]}
    replace(plan, asked=asked).save(finished_copy)
    (tmp_path / "pairs.csv").write_text("first,second\na red,box\nthe blue,box\n")
    (tmp_path / "half.csv").write_text("first,other\na red,box\n")
    for command in ("predict", "explain"):
        done = call(command, finished_copy, tmp_path / "pairs.csv", "--json")
        texts = [json.loads(line)["text"] for line in done.stdout.splitlines()]
        assert texts == ["a red ¦ box", "the blue ¦ box"]
        refused = call(command, finished_copy, tmp_path / "half.csv").exception
        assert "half.csv has no column 'second'" in str(refused)
    found = attn_tuner.load(finished_copy).predict({"first": "a red", "second": "box"})
    assert [each.text for each in found] == ["a red ¦ box"]


def test_predict_adds_a_column_of_answers_to_the_table(run, reviews, tmp_path):
    done = call("predict", run, reviews, "--out", tmp_path / "answers.jsonl")
    assert "2 predictions were written to" in done.stdout
    lines = (tmp_path / "answers.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["prediction"] for line in lines] == ["warm", "cold"]
    assert [json.loads(line)["id"] for line in lines] == ["1", "2"]


def test_a_table_that_is_not_there_is_no_text(run):
    for command in ("predict", "explain"):
        assert "reviews.csv does not exist" in refusal(command, run, "reviews.csv")
        assert "must end in" in refusal(command, run, "a text", "--out", "answers.doc")


def test_explain_writes_the_table_with_its_explanations(run, reviews, tmp_path):
    call("explain", run, reviews, "--out", tmp_path / "explained.jsonl")
    lines = (tmp_path / "explained.jsonl").read_text(encoding="utf-8").splitlines()
    facts = [json.loads(line) for line in lines]
    assert [each["prediction"] for each in facts] == ["warm", "cold"]
    assert "red" in [token["token"] for token in facts[0]["explanation"]["tokens"]]


def test_export_prints_what_was_written_its_size_and_the_difference(run, tmp_path):
    with in_this_process():
        done = call("export", run, tmp_path / "out", "--format", "keras")
    assert "keras" in done.stdout
    assert "trained again" not in done.stdout
    assert (tmp_path / "out").is_dir()


def test_export_says_that_a_model_has_learnt_from_the_texts_of_its_accuracies(
    finished_copy, tmp_path
):
    outcome = json.loads((finished_copy / OUTCOME).read_text(encoding="utf-8"))
    (finished_copy / OUTCOME).write_text(json.dumps({**outcome, "refit": True}), encoding="utf-8")
    with in_this_process():
        done = call("export", finished_copy, tmp_path / "out", "--format", "keras")
    assert "trained again on the validation texts, so only the difference" in done.stdout


def test_report_prints_where_the_page_is(finished_copy):
    done = call("report", finished_copy)
    page = Path("".join(done.stdout.split("\n")))
    assert page == finished_copy / "report.html"
    assert "<html" in page.read_text(encoding="utf-8")


def test_report_takes_columns_of_a_table(finished_copy, tmp_path):
    table = tmp_path / "more.csv"
    table.write_text("text,source\nanother text,web\n", encoding="utf-8")
    done = call("report", finished_copy, "--slice", "source", "--table", table)
    assert "none of the validation texts" in str(done.exception)


def test_explain_gives_tokens_with_weights_as_json(run):
    done = call("explain", run, "--json", "a red box")
    found = json.loads(done.stdout)
    assert found["label"] == "warm"
    assert "red" in done.stdout


def test_explain_shows_the_text_on_the_terminal(run):
    assert "red" in call("explain", run, "a red box").stdout


def test_watch_of_an_ended_search_prints_its_standing_and_returns(run):
    assert "trial" in call("watch", run).stdout


def test_list_shows_equation_cost_and_paper_of_every_head():
    done = call("list", "heads")
    assert "additive" in done.stdout
    assert "Yang et al. 2016" in done.stdout
    assert "equation" in done.stdout
    assert "cost" in done.stdout


def refusal(*arguments) -> str:
    done = call(*arguments)
    assert done.exit_code != 0
    assert isinstance(done.exception, AttnTunerError), done.exception
    return str(done.exception)


def test_a_kind_that_does_not_exist_is_answered_with_those_that_do():
    assert "Did you mean 'heads'" in refusal("list", "head")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (None, "missing.csv"),
        ("text,label\n", "no rows"),
        ("words,kind\nred,warm\n", "column"),
        ("text,label\nred,warm\nblue,warm\nx,warm\n", "class"),
        ("text,label\nred,warm\nblue,cold\norange,warm\n", "cold"),
        ("text,label\nred,warm\nblue,\n", "label"),
    ],
)
def test_data_that_cannot_be_used_gets_one_sentence(tmp_path, rows, said):
    data = tmp_path / ("missing.csv" if rows is None else "data.csv")
    if rows is not None:
        data.write_text(rows)
    sentence = refusal("search", data, "--out", tmp_path / "run")
    assert said in sentence
    assert "\n" not in sentence


def test_texts_are_not_rationed_by_a_tuner_without_rungs(tmp_path):
    said = refusal("search", "demo", "--out", tmp_path / "run", "--fidelity", "texts")
    assert "Take tuner='hyperband'" in said
    assert not (tmp_path / "run").exists()


def test_a_run_folder_that_is_none_is_named(tmp_path):
    assert "is not a run folder" in refusal("predict", tmp_path, "a text")


@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_a_terminal_that_knows_ascii_only_gets_every_answer(run, monkeypatch, extra):
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, encoding="ascii"))
    monkeypatch.setattr("sys.argv", ["attn-tuner", "predict", str(run), "grün ♥", *extra])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    sys.stdout.flush()
    shown = written.getvalue().decode("ascii")
    assert "gr\\" in shown
    if extra:
        assert json.loads(shown)["text"] == "grün ♥"


def test_main_prints_the_sentence_without_a_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.argv", ["attn-tuner", "predict", str(tmp_path), "a text"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    shown = capsys.readouterr().err
    assert shown.startswith("attn-tuner: ")
    assert "Traceback" not in shown
