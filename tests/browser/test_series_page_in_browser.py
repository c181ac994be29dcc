"""The page of `attn-tuner serve` for series, in a browser."""

import json

import numpy as np
import pytest

from attn_tuner.exporting.conformal import Conformal
from tests.support.series_run import make_run, make_series
from tests.support.serving import LOOKS, served

pytest.importorskip("uvicorn", reason="the extra serve is not installed")

ATTACK = "<script>alert(1)</script>"  # As the second class and the second feature are called.
FEATURES = ("height", ATTACK)
ANSWERED = 120_000  # Milliseconds; the first answer loads the model.


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("series")
    named = {"classes": ("low", ATTACK), "features": FEATURES}
    make_run(folder, **named, conformal=Conformal(0.9, (0.2, 0.2)))
    with served(folder) as found:
        yield found


@pytest.fixture(scope="module")
def forecasting(tmp_path_factory):
    folder = make_run(tmp_path_factory.mktemp("forecast"), task="quantiles")
    with served(folder) as found:
        yield found


def opened(window, address):
    """The page with the answer to its first example."""
    window.page.goto(address)
    window.page.wait_for_selector("#drawing .feature svg", timeout=ANSWERED)
    return window.page


def lines(series, separator=", "):
    return "\n".join(separator.join(f"{value:.3f}" for value in step) for step in series)


def label(page):
    return page.locator("#answer .label").inner_text()


def answered(page, text, expected):
    """Fills in a series, and waits for a label, or for a problem that has these words."""
    page.evaluate("document.getElementById('answer').replaceChildren()")
    page.fill("#text", text)
    page.wait_for_function(
        "(words) => document.querySelector('#answer .label, #answer .problem')"
        "?.textContent.includes(words)",
        arg=expected,
    )


