"""Takes the pictures of README and docs: the report of a run, and the page that serves it.

    python docs/screenshots.py RUN

RUN is the folder of a finished search. Needs Chromium, playwright and the extra `serve`.
"""

import shutil
import socket
import sys
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import sync_playwright

from attn_tuner.reporting.report import write_report
from attn_tuner.serving import make_app

IMAGES = Path(__file__).parent / "images"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
TYPED = "In the end I really found the room lovely. My brother found the breakfast awful."
WIDTH = 1440
PATIENCE = 180_000  # Milliseconds; Plotly is large, and a machine may be busy.


def main(run):
    IMAGES.mkdir(exist_ok=True)
    report = write_report(run).absolute().as_uri()
    with sync_playwright() as playwright, Serving(run) as address:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS, timeout=PATIENCE
        )
        page = opened(browser, report)
        page.wait_for_function("document.documentElement.dataset.ready")
        page.screenshot(path=IMAGES / "report.png", clip=middle(1200, 820))
        for part in ("verdict", "texts", "faithfulness"):
            picture(page, f"section#{part}", f"report-{part}.png")
        page = opened(browser, address)
        page.wait_for_selector("#rows tr")
        page.fill("#text", TYPED)
        page.wait_for_selector("#answer .words")
        page.screenshot(path=IMAGES / "serve.png", clip=middle(960, 600))
        browser.close()


def opened(browser, address):
    page = browser.new_page(viewport={"width": WIDTH, "height": 1000})
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    return page


def middle(width, height, top=0):
    """The part of a window that a picture shows."""
    return {"x": (WIDTH - width) / 2, "y": top, "width": width, "height": height}


def picture(page, selector, name):
    """The element from its top, as far as a window is high."""
    box = page.locator(selector).bounding_box()
    page.evaluate("document.querySelector('nav').style.position = 'static'")
    page.screenshot(
        path=IMAGES / name,
        full_page=True,
        clip=middle(1200, min(box["height"], 820), box["y"]),
    )


class Serving:
    """The page of a run at a free port of this machine, for as long as a `with` block lasts."""

    def __init__(self, run):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}/"
        self.server = uvicorn.Server(uvicorn.Config(make_app(run), port=port, log_level="error"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        while not self.server.started:
            time.sleep(0.05)
        return self.address

    def __exit__(self, *problem):
        self.server.should_exit = True
        self.thread.join()


if __name__ == "__main__":
    main(sys.argv[1])
