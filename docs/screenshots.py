"""Takes the pictures of README and docs: the report of a run, and the page that serves it.

    python docs/screenshots.py RUN

RUN is the folder of a finished search. Needs Chromium, playwright and the extra `serve`.
"""

import contextlib
import csv
import io
import shutil
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

import uvicorn
from playwright.sync_api import sync_playwright

from attn_tuner.monitoring.live_trials import LiveTrials
from attn_tuner.reporting.report import write_report
from attn_tuner.serving import make_app
from attn_tuner.storage.atomic_files import write_json
from attn_tuner.storage.layout import BUNDLE, CLOCK, EXPORT, OUTCOME, RECORD, REPORT, trial_dir
from attn_tuner.storage.lock import held
from attn_tuner.storage.run import Run
from attn_tuner.text import demo_corpus
from attn_tuner.tuning.events import Evaluated, TrialStarted

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
        pages_of_serve(browser, address)
        with (
            tempfile.TemporaryDirectory() as folder,
            running_again(run, folder) as searching,
            Serving(searching) as address,
        ):
            page = opened(browser, address)
            page.wait_for_selector("#curves svg")
            whole(page, "serve-running.png")
        browser.close()


def pages_of_serve(browser, address):
    """The page of a finished search: light, dark, narrow, and with many texts."""
    page = answered(browser, address)
    whole(page, "serve.png")
    page.set_input_files("#file", files=[many_texts()])
    page.click("#many th button:has-text('doubt')")
    page.wait_for_selector("#many button:has-text('Download')")
    box = page.locator("#try").bounding_box()
    page.screenshot(
        path=IMAGES / "serve-many.png",
        full_page=True,
        clip=middle(1300, min(box["height"], 900), box["y"] - 16),
    )
    page = answered(browser, address, color_scheme="dark")
    page.click("#examples button:has-text('in doubt')")
    page.wait_for_selector("#answer .truth")
    page.locator("#answer .w9").first.click()
    page.wait_for_selector("#answer .before")
    page.mouse.move(0, 0)
    whole(page, "serve-dark.png")
    page = answered(browser, address, width=390)
    page.screenshot(path=IMAGES / "serve-narrow.png")


def whole(page, name):
    """The page from its top to its last section, with its margins."""
    box = page.locator("section:visible").last.bounding_box()
    page.screenshot(
        path=IMAGES / name, full_page=True, clip=middle(1300, box["y"] + box["height"] + 16)
    )


def answered(browser, address, **options):
    """The page with an answer to `TYPED`."""
    page = opened(browser, address, **options)
    page.wait_for_selector("#answer .words")
    page.fill("#text", TYPED)
    page.wait_for_function(
        "(text) => document.querySelector('#answer .words')?.textContent === text", arg=TYPED
    )
    return page


def many_texts():
    """The test texts of the demo corpus as a CSV file."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["review", "stars"])
    rows.writerows((review.text, review.label) for review in demo_corpus.corpus()["test"][:60])
    return {"name": "reviews.csv", "mimeType": "text/csv", "buffer": out.getvalue().encode()}


@contextlib.contextmanager
def running_again(run, folder):
    """A copy of a finished search as it was in its last trial."""
    copy = Path(folder) / Path(run).name
    shutil.copytree(run, copy, ignore=shutil.ignore_patterns(OUTCOME, BUNDLE, EXPORT, REPORT))
    last = max(Run.read(copy).records, key=lambda record: record.ended)
    (trial_dir(copy, last.trial_id) / RECORD).unlink()
    write_json(copy / CLOCK, {"spent": last.ended - 0.3 * last.seconds})
    with held(copy):
        live = LiveTrials(copy, Run.read(copy).plan.objective)
        live(TrialStarted(last.trial_id, last.values))
        for metrics in last.history[: 1 + 2 * len(last.history) // 3]:
            live(Evaluated(last.trial_id, int(metrics["epochs"]), metrics))
        yield copy


def opened(browser, address, width=WIDTH, **options):
    page = browser.new_page(viewport={"width": width, "height": 1000}, **options)
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