def csv_file(text, name="steps.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    return [{"name": name, "mimeType": "text/csv", "buffer": content}]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_pasted_series_is_answered_and_drawn_without_fault(address, visit, axe, width, scheme):
    with visit(width=width, scheme=scheme, own=address) as window:
        page = opened(window, address)
        low, high = make_series(2)[0]
        answered(page, lines(high), ATTACK)
        assert page.locator("#answer .bars dt").all_inner_texts() == [ATTACK, "low"]
        assert page.locator("#answer .hint").all_inner_texts() == [f"Prediction set: {ATTACK}"]
        assert page.locator(".feature .kind").all_inner_texts() == list(FEATURES)
        assert page.locator(".feature .values").count() == 2
        assert page.locator(".feature .for").count() > 0
        assert "100.0 % of the importance" in page.locator(".feature").first.inner_text()
        assert window.serious(axe) == []
        page.click("#drawing summary")
        assert page.locator("#drawing tbody tr").count() == 10
        assert window.serious(axe) == []
        assert not window.overflows()
        assert window.faults == []
        answered(page, lines(low, " "), "low")


def test_attention_and_importance_lie_on_the_steps_that_decide(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        answered(page, lines(make_series(2)[0][1]), ATTACK)
        [height, noise] = page.locator(".feature svg").all()
        attended = height.locator(".attended").evaluate_all(
            "(bars) => bars.map((bar) => Number(bar.getAttribute('x')))"
        )
        assert attended
        assert all(330 <= place <= 460 for place in attended)  # Steps 11 to 14 of 30.
        marked = height.locator(".for, .against").evaluate_all(
            "(bars) => bars.map((bar) => Number(bar.getAttribute('x')))"
        )
        assert marked
        assert all(330 <= place <= 460 for place in marked)
        assert noise.locator(".for, .against").count() == 0


def test_the_steps_are_read_by_keyboard_and_by_pointer(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        answered(page, lines(make_series(2)[0][1]), ATTACK)
        page.focus("#drawing input[type=range]")
        page.keyboard.press("Home")
        said = page.locator("#drawing input[type=range]").get_attribute("aria-valuetext")
        assert said.startswith("Step 1 of 30: attention 0.0 %; height 48.69")
        page.keyboard.press("ArrowRight")
        assert page.locator("#drawing .hint").first.inner_text().startswith("Step 2 of 30")
        box = page.locator(".feature svg").first
        box.hover(position={"x": box.bounding_box()["width"] - 3, "y": 9})
        assert page.locator("#drawing .hint").first.inner_text().startswith("Step 30 of 30")


def test_examples_and_draws_show_the_truth_beside_the_answer(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        assert page.locator("#examples .kind").all_inner_texts() == ["sure", "in doubt"]
        assert "(right)" in label(page)
        begun = page.input_value("#text")
        assert begun.startswith(f"height, {ATTACK}\n")
        page.route(
            "**/example",
            lambda route: route.fulfill(
                json={"number": 3, "series": [[90, 100], [None, 100]], "truth": "low", "values": []}
            ),
        )
        page.click("#draw")
        page.wait_for_selector("#answer .truth:has-text('wrong: it is low')")
        assert page.input_value("#text") == f"height, {ATTACK}\n90, 100\nnan, 100"
        page.click("#clear")
        assert page.locator("#drawing svg").count() == 0
        assert window.faults == []


def test_a_file_is_read_by_the_names_of_its_columns(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        high = make_series(2)[0][1]
        rows = [f"{step},{noise:.2f},{height:.2f}" for step, (height, noise) in enumerate(high)]
        page.fill("#text", "")
        page.set_input_files("#file", csv_file(f"time,{ATTACK},height\n" + "\n".join(rows)))
        page.wait_for_selector(f"#answer .label:has-text('{ATTACK}')")
        assert page.locator("#note").inner_text() == ""
        page.set_input_files("#file", csv_file("time,a,b\n1,50,100\n2,51,\n"))
        page.wait_for_selector("#note:has-text('read in their order: a, b.')")
        page.wait_for_selector("#answer .label:has-text('low')")
        assert window.faults == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("50, 100\n51, warm", "has the text 'warm' at step 2"),
        ("50, 100\n51", "has 1 value at step 2, and the model was trained on 2"),
        ("50\n51", "has 1 value at step 1, and the model was trained on 2: height"),
        ("nan, nan\n,", "has no value"),
        ("50, inf", "has the text 'inf' at step 1"),
        ("id,height,noise\na,1,2\nb,1,2", "The column id names several series"),
    ],
    ids=["text", "ragged", "features", "no value", "infinite", "several"],
)
def test_what_cannot_be_read_is_said(address, visit, text, sentence):
    with visit(own=address) as window:
        page = opened(window, address)
        answered(page, text, sentence)
        assert page.locator("#drawing svg").count() == 0


def test_a_file_that_is_no_utf8_too_long_or_empty_is_refused(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        page.set_input_files("#file", csv_file("größe,1".encode("latin-1"), "alt.csv"))
        page.wait_for_selector("#answer .problem:has-text('alt.csv is not UTF-8 text.')")
        page.set_input_files("#file", csv_file("1 2\n" * 20_001, "long.csv"))
        page.wait_for_selector(
            "#answer .problem:has-text('has 20,001 steps, and the server takes')"
        )
        page.set_input_files("#file", csv_file("\n \n", "empty.csv"))
        page.wait_for_selector("#answer .problem:has-text('empty.csv holds no rows.')")


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("1, 2\n3, 4", [[1, 2], [3, 4]]),
        ("1\t2\n\n3\t4\r\n", [[1, 2], [3, 4]]),
        ("  1   2\n3 -4e-2", [[1, 2], [3, -0.04]]),
        ("1,5;2\n3;NaN", [[1.5, 2], [3, None]]),
        ("1,\n,4", [[1, None], [None, 4]]),
        ('"a","b"\n"1","2"', [[1, 2]]),
        ("b,x,a\n2,9,1", [[1, 2]]),
        ("time,p,q\n0,1,2", [[1, 2]]),
        ("id,a,b\nk,1,2\nk,3,4", [[1, 2], [3, 4]]),
        ("a,b\n1,2,3", [[1, 2, 3]]),
        ("\ufeff1, 2", [[1, 2]]),
        ("warm, 2\n1, 2", [["warm", 2], [1, 2]]),
    ],
)
def test_lines_are_read_as_their_writer_meant_them(address, visit, text, series):
    with visit(own=address) as window:
        window.page.goto(address)
        found = window.page.evaluate(
            "async (text) => (await import('/series_text.js')).readSeries(text, ['a', 'b'])", text
        )
        assert found["series"] == series


def test_numbers_that_come_before_the_names_of_the_features_are_all_values(address, visit):
    with visit(own=address) as window:
        window.page.goto(address)
        found = window.page.evaluate(
            "async () => (await import('/series_text.js')).readSeries('1, 2\\n3, 4', [])"
        )
        assert found == {"series": [[1, 2], [3, 4]], "note": ""}


def test_a_forecast_is_drawn_with_its_quantiles_and_what_came(forecasting, visit, axe):
    with visit(own=forecasting) as window:
        page = opened(window, forecasting)
        page.wait_for_selector("#answer .chart svg")
        assert label(page) == "3 numbers with quantiles"
        legend = page.locator("#answer .legend li").all_inner_texts()
        assert legend == ["median", "quantiles 0.1 and 0.9", "what came"]
        page.locator("#answer .mark").first.focus()
        assert page.locator("#tip").inner_text().startswith("Step 1: ")
        assert "what came" not in page.locator("#tip").inner_text()
        assert window.serious(axe) == []
        assert window.faults == []


def test_an_example_is_read_as_it_is_whatever_its_features_are_called(tmp_path, visit):
    names = ("height, cm", "noise; dB")
    folder = make_run(tmp_path / "run", features=names)
    with served(folder) as address, visit(own=address) as window:
        page = opened(window, address)
        assert page.locator(".feature .kind").all_inner_texts() == list(names)
        assert "(right)" in label(page)
        assert page.locator("#note").inner_text() == ""


def test_a_long_series_of_many_features_is_drawn_in_stretches(address, visit):
    steps, width = 3_000, 9
    importance = np.zeros((steps, width))
    importance[:, 8] = 1.0
    told = {
        "label": "low",
        "probability": 0.9,
        "probabilities": {"low": 0.9, "high": 0.1},
        "features": [f"f{number}" for number in range(width)],
        "series": np.random.default_rng(0).normal(size=(steps, width)).tolist(),
        "attention": [],
        "importance": importance.tolist(),
        "left_out": 2_000,
    }
    with visit(own=address) as window:
        page = opened(window, address)
        page.route("**/explain", lambda route: route.fulfill(body=json.dumps({"answers": [told]})))
        page.fill("#text", "1, 2")
        page.wait_for_selector(".feature .kind:has-text('f8')")
        assert page.locator(".feature").count() == 6
        assert page.locator(".feature .for").count() == 500
        assert page.locator(".feature .attended").count() == 0
        said = page.locator("#drawing .hint, #answer .hint").all_inner_texts()
        assert "The 6 most important of 9 features are drawn." in said
        assert any(each.startswith("2,000 steps beyond the length limit") for each in said)
        told["importance"] = None
        page.fill("#text", "1, 3")
        page.wait_for_selector("#drawing .hint:has-text('The first 6 of 9 features are drawn.')")
        assert window.faults == []
