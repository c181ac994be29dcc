"""The page of `attn-tuner serve` in a browser."""

import csv
import io

import pytest

from attn_tuner.monitoring.live_trials import LiveTrials
from attn_tuner.storage.lock import held
from attn_tuner.storage.stop_request import stop_requested
from attn_tuner.tuning.events import Evaluated, TrialStarted
from tests.support import sentiment
from tests.support.serving import LOOKS, served

pytest.importorskip("uvicorn", reason="the extra serve is not installed")

ATTACK = "<script>alert(1)</script>"  # As the second class is called.
ANSWERED = 120_000  # Milliseconds; the first answer loads the model.


@pytest.fixture(scope="module")
def address(hostile_folder):
    with served(hostile_folder) as found:
        yield found


@pytest.fixture
def searching(tmp_path):
    """The folder of a search that runs, with a trial in hand."""
    folder = sentiment.make_run(tmp_path, classes=("bad", ATTACK), trials=8, finished=False)
    with held(folder):
        live = LiveTrials(folder, "accuracy")
        live(TrialStarted("08", {"encoder": "gru", "head": ATTACK, "learning_rate": 1e-3}))
        for epochs, accuracy in ((0.5, 0.6), (1.0, 0.7), (1.5, 0.75)):
            live(Evaluated("08", int(epochs), {"epochs": epochs, "accuracy": accuracy}))
        (folder / "clock.json").write_text('{"spent": 40.0}')
        yield folder


@pytest.fixture
def running(searching):
    with served(searching) as found:
        yield found


def opened(window, address):
    """The page with the answer to its first example."""
    window.page.goto(address)
    window.page.wait_for_selector("#answer .words", timeout=ANSWERED)
    window.page.wait_for_selector("#history svg")
    return window.page


def answered(page, text):
    page.fill("#text", text)
    page.wait_for_function(
        "(text) => document.querySelector('#answer .words')?.textContent === text", arg=text
    )


def word(page, text):
    return page.locator("#answer .word").get_by_text(text, exact=True)


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_typing_a_text_shows_its_label_and_highlights(address, visit, width, scheme):
    with visit(width=width, scheme=scheme, own=address) as window:
        page = opened(window, address)
        text = f"the film was bad {ATTACK}"
        page.fill("#text", "")
        page.locator("#text").press_sequentially(text)
        page.wait_for_function(
            "(text) => document.querySelector('#answer .words')?.textContent === text", arg=text
        )
        assert page.locator("#answer .w9").inner_text() == "bad"
        assert page.locator("#answer .label").inner_text().startswith("bad ")
        assert page.locator("#answer .bars dt").all_inner_texts() == ["bad", ATTACK]
        assert page.locator("#source").inner_text() == f"{ATTACK}.csv"
        assert page.locator("h1").inner_text().startswith("This model is right on 92 of 100 texts")
        assert not window.overflows()
        assert window.faults == []


def test_the_page_says_what_the_model_cannot_rule_out(tmp_path, visit):
    folder = sentiment.make_run(tmp_path, classes=("bad", ATTACK), doubt=True)
    with served(folder) as address, visit(own=address) as window:
        page = opened(window, address)
        answered(page, "the film was bad")
        said = page.locator("#answer .hint").all_inner_texts()
        assert "Prediction set: bad" in said
        assert "This text is probably none of the classes." not in said
        answered(page, "the film was")
        said = page.locator("#answer .hint").all_inner_texts()
        assert f"Prediction set: bad, {ATTACK}" in said
        assert "This text is probably none of the classes." in said
        assert window.faults == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_page_of_a_finished_search_has_no_fault_of_accessibility(
    address, visit, axe, width, scheme
):
    with visit(width=width, scheme=scheme, own=address) as window:
        page = opened(window, address)
        page.click("#trials summary")
        page.locator("#answer .word.w9").first.click()
        page.wait_for_selector("#answer .before")
        assert window.serious(axe) == []
        page.set_input_files("#file", files=[csv_file(20)])
        page.wait_for_selector("#many button:has-text('Download')")
        assert window.serious(axe) == []
        assert not window.overflows()
        assert window.faults == []


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_page_of_a_running_search_has_no_fault_of_accessibility(
    running, visit, axe, width, scheme
):
    with visit(width=width, scheme=scheme, own=running) as window:
        window.page.goto(running)
        window.page.wait_for_selector("#curves svg")
        assert window.serious(axe) == []
        window.page.click("#stop")
        assert window.serious(axe) == []
        assert not window.overflows()
        assert window.faults == []


