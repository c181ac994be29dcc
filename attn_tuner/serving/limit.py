"""Refuses a request that is too large, before anything reads it."""

import json

MOST_DRAINED = 64  # Times the limit that a client may send before it is cut off.


class BodyLimit:
    """ASGI middleware: bodies over `most` bytes are answered with 413 and a sentence.

    What is too large is read and dropped, or a client still sending would never see the answer.

    Args:
        app: what to guard.
        most: bytes that a body may have.
    """

    def __init__(self, app, most: int):
        self.app = app
        self.most = most

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
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
            return await self._refuse(send)
        given = iter([{"type": "http.request", "body": b"".join(body), "more_body": False}])

        async def replay():
            return next(given, None) or await receive()

        await self.app(scope, replay, send)

    async def _refuse(self, send):
        sentence = (
            f"The request is larger than {self.most:,} bytes. Send fewer or shorter texts; only "
            "the beginning or the end of a long text is read anyway."
        )
        body = json.dumps({"error": sentence}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": body})
