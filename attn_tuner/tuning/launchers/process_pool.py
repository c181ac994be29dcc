"""Workers that are child processes on the cores of this machine."""

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import cloudpickle
import keras

from attn_tuner.errors import RunError
from attn_tuner.system.processes import module_command
from attn_tuner.tuning.launchers import launchers
from attn_tuner.tuning.launchers.worker import PROGRESS_INTERVAL
from attn_tuner.tuning.launchers.worker_pool import (
    ENDS,
    OUT_OF_MEMORY,
    Content,
    WorkerDied,
    WorkerMessage,
    WorkerOptions,
    WorkerReady,
)
from attn_tuner.tuning.resources import core_sets, environment, killed, share
from attn_tuner.tuning.trial.spec import TrialSpec

MAX_FAILED_STARTS = 2  # In a row, of workers that end before they can train.
_Message = tuple[str, Content | WorkerReady | None]  # With the worker; None at its end.
_KEPT_LINES = 20  # Of a worker's errors.
_READING_SECONDS = 2.0  # In which the errors of a worker that has ended are read.


@dataclass
class _Worker:
    """One worker as the driver knows it.

    Args:
        process: the child.
        errors: the last lines that it wrote to standard error.
        listening: the thread that reads them.
        cpus: the cores that it stays on; None for all.
        up: whether it can train.
        busy: whether it trains.
        sending: held while a command is written.
    """

    process: subprocess.Popen
    errors: deque[str]
    listening: threading.Thread
    cpus: frozenset[int] | None
    up: bool = False
    busy: bool = False
    sending: threading.Lock = field(default_factory=threading.Lock)


@launchers.register("processes")
class ProcessLauncher:
    """Child processes of this machine, each on cores of its own.

    Args:
        options: number of workers, and threads of each.
    """

    def __init__(self, options: WorkerOptions):
        self._options = options
        self._early: list[subprocess.Popen] = []

    @contextlib.contextmanager
    def early(self) -> Iterator[None]:
        """Starts the processes now; they import their libraries until `start` needs them.

        Those that were not needed end with the `with` block.
        """
        variables = _environment(self._options.threads)
        try:
            self._early += [_process(variables) for _ in range(self._options.workers)]
            yield
        finally:
            while self._early:
                _kill(self._early.pop())

    def start(
        self, prepare: Callable[[], Any]
    ) -> "contextlib.AbstractContextManager[ProcessWorkerPool]":
        workers, threads = self._options.workers, self._options.threads
        pool = ProcessWorkerPool(prepare, workers, threads, core_sets(workers), self._early)
        return contextlib.nullcontext(pool)


