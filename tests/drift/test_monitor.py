"""`attn_tuner.monitor`, from a run folder and new texts to a verdict."""

import json
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli
from attn_tuner.drift.page import write_page
from attn_tuner.errors import DataError, RunError
from attn_tuner.storage.checkpoints import save_probabilities
from attn_tuner.text import Split, TokenStore, Vectorizer
from tests.support import sentiment


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    run = sentiment.make_run(tmp_path_factory.mktemp("monitor") / "run", trials=2, texts=400)
    texts, labels = sentiment.make_texts(400)
    store = TokenStore.encode(Split(texts, labels), Vectorizer(sentiment.WORDS))
    store.save(run / "data" / "validation")
    save_probabilities(sentiment.make_bundle().predict(texts), run)
    return run


def new_texts(count=200, seed=9):
    return sentiment.make_texts(count, seed)


def test_texts_of_the_same_source_are_alike(run):
    texts, _ = new_texts()
    found = attn_tuner.monitor(run, texts)
    assert not found.off
    assert "200 new texts, 400 validation texts: no difference" in found.summary()
    assert found.accuracy.points == pytest.approx(found.accuracy.before, abs=5)


def test_texts_of_unknown_words_are_called_different(run):
    texts, _ = new_texts()
    found = attn_tuner.monitor(run, [f"{text} zxq vbn" for text in texts])
    assert found.off
    assert "unknown words" in [each.name for each in found.comparisons if each.differs]


def test_labels_in_the_table_are_compared_with_the_answers(run):
    texts, labels = new_texts()
    names = [("bad", "good")[label] for label in labels]
    right = attn_tuner.monitor(run, {"text": texts, "label": names})
    assert right.labelled.texts == 200
    assert not right.off
    half = ["bad" if name == "good" and row % 4 else name for row, name in enumerate(names)]
    wrong = attn_tuner.monitor(run, {"text": texts, "label": half})
    assert wrong.labelled.points < right.labelled.points - 20
    assert wrong.off
    assert "the accuracy has fallen" in wrong.summary()
    some = attn_tuner.monitor(run, {"text": texts, "label": [*names[:60], *[""] * 140]})
    assert some.labelled.texts == 60


def test_labels_are_read_as_the_search_reads_them(run, tmp_path):
    numbered = tmp_path / "run"
    shutil.copytree(run, numbered)
    sentiment.change_plan(numbered, classes=["0", "1"], label_column="Verdict")
    texts, labels = new_texts()
    named = attn_tuner.monitor(run, {"text": texts, "label": np.array(["bad", "good"])[labels]})
    gaps = [*map(float, labels[:-1]), float("nan")]
    found = attn_tuner.monitor(numbered, {"text": texts, "Verdict": gaps})
    assert found.labelled.texts == 199
    assert found.labelled.points == pytest.approx(named.labelled.points, abs=1)


def test_labels_in_other_spellings_of_a_class_are_that_class(run, tmp_path):
    spelled = tmp_path / "run"
    shutil.copytree(run, spelled)
    sentiment.change_plan(spelled, classes=["not good", "très bon"])
    texts, labels = new_texts()
    named = attn_tuner.monitor(run, {"text": texts, "label": np.array(["bad", "good"])[labels]})
    other = np.array(["not  good\u200b", "tre\u0300s\tbon"])[labels]
    found = attn_tuner.monitor(spelled, {"text": texts, "label": other})
    assert found.labelled.points == pytest.approx(named.labelled.points, abs=1)


def test_labels_of_other_names_are_refused_and_one_counts_as_missed(run):
    texts, labels = new_texts()
    with pytest.raises(DataError, match="No label in column 'label' is a class of the search"):
        attn_tuner.monitor(run, {"text": texts, "label": labels})
    new = ["fair", *np.array(["bad", "good"])[labels[1:]]]
    some = attn_tuner.monitor(run, {"text": texts, "label": new})
    assert some.labelled.texts == 200


@pytest.mark.parametrize("texts", [[], ["a film"], ["a film"] * 49])
def test_too_few_texts_are_refused(run, texts):
    with pytest.raises(DataError, match=r"texts were given, and a comparison needs 50"):
        attn_tuner.monitor(run, texts)


def test_a_run_without_answers_is_refused(tmp_path):
    run = sentiment.make_run(tmp_path / "run", trials=2)
    with pytest.raises(RunError, match="holds no answers of its model"):
        attn_tuner.monitor(run, new_texts()[0])


def test_the_command_exits_with_3_where_texts_differ(run, tmp_path):
    texts, _ = new_texts()
    (tmp_path / "same.txt").write_text("\n".join(texts), encoding="utf-8")
    (tmp_path / "other.txt").write_text("\n".join(f"{text} zxq" for text in texts))
    done = CliRunner().invoke(cli.app, ["monitor", str(run), str(tmp_path / "same.txt")])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Texts     200 new texts")
    done = CliRunner().invoke(cli.app, ["monitor", str(run), str(tmp_path / "other.txt"), "--json"])
    assert done.exit_code == 2
    found = json.loads(done.stdout)
    assert found["off"] is True
    assert [each["name"] for each in found["comparisons"]] == [
        "lengths",
        "unknown words",
        "classes",
        "confidence",
    ]


def test_answers_are_those_of_the_texts_in_their_order(run):
    texts, labels = new_texts()
    found = attn_tuner.monitor(run, {"text": texts, "label": np.array(["bad", "good"])[labels]})
    expected = sentiment.make_bundle().predict(texts).argmax(axis=1) == labels
    assert found.labelled.points == pytest.approx(100 * expected.mean())


def test_the_page_draws_what_was_compared_and_holds_it_as_tables(run, tmp_path):
    texts = [f"{text} zxq" for text in new_texts()[0]]
    page = tmp_path / "drift.html"
    found = attn_tuner.monitor(run, texts)
    assert write_page(found, "<reviews>", page) == page
    said = page.read_text(encoding="utf-8")
    assert "<h1>&lt;reviews&gt;</h1>" in said
    for name in ("lengths", "unknown-words", "classes", "confidence"):
        assert f'data-plot="drift-{name}"' in said
    assert "They differ (p &lt; 0.001): 0.0 % of the tokens before" in said
