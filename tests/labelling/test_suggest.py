"""Which texts of a pool are suggested for labels, and the table that they are written into."""

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli
from attn_tuner.errors import DataError, RunError
from attn_tuner.finalizing.ensemble import ensemble_model
from attn_tuner.labelling.members import member_answers
from tests.support import sentiment

NEW = ["good film not seen", "bad bad hotel", "the very hotel", "a film a film a hotel"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return sentiment.make_run(tmp_path_factory.mktemp("suggest") / "run", trials=3)


def test_the_text_that_the_model_is_unsure_of_is_suggested_first(run):
    found = attn_tuner.suggest(run, ["good good film", "the very hotel", "bad bad hotel"], n=1)
    assert [each.text for each in found] == ["the very hotel"]
    assert found[0].row == 2
    assert found[0].uncertainty > 0.8


def test_a_text_that_the_search_has_read_is_not_suggested_whatever_its_case(run):
    known, _ = sentiment.make_texts(40, seed=5)
    found = attn_tuner.suggest(run, [known[0].upper(), *known[1:5], *NEW], n=20)
    assert sorted(each.text for each in found) == sorted(NEW)
    with pytest.raises(DataError, match="None of the 5 texts can be suggested"):
        attn_tuner.suggest(run, known[:5])


def test_a_text_is_suggested_once_however_often_it_is_given(run):
    found = attn_tuner.suggest(run, [*NEW, *NEW, "The very  HOTEL"], n=20)
    assert sorted(each.text for each in found) == sorted(NEW)
    assert all(each.row <= len(NEW) for each in found)


@pytest.mark.parametrize("texts", [[], [""], ["  ", "..."]])
def test_without_a_text_that_has_words_nothing_is_suggested(run, texts):
    with pytest.raises(DataError, match=r"No texts were given|None of the \d texts"):
        attn_tuner.suggest(run, texts)


def test_an_empty_file_is_refused(run, tmp_path):
    (tmp_path / "pool.txt").write_text("")
    with pytest.raises(DataError):
        attn_tuner.suggest(run, tmp_path / "pool.txt")


@pytest.mark.parametrize("n", [0, -3, 1.5, True])
def test_a_number_of_texts_that_is_none_is_refused(run, n):
    with pytest.raises(DataError, match=r"n is .*whole number of at least 1"):
        attn_tuner.suggest(run, NEW, n=n)


def test_a_run_without_a_model_is_refused(tmp_path):
    run = sentiment.make_run(tmp_path / "run", trials=2, finished=False)
    with pytest.raises(RunError, match="has no model yet"):
        attn_tuner.suggest(run, NEW)


def test_rows_that_have_a_label_already_are_left_out(run):
    table = {"text": NEW, "label": ["", "bad", None, "good"], "source": list("abcd")}
    found = attn_tuner.suggest(run, table, n=20)
    assert sorted(each.row for each in found) == [1, 3]


@pytest.mark.parametrize("column", ["verdict", "review.verdict"])
def test_the_column_of_labels_is_that_which_the_search_read(column, tmp_path):
    run = sentiment.make_run(tmp_path / "run", trials=2)
    sentiment.change_plan(run, label_column=column)
    verdicts = ["", "bad", None, "good"]
    record = [{"verdict": each} for each in verdicts]
    found = attn_tuner.suggest(run, {"text": NEW, "verdict": verdicts, "review": record}, n=20)
    assert sorted(each.row for each in found) == [1, 3]
    attn_tuner.suggest(run, NEW).write(tmp_path / "label_me.csv")
    head = (tmp_path / "label_me.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert head == f"text,{column}"


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"task": "sequence", "classes": []}, "has pairs of texts"), ({"input": "series"}, "series")],
    ids=["pairs", "series"],
)
@pytest.mark.parametrize("command", ["suggest", "monitor"])
def test_a_run_of_pairs_or_series_is_refused_before_texts_are_read(
    command, changes, said, tmp_path
):
    run = sentiment.make_run(tmp_path / "run", trials=2)
    sentiment.change_plan(run, **changes)
    with pytest.raises(DataError, match=rf"{command}\(\) works for texts.*{said}"):
        getattr(attn_tuner, command)(run, object())
    done = CliRunner().invoke(cli.app, [command, str(run), "no such file.csv"])
    assert isinstance(done.exception, DataError)
    assert f"attn-tuner {command} works for texts" in str(done.exception)