class ProcessWorkerPool:
    """Workers that are child processes; one that dies is replaced.

        Driver(runner, ProcessWorkerPool(prepare, workers=2)).search()

    Commands go to a worker's standard input and messages come from its standard output, both
    pickled. Nothing that another program could write is read.

    Args:
        prepare: makes, in the worker, the function that trains a trial. Classes and functions of
            `__main__` travel with it.
        workers: int, how many.
        threads: int, for each; its part of this machine's cores if None.
        pinned: the cores of each; empty lets them wander.
        early: processes that were started before, with the same environment; the pool takes them
            out of this list.

    Raises:
        RunError: `prepare` cannot be pickled.
    """

    def __init__(
        self,
        prepare: Callable,
        workers: int,
        threads: int | None = None,
        pinned: Sequence[frozenset[int]] = (),
        early: list[subprocess.Popen] | None = None,
    ):
        self._prepare = _pickled(prepare)
        self._environment = _environment(threads or share(workers))
        self._part = 1.0  # Of the memory that a worker counts on at first.
        self._killed = killed()
        self._messages: queue.SimpleQueue[tuple[str, Content | WorkerReady | None]] = (
            queue.SimpleQueue()
        )
        self._workers: dict[str, _Worker] = {}
        self._hired = 0
        self._early = [] if early is None else early
        self._failed_starts = 0
        for number in range(workers):
            self._hire(pinned[number] if pinned else None)

    def idle(self) -> list[str]:
        return [name for name, worker in self._workers.items() if worker.up and not worker.busy]

    def begin(self, worker: str, spec: TrialSpec) -> None:
        self._workers[worker].busy = True
        self._send(worker, "begin", spec)

    def answer(self, worker: str, reason: str | None) -> None:
        self._send(worker, "answer", reason)

    def stop(self, worker: str) -> None:
        self._send(worker, "stop")

    def dismiss(self, worker: str) -> None:
        gone = self._workers.pop(worker)
        _end(gone)
        self._hire(gone.cpus)

    def spare_memory(self) -> None:
        self._part /= 2
        for worker in self._workers:
            self._send(worker, "spare_memory", self._part)

    def wait(self, seconds: float) -> list[WorkerMessage]:
        until, found = time.monotonic() + seconds, []
        while not found and (left := until - time.monotonic()) > 0:
            with contextlib.suppress(queue.Empty):
                found += self._take(*self._messages.get(timeout=left))
        while not self._messages.empty():
            found += self._take(*self._messages.get())
        return found

    def close(self) -> None:
        for worker in self._workers.values():
            _end(worker)
        self._workers.clear()

    def _hire(self, cpus: frozenset[int] | None):
        name = f"worker {self._hired}"
        self._hired += 1
        process = self._early.pop() if self._early else _process(self._environment)
        errors: deque[str] = deque(maxlen=_KEPT_LINES)
        listening = threading.Thread(target=_keep, args=(process.stderr, errors), daemon=True)
        listening.start()
        self._workers[name] = worker = _Worker(process, errors, listening, cpus)
        threading.Thread(target=self._read, args=(name, worker), daemon=True, name=name).start()

    def _read(self, name: str, worker: _Worker):
        """Introduces a worker and puts what it sends into the queue; None at its end."""
        with contextlib.suppress(OSError), worker.sending:
            first = (list(sys.path), self._prepare, self._part, PROGRESS_INTERVAL, worker.cpus)
            pickle.dump(first, worker.process.stdin)
            worker.process.stdin.flush()
        with contextlib.suppress(EOFError, OSError, ValueError, pickle.UnpicklingError):
            while True:
                self._messages.put((name, pickle.load(worker.process.stdout)))
        self._messages.put((name, None))

    def _send(self, name: str, method: str, *arguments):
        worker = self._workers[name]
        # A worker that has died is told of by its last message.
        with contextlib.suppress(OSError, ValueError), worker.sending:
            worker.process.stdin.write(cloudpickle.dumps((method, arguments)))
            worker.process.stdin.flush()

    def _take(self, name: str, content: Content | WorkerReady | None) -> list[WorkerMessage]:
        worker = self._workers.get(name)
        if worker is None:  # Dismissed.
            return []
        if content is None:
            return [WorkerMessage(name, self._replace(name))]
        if not worker.up:
            worker.up = isinstance(content, WorkerReady)
            self._failed_starts = 0
            return []
        worker.busy = worker.busy and not isinstance(content, ENDS)
        return [WorkerMessage(name, content)]

    def _replace(self, name: str) -> WorkerDied:
        """Starts another worker in the place of one that has died.

        Raises:
            RunError: workers end one after the other before they can train.
        """
        dead = self._workers.pop(name)
        reason = self._why(dead)
        self._failed_starts += not dead.up
        if self._failed_starts > MAX_FAILED_STARTS:
            raise RunError(f"Workers cannot be started: {reason}")
        self._hire(dead.cpus)
        return WorkerDied(reason)

    def _why(self, dead: _Worker) -> str:
        status, said = _end(dead)
        before, self._killed = self._killed, killed()
        if self._killed > before:
            return OUT_OF_MEMORY
        return f"exit status {status}" + (f": {said}" if said else "")


def _keep(stream: IO[bytes], lines: deque[str]):
    """Keeps the last lines of a stream until it ends."""
    with contextlib.suppress(OSError, ValueError), stream:
        for line in stream:
            if words := line.decode(errors="replace").strip():
                lines.append(words)


def _end(worker: _Worker) -> tuple[int, str]:
    """Ends a worker by force; returns its exit status and the last line of its errors."""
    status = _kill(worker.process)
    worker.listening.join(_READING_SECONDS)
    return status, worker.errors[-1][:300] if worker.errors else ""


def _process(variables: dict[str, str]) -> subprocess.Popen:
    """Starts the process of a worker, which imports its libraries and then waits."""
    return subprocess.Popen(
        module_command("attn_tuner.tuning.launchers.process_worker"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=variables,
    )


def _kill(process: subprocess.Popen) -> int:
    """Ends a process by force and closes what it is asked and answers by; returns its status."""
    process.kill()
    status = process.wait()
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError, ValueError):
            stream.close()
    return status


def _pickled(prepare: Callable) -> bytes:
    try:
        return cloudpickle.dumps(prepare)
    except Exception as error:  # Each library raises its own.
        raise RunError(
            f"What the trials need cannot be sent to another process: {error}. Give workers=1, or "
            "callbacks and layers that can be pickled."
        ) from error


def _environment(threads: int) -> dict[str, str]:
    backend = {"KERAS_BACKEND": keras.config.backend(), "TF_CPP_MIN_LOG_LEVEL": "3"}
    return {**os.environ, **environment(threads), **backend}
