"""Serves a run folder as a web page with a JSON interface, by FastAPI (extra `serve`)."""

import contextlib
import secrets
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attn_tuner.errors import AttnTunerError, RunError, need
from attn_tuner.inputs.kinds import TEXT, InputKind, kind_named, require_text
from attn_tuner.serving.body_limit import BODY_SECONDS, ASGIApp, BodyLimit
from attn_tuner.serving.documents import ReportHolder, add_documents
from attn_tuner.serving.json_bodies import JsonBodies
from attn_tuner.serving.monitoring import MONITOR_BODY, MONITOR_PATH
from attn_tuner.serving.page_files import add_page
from attn_tuner.serving.request_timeout import HEADER_SECONDS, timeout_protocol
from attn_tuner.serving.same_origin import SameOrigin
from attn_tuner.serving.search_page import page_status
from attn_tuner.serving.stopping import add_stopping
from attn_tuner.storage.run import Run
from attn_tuner.system.terminal import escape_controls

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MAX_BYTES, MAX_TEXTS = 1_000_000, 64
NOT_JSON = "The body is not JSON in UTF-8."


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
    loopback, stop_token = host in LOOPBACK, secrets.token_urlsafe()
    app = make_app(directory, loopback=loopback, trust=trust, stop_token=stop_token)
    run_app(app, directory, host, port, "" if loopback else stop_token)


def run_app(
    app: ASGIApp, directory: str | Path, host: str, port: int, stop_token: str = ""
) -> None:
    """Runs an app until Ctrl-C, and prints its address first.

    Args:
        app: from `make_app`, or another one of a run folder.
        directory: the run folder.
        host, port: as in `serve`.
        stop_token: str, to be named with the address; "" for none.

    Raises:
        RunError: the port is taken.
        MissingExtra: uvicorn is not installed.
    """
    uvicorn = need("uvicorn", "serve")
    server = uvicorn.Server(server_settings(app))
    with _listen(host, port) as listener, contextlib.suppress(KeyboardInterrupt):
        shown = f"[{host}]" if ":" in host else host
        port = listener.getsockname()[1]
        print(
            f"Serving {escape_controls(directory)} at http://{shown}:{port} (Ctrl-C ends it)",
            flush=True,
        )
        if stop_token:
            print(
                f"To end the search from the page, open it as http://{shown}:{port}/#{stop_token}",
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
    stop_token: str | None = None,
) -> ASGIApp:
    """Makes the page and its interface as a FastAPI app, for any ASGI server.

        GET  /               the page
        GET  /status             state of the search
        GET  /examples           validation inputs whose answer is sure, in doubt, or wrong
        POST /predict            {"text": "..."} or {"texts": [...]} to labels and probabilities
        POST /explain            the same with tokens, their spans and weights
        POST /monitor            {"texts": [...]} compared with the validation texts
        POST /stop               ends the search with the best model so far
        GET  /report             the report
        GET  /export.zip         the exported model; its README is /export/README.md
        GET  /openapi.json       description of the interface

    For series, `/predict` and `/explain` take {"series": [...]}, and the latter gives attention
    along time and the importance of each value; `GET /example` draws a validation series, and there
    is no `/monitor`.

    Args:
        directory: the run folder.
        loopback: bool, True to answer only requests to this machine's own names, which keeps
            pages of other sites out.
        max_bytes: int, size limit of a request; a larger one gets status 413.
        max_texts: int, limit of texts, or series, in a request; more get status 422.
        body_seconds: float, time limit for the body of a request; a slower one gets status 408.
        trust: names of modules whose layers the model may contain; see `Bundle.load`.
        stop_token: str, what a request to end the search has to give; made up if not given. With
            `loopback` the page knows it; else it is taken from its address, `/#TOKEN`.
    """
    app = bare_app("The search in a run folder, and its best model.")
    run = Run.read(directory)  # Raises RunError before a port is opened.
    kind, token = kind_named(run.plan.input), stop_token or secrets.token_urlsafe()
    if not kind.answers:
        instead = "Use attn-tuner report, and attn_tuner.load(folder).predict()."
        require_text(kind.name, "attn-tuner serve", instead)
    add_page(app, token if loopback else "", kind=kind.name)
    kind.part("answers")(app, directory, trust, max_texts)
    add_documents(app, directory, ReportHolder(directory, trust))
    add_stopping(app, directory, token)

    @app.get("/status", summary="State of the search")
    def status() -> dict:
        return page_status(directory)

    guard(app, loopback=loopback, max_bytes=max_bytes, body_seconds=body_seconds, kind=kind)
    return app


def bare_app(description: str) -> Any:
    """Returns a FastAPI app without routes but `/openapi.json`.

    Args:
        description: str, what the interface is of.
    """
    fastapi = need("fastapi", "serve")
    return fastapi.FastAPI(
        title="attn-tuner",
        description=description,
        docs_url=None,  # FastAPI's own pages load scripts from other hosts.
        redoc_url=None,
    )


def guard(
    app: Any, *, loopback: bool, max_bytes: int, body_seconds: float, kind: InputKind = TEXT
) -> None:
    """Adds to an app its limits, its checks of where requests come from, and errors as sentences.

    Args:
        app: a FastAPI app with all of its routes.
        loopback, max_bytes, body_seconds: as in `make_app`.
        kind: of the inputs, for the sentences.
    """
    _add_errors(app, kind.body)
    app.add_middleware(JsonBodies)
    app.add_middleware(SameOrigin)
    if loopback:
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        hosts = [*LOOPBACK, "[::1]"]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app.add_middleware(BodyLimit, max_bytes=max_bytes, seconds=body_seconds, kind=kind)


def _add_errors(app, body):
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse
    from starlette.exceptions import HTTPException

    bodies = {MONITOR_PATH: MONITOR_BODY}

    def error_response(status, sentence):
        return JSONResponse({"error": sentence}, status_code=status)

    @app.exception_handler(RequestValidationError)
    async def invalid(request, error):
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"][1:])
        send = f"Send {bodies.get(request.url.path, body)}."
        if first["type"] == "json_invalid":
            return error_response(400, f"{NOT_JSON} {send}")
        place = f" at {where}" if where else ""
        return error_response(422, f"{first['msg']}{place}. {send}")

    @app.exception_handler(HTTPException)
    async def refused_by_the_framework(request, error):
        # FastAPI gives 400 alone to a body that it can neither decode nor, as too deep, parse.
        not_json = f"{NOT_JSON} Send {bodies.get(request.url.path, body)}."
        sentence = not_json if error.status_code == 400 else str(error.detail)
        return error_response(error.status_code, sentence)

    @app.exception_handler(RunError)
    async def not_ready(request, error):
        return error_response(503, str(error))

    @app.exception_handler(AttnTunerError)
    async def refused(request, error):
        return error_response(422, str(error))


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
