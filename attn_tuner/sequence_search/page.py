"""Serves a run of pairs as a web page: the target of a text, and where the model looked.

The page has the same protection as that of classifiers; see `attn_tuner.serving`.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.reporting.json_in_html import to_json_value
from attn_tuner.sequence_search.report import report_html
from attn_tuner.sequence_search.result import SequenceResult
from attn_tuner.sequence_search.wording import outcome_rows
from attn_tuner.serving.app import LOOPBACK, MAX_BYTES, MAX_TEXTS, bare_app, guard, run_app
from attn_tuner.serving.body_limit import BODY_SECONDS, ASGIApp
from attn_tuner.serving.documents import add_documents
from attn_tuner.serving.page_files import add_page
from attn_tuner.serving.predictions import texts_request
from attn_tuner.storage.layout import OUTCOME
from attn_tuner.storage.run import Run

_INDEX = "pairs.html"


class TranslatorHolder:
    """Writes targets with the model of a run, one call at a time; loads it again when it changes.

    Args:
        directory: the run folder; its search may still run.
        trust: names of modules whose layers the model may contain.
    """

    def __init__(self, directory: str | Path, trust: str | Sequence[str] = ()):
        self.directory = Path(directory)
        self.trust = trust
        self._lock = threading.Lock()
        self._held: tuple[int, SequenceResult] | None = None

    def __call__(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Returns for each text what `Translator.explain` does, without padding, for JSON.

        Raises:
            RunError: the search has no model yet, or it cannot be loaded.
        """
        if not texts:
            return []
        with self._lock:
            found = self._current().translator.explained(texts)
        return [_answer(text, row, found) for row, text in enumerate(texts)]

    def _current(self) -> SequenceResult:
        outcome = self.directory / OUTCOME
        written = outcome.stat().st_mtime_ns if outcome.exists() else 0
        if self._held is None or self._held[0] != written:
            self._held = (written, SequenceResult(self.directory, self.trust))
        return self._held[1]


def _answer(text: str, row: int, found: dict[str, np.ndarray]) -> dict[str, Any]:
    read, written = (
        [token.decode("utf-8") for token in found[name][row] if token]
        for name in ("source_tokens", "target_tokens")
    )
    weights = found["alignment"][row, : len(written), : len(read)]
    return {
        "text": text,
        "prediction": found["text"][row].decode("utf-8"),
        "score": float(found["score"][row]),
        "source_tokens": read,
        "target_tokens": written,
        "alignment": np.round(weights.astype(float), 4).tolist(),
    }


def make_pairs_app(
    directory: str | Path,
    *,
    loopback: bool = True,
    max_bytes: int = MAX_BYTES,
    max_texts: int = MAX_TEXTS,
    body_seconds: float = BODY_SECONDS,
    trust: str | Sequence[str] = (),
) -> ASGIApp:
    """Makes the page and its interface as a FastAPI app, for any ASGI server.

        GET  /                   the page
        GET  /status             what the search found, and its examples
        POST /predict            {"text": "..."} or {"texts": [...]} to predictions and scores
        POST /explain            the same with the tokens of both sides and the alignment
        GET  /report             the report
        GET  /export.zip         the exported model; its README is /export/README.md
        GET  /openapi.json       description of the interface

    Args:
        directory: the run folder.
        loopback, max_bytes, max_texts, body_seconds, trust: as in `serving.make_app`.
    """
    app = bare_app("The search over pairs of texts in a run folder, and its best model.")
    Run.read(directory)  # Raises RunError before a port is opened.
    add_page(app, index=_INDEX)
    _add_answers(app, TranslatorHolder(directory, trust), max_texts)
    add_documents(app, directory, lambda: report_html(Run.read(directory)))

    @app.get("/status", summary="What the search found, and its examples")
    def status() -> dict:
        return page_status(Run.read(directory))

    guard(app, loopback=loopback, max_bytes=max_bytes, body_seconds=body_seconds)
    return app


def _add_answers(app: Any, write: TranslatorHolder, max_texts: int) -> None:
    Texts: Any = texts_request(max_texts)

    @app.post("/predict", summary="What the model writes for each text")
    def predict(request: Texts) -> dict:
        shown = ("text", "prediction", "score")
        return {
            "answers": [{name: each[name] for name in shown} for each in write(request.given())]
        }

    @app.post("/explain", summary="The same with tokens and alignment")
    def explain(request: Texts) -> dict:
        return {"answers": write(request.given())}


def page_status(run: Run) -> dict[str, Any]:
    """Returns what the page shows of a search: `title`, `rows` of label and text, `examples`."""
    examples = run.outcome["examples"] if run.outcome else []
    kept = ("kind", "source", "wanted")
    return to_json_value(
        {
            "title": run.plan.source,
            "rows": [list(row) for row in outcome_rows(run)],
            "examples": [{name: each[name] for name in kept} for each in examples],
        }
    )


def serve_pairs(
    directory: str | Path, *, host: str, port: int, trust: str | Sequence[str] = ()
) -> None:
    """Serves a run of pairs until Ctrl-C.

    Args:
        directory: the run folder.
        host, port, trust: as in `serving.serve`.

    Raises:
        RunError: `directory` is not a run folder, or the port is taken.
        MissingExtra: FastAPI or uvicorn is not installed.
    """
    run_app(
        make_pairs_app(directory, loopback=host in LOOPBACK, trust=trust), directory, host, port
    )
