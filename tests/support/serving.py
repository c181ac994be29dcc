"""A server of the page of a run folder, in this process."""

import contextlib
import socket
import threading
import time

LOOKS = [(390, "light"), (390, "dark"), (1440, "light"), (1440, "dark")]  # Width, colours.


@contextlib.contextmanager
def served(folder):
    """Serves a run folder on a free port: `with served(folder) as address`."""
    import uvicorn

    from attn_tuner.serving import make_app

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(make_app(folder), port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join()
