"""Rejects requests that are too large or arrive too slowly, before the app reads them."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from attn_tuner.inputs.kinds import TEXT, InputKind

ASGIApp = Callable[..., Awaitable[None]]

BODY_SECONDS = 30.0
MAX_DRAINED = 64  # Times the size limit that is read of a large body before giving up.


class BodyLimit:
    """ASGI middleware: large bodies get status 413, slow ones 408, with a sentence.

    A body that is too large is read and dropped, or a client still sending would not see the
    response.

    Args:
        app: the ASGI app behind it.
        max_bytes: int, size limit of a body.
        seconds: float, time limit for a body.
        kind: of the inputs, for the sentence on large bodies.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, seconds: float = BODY_SECONDS, kind: InputKind = TEXT
    ):
        self.app = app
        self.max_bytes = max_bytes
        self.seconds = seconds
        self.kind = kind

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        try:
            body = await asyncio.wait_for(self._body(receive), self.seconds)
        except asyncio.TimeoutError:
            return await _refuse(
                send, 408, f"The request did not arrive within {self.seconds:g} s."
            )
        except _TooLarge:
            sentence = (
                f"The request is larger than {self.max_bytes:,} bytes. Send fewer or shorter "
                "texts; the model reads only a limited number of tokens."
            )
            return await _refuse(send, 413, self.kind.worded(sentence))
        if body is None:
            return None
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def replay():
            return next(given, None) or await receive()

        await self.app(scope, replay, send)

    async def _body(self, receive) -> bytes | None:
        """Reads the whole body; None where the client has disconnected."""
        body, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            piece = message.get("body", b"")
            size += len(piece)
            if size <= self.max_bytes:
                body.append(piece)
            if not message.get("more_body") or size > self.max_bytes * MAX_DRAINED:
                break
        if size > self.max_bytes:
            raise _TooLarge
        return b"".join(body)


class _TooLarge(Exception):
    pass


async def _refuse(send, status: int, sentence: str):
    body = json.dumps({"error": sentence}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