def test_a_click_takes_a_word_away_and_shows_how_the_answer_moves(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        answered(page, "a good hotel, not bad")
        before = page.locator("#answer .label").inner_text()
        word(page, "bad").click()
        page.wait_for_selector("#answer .before")
        assert word(page, "bad").get_attribute("aria-pressed") == "true"
        assert "Without “bad”: " in page.locator(".move").inner_text()
        assert " points)" in page.locator(".move").inner_text()
        assert page.locator("#answer .label").inner_text().startswith(ATTACK)
        assert "→" in page.locator("#answer .bars .share").first.inner_text()
        word(page, "good").click()
        page.wait_for_selector("#answer .move:has-text('Without “good”, “bad”: ')")
        page.get_by_role("button", name="Put all words back").click()
        assert page.locator("#answer .before").count() == 0
        assert page.locator("#answer .label").inner_text() == before
        assert window.faults == []


def test_the_words_are_reached_and_taken_away_by_keyboard(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        answered(page, "the film was bad")
        page.locator("#text").focus()
        for _ in range(6):  # Past the controls of the text.
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.classList.contains('word')"):
                break
        assert page.evaluate("document.activeElement.textContent") == "the"
        page.keyboard.press("End")
        assert page.evaluate("document.activeElement.textContent") == "bad"
        assert page.locator("#tip").inner_text().startswith("attention ")
        page.keyboard.press("Escape")
        assert page.locator("#tip").is_hidden()
        page.keyboard.press("Enter")
        page.wait_for_selector("#answer .before")
        page.keyboard.press("ArrowLeft")
        assert page.evaluate("document.activeElement.textContent") == "was"
        assert page.locator("#answer .word[tabindex='0']").count() == 1


def test_the_weight_of_a_word_is_shown_on_hover(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        answered(page, "the film was bad")
        word(page, "bad").hover()
        assert page.locator("#tip").inner_text().startswith("attention ")
        assert word(page, "bad").get_attribute("aria-label").startswith("bad, attention ")


def test_three_texts_are_offered_and_a_click_answers_them(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        kinds = page.locator("#examples .kind").all_inner_texts()
        assert kinds == ["sure", "in doubt", "wrong"]
        assert "(right)" in page.locator("#answer .label").inner_text()
        page.locator("#examples button").nth(2).click()
        page.wait_for_selector("#answer .truth:has-text('wrong: it is')")
        assert window.faults == []


def csv_file(rows):
    lines = [f'{row},"the film, was {("bad", "good")[row % 2]}{ATTACK}"' for row in range(rows)]
    text = "\r\n".join(["number,review", *lines])
    return {"name": f"{ATTACK}.csv", "mimeType": "text/csv", "buffer": text.encode()}


def saved(page):
    with page.expect_download() as download:
        page.click("#many button:has-text('Download')")
    text = download.value.path().read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_csv_file_becomes_a_table_to_sort_and_to_download(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        page.set_input_files("#file", files=[csv_file(150)])
        page.wait_for_selector("#many button:has-text('Download')", timeout=ANSWERED)
        assert page.locator("#many select").input_value() == "1"
        assert page.locator("#many tbody tr").count() == 150
        labels = page.locator("#many td.cell-label")
        assert labels.all_inner_texts()[:4] == ["bad", ATTACK, "bad", ATTACK]
        page.click("#many th button:has-text('answer')")
        assert page.locator("#many th[aria-sort='ascending']").inner_text() == "answer ↑"
        assert len(set(labels.all_inner_texts()[:75])) == 1
        page.click("#many th button:has-text('doubt')")
        assert page.locator("#many th[aria-sort='descending']").inner_text() == "doubt ↓"
        rows = saved(page)
        assert len(rows) == 150
        assert set(rows[0]) == {
            *("number", "review", "answer", "doubt"),
            *("probability bad", f"probability {ATTACK}"),
        }
        doubts = [float(row["doubt"]) for row in rows]
        assert doubts == sorted(doubts, reverse=True)
        assert all(row["answer"] == ("bad", ATTACK)[int(row["number"]) % 2] for row in rows)
        assert window.faults == []


def test_a_file_that_is_dropped_is_answered(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        dropped = page.evaluate_handle(
            """(text) => {
                const data = new DataTransfer();
                data.items.add(new File([text], "texts.txt"));
                return data;
            }""",
            "good\nbad\n\ngood",
        )
        page.dispatch_event("#try", "drop", {"dataTransfer": dropped})
        page.wait_for_selector("#many button:has-text('Download')")
        assert page.locator("#many td.cell-label").all_inner_texts() == [ATTACK, "bad", ATTACK]


def test_pasted_lines_are_a_text_each_unless_one_says_otherwise(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        page.fill("#text", "")
        page.evaluate(
            """() => {
                const field = document.getElementById("text");
                field.value = "good\\nbad";
                field.dispatchEvent(new InputEvent("input", { inputType: "insertFromPaste" }));
            }"""
        )
        page.wait_for_selector("#many button:has-text('Download')")
        assert page.locator("#many td.cell-label").all_inner_texts() == [ATTACK, "bad"]
        assert list(saved(page)[0])[:3] == ["text", "answer", "doubt"]
        page.uncheck("#lines")
        page.wait_for_selector("#answer .words")
        assert page.locator("#many").is_hidden()
        page.click("#clear")
        assert page.locator("#answer .words").count() == 0


def test_every_trial_is_on_the_chart_with_its_facts_by_hover_and_by_keyboard(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        assert page.locator("#history .mark").count() == 16
        for status in ("pruned", "failed", "winner"):
            assert page.locator(f"#history .mark .{status}").count() >= 1
        names = page.locator("#history .name").all_text_contents()
        assert names == ["minutes since the start", "accuracy"]
        assert page.locator("#history text").count() > 8
        assert {"pruned early", "failed", "linear model"} <= set(
            page.locator("#history .legend li").all_inner_texts()
        )
        page.locator("#history .mark:has(.failed)").hover()
        assert "ValueError: no" in page.locator("#tip").inner_text()
        page.locator("#history .mark[data-key='00']").focus()
        page.keyboard.press("ArrowRight")
        assert page.locator("#tip").inner_text().startswith("Trial 01")
        assert window.faults == []


def test_a_running_search_shows_its_trial_and_is_stopped_once_that_is_confirmed(
    running, searching, visit
):
    with visit(own=running) as window:
        page = window.page
        page.goto(running)
        page.wait_for_selector("#curves svg")
        tiles = page.locator("#tiles").inner_text()
        assert "In hand: trial 08" in tiles
        assert "0.7500" in tiles
        assert "Time left" in tiles
        assert page.locator("#curves .running.curve").count() == 2  # The line and its legend.
        assert page.locator("#try").is_hidden()
        page.click("#stop")
        page.click("#confirm-no")
        assert not stop_requested(searching)
        page.click("#stop")
        page.click("#confirm-yes")
        page.wait_for_selector("#state:text-is('ending')")
        assert stop_requested(searching)
        assert page.locator("#stop").is_hidden()
        assert "tested and exported" in page.locator("#ending").inner_text()
        assert window.faults == []


def test_the_report_works_where_the_page_links_to_it(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        page.click("#links a:has-text('Report')")
        page.wait_for_selector("html[data-ready]")
        assert page.locator("[data-plot]:has(.main-svg .trace)").count() > 10
        assert window.faults == []


def test_what_the_server_refuses_is_said(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        page.route(
            "**/explain", lambda route: route.fulfill(status=503, json={"error": "Not yet."})
        )
        page.fill("#text", "good")
        page.wait_for_selector("#answer .problem")
        assert page.locator("#answer .problem").inner_text() == "Not yet."


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a;b\r\n1;2\r\n", [["a", "b"], ["1", "2"]]),
        ("a\tb\n1\t2", [["a", "b"], ["1", "2"]]),
        ('\ufefftext\n"one, ""two""\nthree"\n', [["text"], ['one, "two"\nthree']]),
        ("text\nfine, but dull\nlovely\n", [["text"], ["fine, but dull"], ["lovely"]]),
        ("a,b\n\n,\n1,\n", [["a", "b"], ["1", ""]]),
        ("", []),
    ],
)
def test_csv_is_read_as_its_writer_meant_it(address, visit, text, rows):
    with visit(own=address) as window:
        window.page.goto(address)
        found = window.page.evaluate(
            "async (text) => (await import('/rows.js')).readRows(text, 'x.csv')", text
        )
        assert found == rows


def test_what_is_written_as_csv_is_read_back(address, visit):
    rows = [["a", 'say "so"', "x,y"], ["two\nlines", "", " "]]
    with visit(own=address) as window:
        window.page.goto(address)
        text = window.page.evaluate(
            "async (rows) => (await import('/rows.js')).writeCsv(rows)", rows
        )
    assert list(csv.reader(io.StringIO(text, newline=""))) == rows
