"""What more labelled texts would gain."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli
from attn_tuner.errors import DataError, RunError
from tests.support import sentiment


def many_words(count, words=150, seed=0, noise=0.0):
    """Texts of five words out of many, half of each class's own: learning takes many texts."""
    random = np.random.default_rng(seed)
    truth = np.arange(count) % 2
    texts = [
        " ".join(
            f"{'common' if word % 2 else 'ab'[label]}{word}"
            for word in random.integers(0, words, 5).tolist()
        )
        for label in truth.tolist()
    ]
    labels = np.where(random.random(count) < noise, 1 - truth, truth)
    return {"text": texts, "label": [("yes", "no")[label] for label in labels.tolist()]}


@pytest.fixture(scope="module")
def curve():
    return attn_tuner.learning_curve(many_words(400))


def test_where_models_have_too_few_texts_more_of_them_gain(curve):
    accuracies = curve.accuracies
    assert accuracies[-1] > accuracies[0] + 10
    gain = curve.gain(400)
    assert gain.points > 1
    assert gain.low <= gain.points <= gain.high
    assert curve.gain(100).points < gain.points


def test_the_forecast_is_near_to_what_twice_as_many_texts_give(curve):
    twice = attn_tuner.learning_curve(many_words(800))
    # Of 800 texts models learn from 640, and of 400 from 320.
    assert curve.accuracy(640).points == pytest.approx(twice.accuracies[-1], abs=5)


def test_where_labels_are_drawn_at_random_more_texts_gain_little():
    curve = attn_tuner.learning_curve(many_words(300, noise=0.5))
    assert curve.gain(300).low < 2


def test_a_class_with_enough_texts_has_a_curve_of_its_own(curve):
    assert set(curve.class_laws) == {"yes", "no"}
    assert 0 <= curve.accuracy(400, "yes").points <= 100
    few = attn_tuner.learning_curve(many_words(100))
    with pytest.raises(DataError, match="The class 'yes' has 50 labelled texts, too few"):
        few.gain(10, "yes")
    with pytest.raises(DataError, match="No class is called 'maybe'"):
        few.gain(10, "maybe")


@pytest.mark.parametrize("more", [0, -1, 2.5, True, "500", 10**400])
def test_a_number_of_texts_that_is_none_is_refused(curve, more):
    with pytest.raises(DataError, match=r"It should be a whole number from 1 to 1,000"):
        curve.gain(more)


def test_the_labels_of_a_test_part_change_nothing():
    data = many_words(120)
    test = many_words(40, seed=1)
    swapped = {**test, "label": test["label"][::-1]}
    one, other = (attn_tuner.learning_curve(data, test=each) for each in (test, swapped))
    assert one.texts == other.texts == 120
    assert one.accuracies == other.accuracies


def test_too_few_texts_are_refused_with_what_to_do():
    with pytest.raises(DataError, match="has 40 labelled texts, and a learning curve needs 50"):
        attn_tuner.learning_curve(many_words(40))


def test_texts_of_one_class_are_refused():
    data = many_words(80)
    with pytest.raises(DataError, match="class"):
        attn_tuner.learning_curve({**data, "label": ["yes"] * 80})


def test_several_labels_per_text_are_refused():
    data = many_words(80)
    labels = [[name] if row % 3 else ["yes", "no"] for row, name in enumerate(data["label"])]
    with pytest.raises(DataError, match="is a multilabel set"):
        attn_tuner.learning_curve((data["text"], labels))


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ("sensor-demo", "sensor-demo holds"),
        ((np.zeros((60, 8, 2)), np.arange(60) % 2), "the data are"),
        ([[1.5, 2.5], [3.5, 4.5]], "the data are"),
    ],
    ids=["name", "array", "lists"],
)
@pytest.mark.parametrize("reads", [attn_tuner.check, attn_tuner.learning_curve])
def test_series_are_refused_with_what_reads_them(reads, data, named):
    said = rf"{reads.__name__}\(\) reads texts, and {named} series of numbers\. Give texts"
    with pytest.raises(DataError, match=rf"{said}.*attn_tuner\.search\(\)"):
        reads(data)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    done = CliRunner().invoke(cli.app, ["learning-curve", str(tmp_path / "empty.csv")])
    assert isinstance(done.exception, DataError)


def test_another_hour_of_search_stands_beside_more_texts(tmp_path):
    run = sentiment.make_run(tmp_path / "run")
    curve = attn_tuner.learning_curve(many_words(60), run=run)
    assert "Search  Another 1h" in curve.summary()
    assert "would raise the best score by about" in curve.summary()
    with pytest.raises(RunError, match="is not a run folder"):
        attn_tuner.learning_curve(many_words(60), run=tmp_path)


def test_what_a_class_is_called_runs_neither_in_a_terminal_nor_in_a_notebook():
    data = many_words(240)
    names = {"yes": "yes\x1b[2J<script>alert(1)</script>", "no": "no"}
    curve = attn_tuner.learning_curve({**data, "label": [names[each] for each in data["label"]]})
    assert "\x1b" not in curve.summary()
    assert "<script>" not in curve._repr_html_()


@pytest.fixture
def table(tmp_path):
    data = many_words(200)
    rows = [f"{text},{label}" for text, label in zip(*data.values(), strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return str(tmp_path / "a.csv")


def test_the_command_says_what_so_many_more_texts_gain(table):
    done = CliRunner().invoke(cli.app, ["learning-curve", table, "--more", "150"])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert "Data    a.csv: 200 labelled texts" in lines
    assert [line for line in lines if line.startswith("More    150 more labelled texts: +")]
    assert not [line for line in lines if "held out" in line]  # A curve divides them anew.


def test_the_command_prints_a_line_of_json_for_each_estimate(table):
    done = CliRunner().invoke(cli.app, ["learning-curve", table, "--json"])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows[0]["texts"] == 200
    assert [each["texts"] for each in rows if each["finding"] == "measured"][-1] == 160
    gains = [each for each in rows if each["finding"] == "gain" and each["label"] is None]
    assert [each["more"] for each in gains] == [50, 100, 200]
    assert all(each["low"] <= each["points"] <= each["high"] for each in gains)
