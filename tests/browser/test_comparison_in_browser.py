"""New texts compared on the page of `attn-tuner serve`, in a browser."""

import pytest

from tests.browser.conftest import ATTACK
from tests.support import sentiment
from tests.support.serving import LOOKS, served

pytest.importorskip("uvicorn", reason="the extra serve is not installed")

ANSWERED = 120_000  # Milliseconds; the first answer loads the model.


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = sentiment.make_comparable_run(tmp_path_factory.mktemp("compared"), ("bad", ATTACK))
    with served(folder) as found:
        yield found


def opened(window, address):
    window.page.goto(address)
    window.page.wait_for_selector("#compare:not([hidden])")
    return window.page


def compared(page):
    page.click("#compare-form button:has-text('Compare')")
    page.wait_for_selector("#drift .label", timeout=ANSWERED)
    return page.locator("#drift .label").inner_text()


def new_texts(ending=""):
    return [f"{text}{ending}" for text in sentiment.make_texts(80, 9)[0]]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_pasted_texts_that_differ_get_a_sentence_a_table_and_figures(
    address, visit, axe, width, scheme
):
    with visit(width=width, scheme=scheme, own=address) as window:
        page = opened(window, address)
        page.fill("#new-texts", "\n".join(new_texts(f" zxq {ATTACK}")))
        said = compared(page)
        assert said == "Something has changed"
        first = page.locator("#drift > p").nth(1).inner_text()
        assert first.startswith("80 new texts, 200 validation texts: they differ in ")
        assert "unknown words" in first
        assert "estimated without labels" in page.locator("#drift > p").nth(2).inner_text()
        rows = page.locator("#drift tbody tr")
        assert rows.count() == 4
        assert rows.nth(1).locator("td").first.inner_text() == "unknown words"
        assert "differ" in rows.nth(1).inner_text()
        assert page.locator("#drift figure").count() == 4
        assert ATTACK in page.locator("#drift figure").nth(2).inner_text()
        assert window.serious(axe) == []
        assert not window.overflows()
        assert window.faults == []


def test_a_file_with_labels_that_is_alike_has_its_accuracy(address, visit):
    labels = [("bad", ATTACK)[label] for label in sentiment.make_texts(80, 9)[1]]
    lines = ["label,text", *(f"{a},{b}" for a, b in zip(labels, new_texts(), strict=True))]
    file = {"name": "new.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    with visit(own=address) as window:
        page = opened(window, address)
        page.set_input_files("#new-file", files=[file])
        page.wait_for_selector("#new-columns select")
        assert page.locator("#new-columns select").nth(0).input_value() == "1"
        assert page.locator("#new-columns select").nth(1).input_value() == "0"
        said = compared(page)
        assert said == "No difference found"
        accuracy = page.locator("#drift > p").nth(2).inner_text()
        assert "% of the 80 texts with labels are right" in accuracy
        assert page.locator("#drift tr.differs").count() == 0
        assert window.faults == []


def test_texts_pasted_with_labels_behind_a_tab_are_two_columns(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        page.fill("#new-texts", "\n".join(f"{text}\tbad" for text in new_texts()))
        page.locator("#new-columns select").nth(1).select_option("1")
        compared(page)
        accuracy = page.locator("#drift > p").nth(2).inner_text()
        assert "55.0 % of the 80 texts with labels are right" in accuracy
        assert "the accuracy has fallen" in page.locator("#drift > p").nth(1).inner_text()
        assert window.faults == []


def test_a_file_of_one_column_has_no_text_of_its_first_row_where_that_is_a_name(address, visit):
    lines = ["text", *new_texts()]
    file = {"name": "new.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
    with visit(own=address) as window:
        page = opened(window, address)
        page.set_input_files("#new-file", files=[file])
        assert page.get_by_label("the first row has names").is_checked()
        compared(page)
        assert page.locator("#drift > p").nth(1).inner_text().startswith("80 new texts")
        assert window.faults == []


def test_as_many_texts_are_sent_as_a_request_may_hold(address, visit):
    many = [f"电影很好看 {text} {'好' * 600}" for text in new_texts()] * 10
    with visit(own=address) as window:
        page = opened(window, address)
        page.fill("#new-texts", "\n".join(many))
        compared(page)
        assert "more are beyond the limit of a request" in page.locator("#drift").inner_text()
        assert window.faults == []


def test_what_cannot_be_compared_is_said_beside_the_button(address, visit):
    with visit(own=address) as window:
        page = opened(window, address)
        page.click("#compare-form button:has-text('Compare')")
        assert page.locator("#new-state").inner_text().startswith("Paste texts, one a line")
        page.fill("#new-texts", "a good film\na bad film")
        page.click("#compare-form button:has-text('Compare')")
        page.wait_for_selector("#new-state.problem:has-text('2 texts were given')")
        assert page.locator("#drift").inner_text() == ""
