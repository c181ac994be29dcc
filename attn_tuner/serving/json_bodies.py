"""Reads every body as JSON, whatever its content type says."""

from collections.abc import Callable

from attn_tuner.serving.body_limit import ASGIApp


class JsonBodies:
    """ASGI middleware: gives each POST the content type `application/json`.

    All bodies of the interface are JSON, and `curl -d` sends them as a form.

    Args:
        app: the ASGI app behind it.
    """

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            others = [each for each in scope["headers"] if each[0] != b"content-type"]
            scope = {**scope, "headers": [*others, (b"content-type", b"application/json")]}
        await self.app(scope, receive, send)
