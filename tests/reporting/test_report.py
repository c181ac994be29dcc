import re
from html.parser import HTMLParser

import numpy as np
import plotly.graph_objects
import pytest

from attn_tuner.errors import RunError
from attn_tuner.reporting.highlighting import marked_text
from attn_tuner.reporting.page import format_cell
from attn_tuner.reporting.report import collect_report, render_report, write_report
from attn_tuner.reporting.reproducibility import command
from attn_tuner.reporting.summary import summary_sentence
from attn_tuner.reporting.table_slices import Slices
from attn_tuner.storage.run import Run
from attn_tuner.storage.validation_data import Validation

ATTACK = "<script>alert(1)</script>"


class Page(HTMLParser):
    """What a browser would see: tags, attributes and the text outside scripts."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.words, self.inside = [], [], [], None
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attributes]
        self.inside = tag if tag in ("script", "style") else None

    def handle_data(self, data):
        if not self.inside:
            self.words.append(data)

    def handle_endtag(self, tag):
        self.inside = None

    @property
    def text(self):
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def gathered(run_folder):
    return collect_report(Run.read(run_folder), seconds=2)


@pytest.fixture(scope="module")
def page(gathered):
    return Page(render_report(gathered))


def test_the_report_is_one_file_under_6_mb(run_folder, tmp_path):
    out = write_report(run_folder, tmp_path / "there" / "report.html", seconds=0)
    assert out.stat().st_size < 6_000_000
    page = Page(out.read_text(encoding="utf-8"))
    loads = [each for each in page.attributes if each[1] in ("src", "href")]
    assert all(value.startswith("#") for _, _, value in loads)


def test_the_sections_come_in_their_order(page):
    sections = [value for tag, name, value in page.attributes if (tag, name) == ("section", "id")]
    assert sections == [
        *("answer", "verdict", "search", "model", "texts", "faithfulness", "card"),
    ]


def test_the_answer_stands_beside_the_linear_baseline(gathered, page):
    assert gathered["sentence"].endswith(
        "gets 92.0 % of the test texts right (95 % interval 88.9 % to 94.3 %). "
        "That is 12.0 points more than the linear baseline (80.0 %)."
    )
    assert gathered["sentence"] in page.text
    assert "tf.saved_model.load" in page.text
    assert gathered["costs"]["milliseconds"] > 0
    assert gathered["costs"]["parameters"] == 27


def test_every_figure_is_what_plotly_takes_and_has_a_table(gathered, page):
    names = [value for _, name, value in page.attributes if name == "data-plot"]
    assert len(names) == len(set(names)) > 10
    found = [*gathered["search"]["figures"], *gathered["search"]["slices"]]
    found += gathered["quality"]["figures"]
    for figure in found:
        plotly.graph_objects.Figure(figure.plot)
        assert figure.rows
        assert all(len(row) == len(figure.headers) for row in figure.rows)
        assert f"figure-{figure.name}" in [value for _, _, value in page.attributes]


def test_texts_are_shown_with_their_kind_and_most_attended_words(gathered, page):
    kinds = [value for tag, name, value in page.attributes if name == "data-kind"]
    assert set(kinds) >= {"confident", "wrong"}
    assert "mark" in page.tags
    assert "Most attended: good" in page.text


def test_faithfulness_is_told_in_plain_words(gathered, page):
    assert "Removing the 10 % most attended tokens changes" in page.text
    assert "integrated gradients" in page.text or gathered["examples"].faithfulness["notes"]


def test_the_card_says_how_to_get_the_same_again(run_folder, page):
    assert command(Run.read(run_folder)).startswith("attn-tuner search reviews.csv --max-time 60s")
    for word in ("0123456789abcdef", "learning_rate", "keras", "seed"):
        assert word in page.text


def test_scripts_in_data_are_shown_and_nowhere_run(hostile_folder):
    page = Page(render_report(collect_report(Run.read(hostile_folder), seconds=0)))
    assert page.tags.count("script") == 3  # The figures' data, Plotly, and ours.
    assert "img" not in page.tags
    assert not [each for each in page.attributes if each[1].startswith("on")]
    assert f"{ATTACK}.csv" in page.text
    assert "<img src=x onerror=alert(2)>" in "".join(page.words)


def test_only_the_scripts_of_the_report_may_run(page):
    (policy,) = [v for tag, n, v in page.attributes if n == "content" and "default-src" in v]
    assert "default-src 'none'" in policy
    assert policy.count("sha256-") == 2
    assert "unsafe-inline" not in policy.split("style-src")[0]


def test_a_search_that_runs_is_reported_as_far_as_it_is(begun_folder):
    page = Page(render_report(collect_report(Run.read(begun_folder))))
    assert "This search is still running: 3 trials" in page.text
    assert "3 trials so far; 8 are needed" in page.text


def test_a_search_without_trials_or_data_is_reported(begun_folder, tmp_path):
    (tmp_path / "plan.json").write_text((begun_folder / "plan.json").read_text())
    page = Page(render_report(collect_report(Run.read(tmp_path))))
    assert "No trial has a score yet." in page.text


def test_what_is_no_run_folder_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a run folder"):
        write_report(tmp_path)


def test_half_written_lines_and_lost_files_are_no_error(begun_folder, tmp_path):
    run = Run.read(begun_folder)
    (tmp_path / "data").mkdir()
    whole = '{"text": "go\u2028od", "label": "good"}\n{"text": "ba'
    (tmp_path / "data" / "validation.jsonl").write_text(whole)
    found = Validation.read(Run(tmp_path, run.plan))
    assert (found.texts, list(found.labels)) == (("go\u2028od",), [1])
    assert found.answers("07") is None


def test_probabilities_of_another_split_are_not_used(run_folder, tmp_path):
    run = Run.read(run_folder)
    found = Validation(run.directory, np.zeros(7, int))
    assert found.answers("00") is None
    assert found.linear() is None


def test_a_model_within_the_noise_of_the_baseline_is_said_to_be():
    rows = [
        {
            "name": name,
            "part": "test",
            "texts": 100,
            "accuracy": a,
            "low": a - 0.05,
            "high": a + 0.05,
        }
        for name, a in (("this model", 0.9), ("linear", 0.88))
    ]
    facts = {"scores": rows, "model_name": "additive on gru"}
    assert summary_sentence(facts).endswith("(88.0 %); the difference may be chance.")


def test_long_texts_keep_the_report_small(gathered):
    explanation = gathered["examples"].examples[0].explanation
    from dataclasses import replace

    padded = f"{explanation.text}{' ' * 100_000}"
    assert len(marked_text(replace(explanation, text=padded))) < 2_000


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *[(None, "–"), (float("nan"), "–"), (0.12345, "0.1235"), (12_345, "12,345")],
        *[(3e-5, "3e-05"), (True, "yes"), ("<b>", "<b>"), (0.0, "0.0000")],
    ],
)
def test_cells_are_short(value, words):
    assert format_cell(value) == words


def test_the_report_says_which_labels_to_check(page, gathered):
    assert "What to check in the data" in page.text
    assert gathered["quality"]["check"].sentence in page.text


def test_columns_of_a_table_are_searched_for_errors(run_folder):
    run = Run.read(run_folder)
    texts = list(Validation.read(run).texts)
    table = {"text": texts, "source": [("web", "post")[place % 2] for place in range(len(texts))]}
    plain = collect_report(run, seconds=0)["quality"]["hard"]
    sliced = collect_report(run, seconds=0, slices=Slices(("source",), table))["quality"]["hard"]
    assert sliced.tried == plain.tried + 2
