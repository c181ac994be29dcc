"""A small web page on a run folder, with a JSON interface: FastAPI, extra `serve`."""

import contextlib
import re
import socket
from importlib.resources import files

from attn_tuner.errors import AttnTunerError, RunError, need
from attn_tuner.explaining.rendering import pieces, strengths
from attn_tuner.monitoring.status import standing
from attn_tuner.reporting.json_in_html import plain
from attn_tuner.serving.body_limit import BODY_SECONDS, BodyLimit
from attn_tuner.serving.model_holder import ModelHolder
from attn_tuner.serving.request_timeout import HEADER_SECONDS, patient_protocol
from attn_tuner.storage.run import Run
from attn_tuner.system.terminal import escape_controls

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_BYTES, MOST_TEXTS = 1_000_000, 64
# Nothing is loaded from elsewhere and no inline script runs, whatever the data holds.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)
_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON can name one alone, UTF-8 cannot.
_KINDS = {"css": "text/css", "js": "text/javascript", "html": "text/html"}


def serve(directory, *, host: str = "127.0.0.1", port: int = 8000, trust=()):
    """Serves the run in `directory` until Ctrl-C; to this machine alone unless told otherwise.

    Args:
        directory: the run's folder; its search may still go on.
        host: address to listen at. Any but loopback lets others on the network in.
        port: to listen at; 0 for any that is free. What is printed names the one it got.
        trust: names of modules whose layers the model may hold; see `Bundle.load`.

    Raises:
        RunError: it is no run folder, or the port is taken.
        MissingExtra: FastAPI or uvicorn is not installed.
    """
    uvicorn = need("uvicorn", "serve")
    app = make_app(directory, loopback=host in LOOPBACK, trust=trust)
    server = uvicorn.Server(server_settings(app))
    with _bound(host, port) as listener, contextlib.suppress(KeyboardInterrupt):
        shown = f"[{host}]" if ":" in host else host
        port = listener.getsockname()[1]
        print(
            f"Serving {escape_controls(directory)} at http://{shown}:{port} (Ctrl-C ends it)",
            flush=True,
        )
        server.run(sockets=[listener])


def server_settings(app, seconds: float = HEADER_SECONDS):
    """How uvicorn is to serve the app: a connection without a whole request is closed in time.

    Args:
        app: from `make_app`.
        seconds: that the head of a request may take.
    """
    uvicorn = need("uvicorn", "serve")
    from uvicorn.protocols.http.auto import AutoHTTPProtocol

    protocol = patient_protocol(AutoHTTPProtocol, seconds)
    return uvicorn.Config(app, log_level="warning", http=protocol)


def make_app(
    directory,
    *,
    loopback: bool = True,
    max_bytes: int = MOST_BYTES,
    max_texts: int = MOST_TEXTS,
    body_seconds: float = BODY_SECONDS,
    trust=(),
):
    """The page and its interface as a FastAPI app, for any ASGI server.

        GET  /               the page
        GET  /status         where the search stands
        POST /predict        {"text": "..."} or {"texts": [...]} to labels and probabilities
        POST /explain        the same with tokens, their places and weights
        GET  /openapi.json   the interface described

    Args:
        directory: the run's folder.
        loopback: answer only requests that name this machine, which keeps other sites' pages out.
        max_bytes: of a request; a larger one is answered with 413.
        max_texts: of a request; more are answered with 422.
        body_seconds: that a request may take to arrive; a slower one is answered with 408.
        trust: names of modules whose layers the model may hold; see `Bundle.load`.
    """
    fastapi = need("fastapi", "serve")
    Run.read(directory)  # Refuses what is no run folder before a port is opened.
    app = fastapi.FastAPI(
        title="attn-tuner",
        description="The search in a run folder, and its best model.",
        docs_url=None,  # FastAPI's own pages load their scripts from elsewhere.
        redoc_url=None,
    )
    winner = ModelHolder(directory, trust)
    _add_pages(app, directory)
    _add_answers(app, winner, max_texts)
    _add_errors(app)
    if loopback:
        from starlette.middleware.trustedhost import TrustedHostMiddleware

        hosts = [*LOOPBACK, "[::1]"]
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app.add_middleware(BodyLimit, most=max_bytes, seconds=body_seconds)
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

    @app.get("/status", summary="Where the search stands")
    def status() -> dict:
        return standing(directory)


def _add_answers(app, winner, max_texts):
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
            texts = [self.text] if self.texts is None else self.texts
            return [_SURROGATE.sub("\ufffd", text) for text in texts]

    @app.post("/predict", summary="Label and probabilities of each text")
    def predict(request: Texts) -> dict:
        return {"answers": [_short(each) for each in winner(request.given())]}

    @app.post("/explain", summary="The same with tokens, places in the text and attention")
    def explain(request: Texts) -> dict:
        return {"answers": [_long(each) for each in winner(request.given())]}


def _add_errors(app):
    from fastapi.exceptions import RequestValidationError
    from fastapi.responses import JSONResponse
    from starlette.exceptions import HTTPException

    def said(status, sentence):
        return JSONResponse({"error": sentence}, status_code=status)

    @app.exception_handler(RequestValidationError)
    async def invalid(request, error):
        first = error.errors()[0]
        where = ".".join(str(each) for each in first["loc"][1:])
        if first["type"] == "json_invalid":
            return said(400, 'The body is not JSON. Send {"text": "..."}.')
        place = f" at {where}" if where else ""
        return said(422, f'{first["msg"]}{place}. Send {{"text": "..."}} or a list "texts".')

    @app.exception_handler(HTTPException)
    async def refused_by_the_framework(request, error):
        return said(error.status_code, str(error.detail))

    @app.exception_handler(RunError)
    async def not_ready(request, error):
        return said(503, str(error))

    @app.exception_handler(AttnTunerError)
    async def refused(request, error):
        return said(422, str(error))


def read_page(name: str) -> str:
    """One of the files of the page."""
    return (files("attn_tuner.serving") / "templates" / name).read_text(encoding="utf-8")


def _short(explanation) -> dict:
    return {
        "label": explanation.label,
        "probability": explanation.probability,
        "probabilities": explanation.probabilities,
    }


def _long(explanation) -> dict:
    shown = [
        [piece, None if strength is None else round(strength, 3)]
        for piece, strength in pieces(explanation, strengths(explanation.attention))
    ]
    return plain({**explanation.as_dict(), "pieces": shown})


def _bound(host, port) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # So that who reads the printed address may ask at once.
    except OSError as error:
        listener.close()
        raise RunError(
            f"{host}:{port} cannot be listened at ({error.strerror}). Try another --port."
        ) from error
    return listener
