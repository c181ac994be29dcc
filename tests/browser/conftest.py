"""A browser for the tests of pages; each test that asks for it is skipped where there is none."""

import os
import shutil
from importlib.resources import files

import pytest

from tests.support import sentiment

ATTACK = "<script>alert(1)</script>"
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PATIENCE = 180_000  # Milliseconds: Plotly is large, and a machine may be busy.


@pytest.fixture(scope="session")
def browser():
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium was found; install it, or name it in CHROMIUM")
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with driver.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=found, args=list(FLAGS), timeout=PATIENCE
        )
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def axe():
    """The source of axe-core, which finds faults of accessibility."""
    carrier = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    return (files(carrier) / "axe.min.js").read_text(encoding="utf-8")


class Visit:
    """A page with what went wrong on it: console errors, dialogs, requests to elsewhere."""

    def __init__(self, browser, width=1440, scheme="light", own="file:"):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme
        )
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.faults = []
        self.page.on("console", lambda said: self._console(said))
        self.page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self._dialog(dialog))
        self.page.on("request", lambda request: self._request(request.url, own))

    def _console(self, said):
        if said.type in ("error", "warning"):
            self.faults.append(f"console: {said.text}")

    def _dialog(self, dialog):
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, url, own):
        if not url.startswith((own, "data:", "blob:")):
            self.faults.append(f"request: {url}")

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.context.close()

    def overflows(self):
        """Whether the page is wider than the window."""
        width = "document.documentElement"
        return self.page.evaluate(f"{width}.scrollWidth > {width}.clientWidth")

    def serious(self, axe):
        """What axe-core finds serious or critical: rule and element."""
        self.page.evaluate(axe)
        found = self.page.evaluate("axe.run().then((result) => result.violations)")
        return [
            (each["id"], each["nodes"][0]["html"])
            for each in found
            if each["impact"] in ("serious", "critical")
        ]


@pytest.fixture
def visit(browser):
    """Opens windows: `visit(width=390)`."""
    return lambda **options: Visit(browser, **options)


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory):
    """A finished search in data with scripts in texts, class names and source."""
    return sentiment.make_run(
        tmp_path_factory.mktemp("hostile"),
        classes=("bad", ATTACK),
        source=f"{ATTACK}.csv",
        attack=f"{ATTACK}<img src=x onerror=alert(2)>",
        doubt=True,
    )
