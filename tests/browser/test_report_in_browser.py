import pytest

from attn_tuner.reporting.report import write_report


@pytest.fixture(scope="module")
def report(hostile_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("report") / "report.html"
    return write_report(hostile_folder, out, seconds=0).as_uri()


def opened(visit, address):
    visit.page.goto(address)
    visit.page.wait_for_function("document.documentElement.dataset.ready")
    return visit.page


@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")]
)
def test_the_report_opens_from_disk_without_a_fault(report, visit, width, scheme):
    with visit(width=width, scheme=scheme) as window:
        page = opened(window, report)
        plots = page.locator("[data-plot]").count()
        assert plots > 10
        assert page.locator("[data-plot]:has(.main-svg .trace)").count() == plots
        assert not window.overflows()
        assert window.faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_has_no_serious_fault_of_accessibility(report, visit, axe, scheme):
    with visit(scheme=scheme) as window:
        opened(window, report)
        assert window.serious(axe) == []


def test_the_filters_filter(report, visit):
    with visit() as window:
        page = opened(window, report)
        texts = page.locator("article.text:visible")
        every = texts.count()
        page.select_option("select[name=kind]", "wrong")
        wrong = texts.count()
        assert 0 < wrong < every
        assert page.locator("article.text[data-kind=confident]:visible").count() == 0
        truth = texts.first.get_attribute("data-truth")
        page.select_option("select[name=truth]", truth)
        assert 0 < texts.count() <= wrong
        assert page.locator("#count").inner_text() == f"{texts.count()} of {every} texts"
        page.select_option("select[name=kind]", "")
        page.select_option("select[name=truth]", "")
        page.fill("input[type=search]", "HOTEL")
        assert 0 < texts.count() < every
        assert all("hotel" in text for text in texts.all_inner_texts())
        page.fill("input[type=search]", "no such words anywhere")
        assert texts.count() == 0
        assert window.faults == []


def test_scripts_in_the_data_are_shown_and_not_run(report, visit):
    with visit() as window:
        page = opened(window, report)
        assert page.locator("h1").inner_text() == "<script>alert(1)</script>.csv"
        assert "<img src=x onerror=alert(2)>" in page.locator(".words").first.inner_text()
        assert "<script>alert(1)</script>" in page.locator("table.confusion").inner_text()
        assert "alert(1)" in page.locator("[data-plot=roc] .legendtext").first.text_content()
        assert window.faults == []


def test_everything_is_reached_by_keyboard(report, visit):
    with visit() as window:
        page = opened(window, report)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.locator("#figure-verdict summary").focus()
        page.keyboard.press("Enter")
        assert page.locator("#figure-verdict table").is_visible()


def test_without_scripts_texts_and_tables_are_there(report, browser):
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(180_000)
    page = context.new_page()
    page.goto(report)
    assert page.locator("article.text").first.is_visible()
    assert page.locator("#figure-verdict table").count() == 1
    assert not page.locator("#filters").is_visible()
    context.close()


def test_it_prints_in_light_colours(report, visit):
    with visit(scheme="dark") as window:
        page = opened(window, report)
        assert len(page.pdf()) > 20_000
        page.emulate_media(media="print")
        assert not page.locator("nav").is_visible()
        assert window.faults == []
