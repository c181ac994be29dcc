"""Refuses what pages of other sites send through a visitor's browser."""

import json
from collections.abc import Callable
from urllib.parse import urlsplit

from attn_tuner.serving.body_limit import ASGIApp

_SAFE = ("GET", "HEAD", "OPTIONS")


class SameOrigin:
    """ASGI middleware: a browser's POST from another origin gets status 403 and a sentence.

    Browsers name the page that sends a request in `Sec-Fetch-Site` and `Origin`. Other clients
    send neither, and are let through.

    Args:
        app: the ASGI app behind it.

    Reference:
        https://www.w3.org/TR/fetch-metadata
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http" or scope["method"] in _SAFE or _is_own(_headers(scope)):
            return await self.app(scope, receive, send)
        said = "This request comes from a page of another site. Open the page of this server."
        body = json.dumps({"error": said}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _headers(scope: dict) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _is_own(headers: dict[str, str]) -> bool:
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
