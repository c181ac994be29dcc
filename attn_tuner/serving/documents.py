"""Serves what a search leaves: its report, its export as a zip file, the export's README."""

import os
import threading
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attn_tuner.errors import RunError
from attn_tuner.reporting.report import collect_report, render_report
from attn_tuner.storage.atomic_files import scratch
from attn_tuner.storage.layout import CARD_PAGE, OUTCOME, REPORT
from attn_tuner.storage.run import Run

if TYPE_CHECKING:
    from fastapi import FastAPI

# A report has scripts of its own, which may do nothing with the page that links to it.
REPORT_POLICY = "sandbox allow-scripts allow-downloads"
REPORT_SECONDS = 5.0  # For measuring the faithfulness of attention, while somebody waits.
_PIECE = 1 << 16  # Bytes.
_SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}


class ReportHolder:
    """Gives the report of a run: the file if it is newer than the outcome, else one made now.

    Args:
        directory: the run folder.
        trust: names of modules whose layers the model may contain.
    """

    def __init__(self, directory: str | Path, trust: str | Sequence[str] = ()):
        self.directory = Path(directory)
        self.trust = trust
        self._lock = threading.Lock()
        self._made: tuple | None = None
        self._html = ""

    def __call__(self) -> str:
        """Returns a page of HTML. The first call may take some seconds."""
        with self._lock:
            file = self.directory / REPORT
            if _changed(file) > max(0, _changed(self.directory / OUTCOME)):
                return file.read_text(encoding="utf-8", errors="replace")
            run = Run.read(self.directory)
            state = _changed(self.directory / OUTCOME), len(run.records)
            if state != self._made:
                gathered = collect_report(run, seconds=REPORT_SECONDS, trust=self.trust)
                self._html, self._made = render_report(gathered), state
            return self._html


def add_documents(app: "FastAPI", directory: str | Path, report_html: Callable[[], str]) -> None:
    """Adds `/report`, `/export.zip` and `/export/README.md` to an app.

    Args:
        app: a FastAPI app.
        directory: the run folder.
        report_html: returns the report, a page of HTML; a `ReportHolder`.
    """
    from fastapi import HTTPException
    from fastapi.responses import Response, StreamingResponse

    @app.get("/report", summary="The report, a page of HTML", response_model=None)
    def report():
        headers = {**_SAFE, "Content-Security-Policy": REPORT_POLICY}
        content = report_html().encode("utf-8", errors="replace")
        return Response(content, media_type="text/html", headers=headers)

    @app.get("/export.zip", summary="The exported model, zipped", response_model=None)
    def export():
        folder = _exported(directory)
        name = f'attachment; filename="{_ascii(Path(directory).absolute().name)}-export.zip"'
        headers = {**_SAFE, "Content-Disposition": name}
        return StreamingResponse(zipped(folder), media_type="application/zip", headers=headers)

    @app.get(f"/export/{CARD_PAGE}", summary="How to use the exported model", response_model=None)
    def readme():
        path = _exported(directory) / CARD_PAGE
        if not path.is_file():
            raise HTTPException(404, f"The export has no {CARD_PAGE}.")
        content = path.read_bytes()
        return Response(content, media_type="text/plain", headers=_SAFE)


def zipped(folder: Path) -> Iterator[bytes]:
    """Zips a folder, by way of a temporary file, and yields the archive in pieces.

    Links are left out, as they may lead anywhere.

    Args:
        folder: path.
    """
    with scratch() as place:
        packed = place / "export.zip"
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for above, _, names in os.walk(folder):
                for name in sorted(names):
                    path = Path(above) / name
                    if not path.is_symlink():
                        archive.write(path, path.relative_to(folder))
        with packed.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def _exported(directory: str | Path) -> Path:
    run = Run.read(directory)
    if not run.outcome or not run.export.is_dir():
        raise RunError("The search has no export yet. Try again when it has ended.")
    return run.export


def _changed(path: Path) -> int:
    """Returns when a file was last written, in nanoseconds; 0 where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _ascii(name: str) -> str:
    return "".join(
        each if each.isascii() and (each.isalnum() or each in "-_.") else "_" for each in name
    )
