"""Refuses a request that is too large or comes too slowly, before anything reads it."""

import asyncio
import json

BODY_SECONDS = 30.0
MOST_DRAINED = 64  # Times the limit that a client may send before it is cut off.


class BodyLimit:
    """ASGI middleware: bodies over `most` bytes get 413 and a sentence, slow ones 408.

    What is too large is read and dropped, or a client still sending would never see the answer.

    Args:
        app: what to guard.
        most: bytes that a body may have.
        seconds: until all of it must be there.
    """

    def __init__(self, app, most: int, seconds: float = BODY_SECONDS):
        self.app = app
        self.most = most
        self.seconds = seconds

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        try:
            body = await asyncio.wait_for(self._body(receive), self.seconds)
        except asyncio.TimeoutError:
            return await _refuse(send, 408, f"No whole request came within {self.seconds:g} s.")
        except _TooLarge:
            sentence = (
                f"The request is larger than {self.most:,} bytes. Send fewer or shorter texts; "
                "only the beginning or the end of a long text is read anyway."
            )
            return await _refuse(send, 413, sentence)
        if body is None:
            return None
        given = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def replay():
            return next(given, None) or await receive()

        await self.app(scope, replay, send)

    async def _body(self, receive) -> bytes | None:
        """The whole body, or None where the client has gone."""
        body, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            piece = message.get("body", b"")
            size += len(piece)
            if size <= self.most:
                body.append(piece)
            if not message.get("more_body") or size > self.most * MOST_DRAINED:
                break
        if size > self.most:
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
