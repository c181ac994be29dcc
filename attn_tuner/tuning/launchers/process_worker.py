"""What the child process of a `ProcessWorkerPool` runs: a `Worker` between two pipes."""

import os
import pickle
import sys
import threading
from typing import IO, Any

from attn_tuner.tuning.launchers.worker import Worker
from attn_tuner.tuning.launchers.worker_pool import WorkerReady


def serve(commands: IO[bytes], messages: IO[bytes]) -> None:
    """Carries out commands until their stream ends, and sends what the worker has to say.

    Args:
        commands: the search path of the driver and what `Worker` takes, then pairs of the name of
            a command and its arguments; each pickled by the driver.
        messages: `WorkerReady`, then each message of the worker, pickled.
    """
    sys.path[:], prepare, part, interval, cpus = pickle.load(commands)
    worker = Worker(pickle.loads(prepare), part, interval, cpus)
    _send(messages, WorkerReady())
    threading.Thread(target=_forward, args=(worker, messages), daemon=True).start()
    while True:
        try:
            name, arguments = pickle.load(commands)
        except EOFError:
            return
        if name == "begin":
            threading.Thread(target=worker.train, args=arguments, daemon=True).start()
        else:
            getattr(worker, name)(*arguments)


def _forward(worker: Worker, messages: IO[bytes]) -> None:
    while True:
        for content in worker.messages():
            _send(messages, content)


def _send(messages: IO[bytes], content: Any) -> None:
    pickle.dump(content, messages)
    messages.flush()


def _streams() -> tuple[IO[bytes], IO[bytes]]:
    """Takes standard input and output for messages; what libraries print goes to the errors."""
    commands, messages = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return commands, messages


if __name__ == "__main__":
    serve(*_streams())
