"""Serves a run folder as a web page with a JSON interface, by FastAPI (extra `serve`)."""

import contextlib
import re
import socket
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from attn_tuner.errors import AttnTunerError, RunError, need
from attn_tuner.explaining.explanation import Explanation
from attn_tuner.explaining.rendering import relative_weights
from attn_tuner.monitoring.status import search_status
from attn_tuner.reporting.json_in_html import to_json_value
from attn_tuner.serving.body_limit import BODY_SECONDS, ASGIApp, BodyLimit
from attn_tuner.serving.model_holder import ModelHolder
from attn_tuner.serving.request_timeout import HEADER_SECONDS, timeout_protocol
from attn_tuner.storage.run import Run
from attn_tuner.system.terminal import escape_controls

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_BYTES, MAX_TEXTS = 1_000_000, 64
# No file comes from other hosts and no inline script runs, whatever the data holds.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)
_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON can name one alone, UTF-8 cannot.
_KINDS = {"css": "text/css", "js": "text/javascript", "html": "text/html"}


def serve(
    directory: str | Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    trust: str | Sequence[str] = (),
) -> None:
    """Serves a run until Ctrl-C, by default to this machine only.

    Args:
        directory: the run folder; its search may still run.
        host: str, address to listen on. Any but loopback lets others on the network in.
        port: int, port to listen on; 0 takes a free one, which is printed.
        trust: names of modules whose layers the model may contain; see `Bundle.load`.

    Raises:
        RunError: `directory` is not a run folder, or the port is taken.
        MissingExtra: FastAPI or uvicorn is not installed.
    """
    uvicorn = need("uvicorn", "serve")
    app = make_app(directory, loopback=host in LOOPBACK, trust=trust)
    server = uvicorn.Server(server_settings(app))
    with _listen(host, port) as listener, contextlib.suppress(KeyboardInterrupt):
        shown = f"[{host}]" if ":" in host else host
        port = listener.getsockname()[1]
        print(
            f"Serving {escape_controls(directory)} at http://{shown}:{port} (Ctrl-C ends it)",
            flush=True,
        )
        server.run(sockets=[listener])


def server_settings(app: ASGIApp, seconds: float = HEADER_SECONDS) -> Any:
    """Returns the `uvicorn.Config` of a server that closes slow connections.

    Args:
        app: from `make_app`.
        seconds: float, time limit for the headers of a request.
    """
    uvicorn = need("uvicorn", "serve")
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    protocol = timeout_protocol(AutoHTTPProtocol, seconds)
    return uvicorn.Config(app, log_level="warning", http=protocol)


def make_app(
    directory: str | Path,
    *,
    loopback: bool = True,
    max_bytes: int = MAX_BYTES,
    max_texts: int = MAX_TEXTS,
    body_seconds: float = BODY_SECONDS,
    trust: str | Sequence[str] = (),
) -> ASGIApp:
    """Makes the page and its interface as a FastAPI app, for any ASGI server.

        GET  /               the page
        GET  /status         state of the search
        POST /predict        {"text": "..."} or {"texts": [...]} to labels and probabilities
        POST /explain        the same with tokens, their spans and weights
        GET  /openapi.json   description of the interface

    Args:
        directory: the run folder.
        loopback: bool, True to answer only requests to this machine's own names, which keeps
            pages of other sites out.
        max_bytes: int, size limit of a request; a larger one gets status 413.
        max_texts: int, limit of texts in a request; more get status 422.
        body_seconds: float, time limit for the body of a request; a slower one gets status 408.
        trust: names of modules whose layers the model may contain; see `Bundle.load`.
    """
    fastapi = need("fastapi", "serve")
    Run.read(directory)  # Raises RunError before a port is opened.
    app = fastapi.FastAPI(
        title="attn-tuner",
        description="The search in a run folder, and its best model.",
        docs_url=None,  # FastAPI's own pages load scripts from other hosts.
        redoc_url=None,
    )
    explain = ModelHolder(directory, trust)
    _add_pages(app, directory)
    _add_predictions(app, explain, max_texts)
    _add_errors(app)
    if loopback:
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        hosts = [*LOOPBACK, "[::1]"]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app.add_middleware(BodyLimit, max_bytes=max_bytes, seconds=body_seconds)
    return app


def _add_pages(app, directory):
    from fastapi import Response

    def page(name):
        kind = _KINDS[name.rsplit(".", 1)[1]]
        headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
        return Response(read_page(name), media_type=kind, headers=headers)

    @app.get("/", include_in_schema=False)
    def index():
        return page("serve.html")

    @app.get("/serve.css", include_in_schema=False)
    def style():
        return page("serve.css")

    @app.get("/serve.js", include_in_schema=False)
    def script():
        return page("serve.js")

    @app.get("/status", summary="State of the search")
    def status() -> dict:
        return search_status(directory)


def _add_predictions(app, explain_texts, max_texts):
    from pydantic import BaseModel, ConfigDict, Field, model_validator

    class Texts(BaseModel):
        """One text, or several."""

        model_config = ConfigDict(extra="forbid", strict=True)
        text: str | None = None
        texts: list[str] | None = Field(default=None, max_length=max_texts)

        @model_validator(mode="after")
        def one_of_them(self):
            if (self.text is None) == (self.texts is None):
                raise ValueError('Give either "text" or "texts".')
            return self

        def given(self) -> list[str]:
            texts = [self.text or ""] if self.texts is None else self.texts
            return [_SURROGATE.sub("\ufffd", text) for text in texts]

    @app.post("/predict", summary="Label and probabilities of each text")
    def predict(request: Texts) -> dict:
        return {"answers": [_prediction(each) for each in explain_texts(request.given())]}

    @app.post("/explain", summary="The same with tokens, their spans and attention weights")
    def explain(request: Texts) -> dict:
        return {"answers": [_explanation(each) for each in explain_texts(request.given())]}


def _add_errors(app):
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse
    from starlette.exceptions import HTTPException

    def error_response(status, sentence):
        return JSONResponse({"error": sentence}, status_code=status)

    @app.exception_handler(RequestValidationError)
    async def invalid(request, error):
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"][1:])
        if first["type"] == "json_invalid":
            return error_response(400, 'The body is not JSON. Send {"text": "..."}.')
        place = f" at {where}" if where else ""
        return error_response(
            422, f'{first["msg"]}{place}. Send {{"text": "..."}} or a list "texts".'
        )

    @app.exception_handler(HTTPException)
    async def refused_by_the_framework(request, error):
        return error_response(error.status_code, str(error.detail))

    @app.exception_handler(RunError)
    async def not_ready(request, error):
        return error_response(503, str(error))

    @app.exception_handler(AttnTunerError)
    async def refused(request, error):
        return error_response(422, str(error))


def read_page(name: str) -> str:
    """Reads one of the files of the page.

    Args:
        name: str, "serve.html", "serve.css" or "serve.js".
    """
    return (files("attn_tuner.serving") / "templates" / name).read_text(encoding="utf-8")


def _prediction(explanation: Explanation) -> dict:
    return {
        "label": explanation.label,
        "probability": explanation.probability,
        "probabilities": explanation.probabilities,
    }


def _explanation(explanation: Explanation) -> dict:
    shown = [
        [segment, None if weight is None else round(weight, 3)]
        for segment, weight in explanation.segments(relative_weights(explanation.attention))
    ]
    return to_json_value({**explanation.as_dict(), "segments": shown})


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # Before the address is printed, so that a request may come at once.
    except OSError as error:
        listener.close()
        raise RunError(
            f"Cannot listen on {host}:{port} ({error.strerror}). Try another --port."
        ) from error
    return listener