def test_the_table_to_label_has_the_columns_of_the_texts_and_empty_labels(run, tmp_path):
    table = {"text": NEW, "source": list("abcd")}
    found = attn_tuner.suggest(run, table, n=3)
    found.write(tmp_path / "label_me.csv")
    with open(tmp_path / "label_me.csv", encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [each["text"] for each in rows] == [each.text for each in found]
    assert all(each["source"] == "abcd"[NEW.index(each["text"])] for each in rows)
    assert {each["label"] for each in rows} == {""}
    with pytest.raises(DataError, match="exists, and texts may have been labelled in it"):
        found.write(tmp_path / "label_me.csv")
    with pytest.raises(DataError, match=r"is a \.csv file"):
        found.write(tmp_path / "label_me.xlsx")


def test_a_filled_table_is_data_for_a_search(run, tmp_path):
    found = attn_tuner.suggest(run, [f"{one} {other}" for one in NEW for other in NEW], n=12)
    found.write(tmp_path / "label_me.csv")
    lines = (tmp_path / "label_me.csv").read_text(encoding="utf-8-sig").splitlines()
    labelled = [
        lines[0],
        *(f"{line}{'good' if row % 2 else 'bad'}" for row, line in enumerate(lines[1:])),
    ]
    (tmp_path / "label_me.csv").write_text("\n".join(labelled), encoding="utf-8-sig")
    data = attn_tuner.text.load(tmp_path / "label_me.csv")
    assert data.classes == ("bad", "good")
    assert sum(map(len, data.parts().values())) == 12


def test_each_member_of_an_average_answers_for_itself():
    single = sentiment.make_bundle()
    flipped = sentiment.make_bundle()
    weights = [-each for each in flipped.model.get_layer("probabilities").get_weights()]
    flipped.model.get_layer("probabilities").set_weights(weights)
    model = ensemble_model([single.model, flipped.model], [0.5, 0.5])
    bundle = type(single)(single.vectorizer, model, single.classes, 64)
    texts = ["good film", "bad film"]
    found = member_answers(bundle, texts)
    assert found.shape == (2, 2, 2)
    np.testing.assert_allclose(found[0], single.predict(texts), atol=1e-6)
    np.testing.assert_allclose(found[1], flipped.predict(texts), atol=1e-6)
    np.testing.assert_allclose(found.mean(axis=0), bundle.predict(texts), atol=1e-6)
    assert member_answers(single, texts).shape == (1, 2, 2)


def test_the_command_writes_the_table_or_prints_the_texts(run, tmp_path):
    (tmp_path / "pool.txt").write_text("\n".join(NEW), encoding="utf-8")
    asked = ["suggest", str(run), str(tmp_path / "pool.txt"), "--n", "2"]
    done = CliRunner().invoke(cli.app, [*asked, "--out", str(tmp_path / "out.csv")])
    assert done.exit_code == 0, done.output
    assert "2 texts to label were written to" in done.stdout
    assert (tmp_path / "out.csv").read_text(encoding="utf-8-sig").startswith("text,label\n")
    done = CliRunner().invoke(cli.app, asked)
    assert done.stdout.startswith("2 of 4 texts to label next")
    done = CliRunner().invoke(cli.app, [*asked, "--json"])
    assert [set(json.loads(line)) for line in done.stdout.splitlines()] == 2 * [
        {"row", "text", "guess", "uncertainty"}
    ]


def test_what_a_text_holds_runs_neither_in_a_terminal_nor_in_a_notebook(run):
    found = attn_tuner.suggest(run, ["film \x1b[2J\u202e\nhotel<script>alert(1)</script>"])
    assert "\x1b" not in found.summary()
    assert len(found.summary().splitlines()) == 2
    assert "<script>" not in found._repr_html_()
