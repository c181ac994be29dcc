"""Closes connections that send a request too slowly, so that they do not pile up."""

HEADER_SECONDS = 20.0  # For the headers of a request, from the connection on.


def timeout_protocol(base: type, seconds: float) -> type:
    """Makes a uvicorn protocol that closes a connection whose headers do not arrive in time.

    uvicorn itself has no time limit for a request line or headers.

    Args:
        base: uvicorn's protocol class.
        seconds: float, time limit from the connection, or from the first byte of a further
            request, to the end of the headers.
    """

    class TimeoutProtocol(base):
        _deadline = None

        def connection_made(self, transport):
            super().connection_made(transport)
            self._start_timer()

        def data_received(self, data):
            if self._deadline is None and not self._is_responding():
                self._start_timer()
            super().data_received(data)
            if self._is_responding():
                self._stop_timer()

        def connection_lost(self, exc):
            self._stop_timer()
            super().connection_lost(exc)

        def _is_responding(self) -> bool:
            return self.cycle is not None and not self.cycle.response_complete

        def _start_timer(self):
            self._deadline = self.loop.call_later(seconds, self._on_timeout)

        def _stop_timer(self):
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _on_timeout(self):
            self._deadline = None
            if not self._is_responding() and not self.transport.is_closing():
                self.transport.close()

    return TimeoutProtocol
