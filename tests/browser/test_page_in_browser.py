import socket
import threading
import time

import pytest

from attn_tuner.serving import make_app

uvicorn = pytest.importorskip("uvicorn", reason="the extra serve is not installed")


@pytest.fixture(scope="module")
def address(hostile_folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(make_app(hostile_folder), port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")])
def test_typing_a_text_shows_its_label_and_highlights(address, visit, width, scheme):
    with visit(width=width, scheme=scheme, own=address) as window:
        page = window.page
        page.goto(address)
        page.wait_for_selector("#rows tr")
        page.locator("#text").press_sequentially("the film was bad <script>alert(1)</script>")
        page.wait_for_selector("#answer mark.w9", timeout=120_000)
        assert page.locator("#answer mark.w9").inner_text() == "bad"
        assert page.locator("#answer .label").inner_text() == "bad"
        assert "<script>alert(1)</script>" in page.locator("#answer .words").inner_text()
        assert page.locator("h1").inner_text() == "<script>alert(1)</script>.csv"
        assert page.locator("svg#line circle").count() > 10
        assert not window.overflows()
        assert window.faults == []


def test_the_page_has_no_serious_fault_of_accessibility(address, visit, axe):
    with visit(own=address) as window:
        window.page.goto(address)
        window.page.wait_for_selector("#rows tr")
        window.page.fill("#text", "the film was bad")
        window.page.wait_for_selector("#answer mark", timeout=120_000)
        assert window.serious(axe) == []


def test_what_the_server_refuses_is_said(address, visit):
    with visit(own=address) as window:
        page = window.page
        page.route(
            "**/explain", lambda route: route.fulfill(status=503, json={"error": "Not yet."})
        )
        page.goto(address)
        page.fill("#text", "good")
        page.wait_for_selector("#answer .problem")
        assert page.locator("#answer .problem").inner_text() == "Not yet."
