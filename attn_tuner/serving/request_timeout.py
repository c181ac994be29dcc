"""Ends connections that send a request too slowly, so that half-sent ones do not pile up."""

HEADER_SECONDS = 20.0  # For the head of a request, from the connection on.


def patient_protocol(base: type, seconds: float) -> type:
    """A protocol of uvicorn that closes a connection whose next request does not begin in time.

    uvicorn itself waits for ever for the rest of a request line or of its headers.

    Args:
        base: uvicorn's protocol.
        seconds: from the beginning of a connection, or the first byte after a request that was
            answered, until all headers are there.
    """

    class Patient(base):
        _deadline = None

        def connection_made(self, transport):
            super().connection_made(transport)
            self._wait()

        def data_received(self, data):
            if self._deadline is None and not self._answering():
                self._wait()
            super().data_received(data)
            if self._answering():
                self._wait_no_more()

        def connection_lost(self, exc):
            self._wait_no_more()
            super().connection_lost(exc)

        def _answering(self) -> bool:
            return self.cycle is not None and not self.cycle.response_complete

        def _wait(self):
            self._deadline = self.loop.call_later(seconds, self._too_late)

        def _wait_no_more(self):
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _too_late(self):
            self._deadline = None
            if not self._answering() and not self.transport.is_closing():
                self.transport.close()

    return Patient
