"""A worker: trains what it is given, says how it goes, and heeds what it is told."""

import os
import queue
import threading
import time
import traceback
from collections.abc import Callable

from attn_tuner.storage.atomic_files import unwritable
from attn_tuner.system.processes import end_with
from attn_tuner.tuning.launchers.worker_pool import (
    Content,
    EvaluationTimed,
    PruningAsked,
    ResumePointSaved,
    TrainingEnded,
    TrainingFailed,
)
from attn_tuner.tuning.resources import MemoryAllowance, freeze_existing_objects, pin_to
from attn_tuner.tuning.trial.callbacks import EventCallbacks, TrialCallbacks
from attn_tuner.tuning.trial.spec import TrialOutcome, TrialSpec

PROGRESS_INTERVAL = 0.25  # Seconds, at least, between two messages on how far an epoch is.
MESSAGES_WAIT = 1.0  # Seconds, at least, that `messages` waits for something to say.


class Worker:
    """Trains one trial at a time in one thread, while others fetch messages and bring answers.

    Args:
        prepare: makes the function that trains a `TrialSpec` under `TrialCallbacks`. It is called
            here, so that what it opens need not travel.
        part: float in (0, 1], how much of its memory limit the worker may use.
        interval: float, seconds between two messages on how far an epoch is.
        cpus: the cores that it stays on; None for all.
        driver: int, the process that the worker ends with, where it is on the same machine.
    """

    def __init__(
        self,
        prepare: Callable[[], Callable[[TrialSpec, TrialCallbacks], TrialOutcome]],
        part: float = 1.0,
        interval: float = PROGRESS_INTERVAL,
        cpus: frozenset[int] | None = None,
        driver: int | None = None,
    ):
        if driver:
            end_with(driver)
        if cpus:
            pin_to(cpus)
        self._train = prepare()
        freeze_existing_objects()  # What libraries have made lives as long as this process.
        self._interval = interval
        self._memory = MemoryAllowance(part)
        self._messages: queue.SimpleQueue[Content] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopped = threading.Event()

    def process(self) -> int:
        """Returns the id of the process: whoever gets it knows that the worker is up."""
        return os.getpid()

    def train(self, spec: TrialSpec) -> None:
        """Trains; the outcome is the last message."""
        self._stopped.clear()
        callbacks = WorkerCallbacks(
            spec.trial_id,
            self._messages.put,
            self._answers.get,
            self._stopped.is_set,
            self._interval,
        )
        try:
            self._messages.put(TrainingEnded(self._train(spec, callbacks)))
        except Exception as error:
            error = unwritable(error) or error
            cause = f"{type(error).__name__}: {error}"
            self._messages.put(TrainingFailed(cause, traceback.format_exc()))

    def messages(self) -> list[Content]:
        """Returns what was said since the last call; waits a while for the first message."""
        try:
            found = [self._messages.get(timeout=max(MESSAGES_WAIT, self._interval))]
        except queue.Empty:
            return []
        while not self._messages.empty():
            found.append(self._messages.get())
        return found

    def answer(self, reason: str | None) -> None:
        """Answers the last `PruningAsked`."""
        self._answers.put(reason)

    def stop(self) -> None:
        """Ends the training at its next batch."""
        self._stopped.set()

    def spare_memory(self, part: float) -> None:
        """Uses only so much of the memory limit that it had at first; holds for the next model."""
        self._memory.shrink(part)


class WorkerCallbacks(EventCallbacks):
    """Watches a training for a driver in another process.

    Args:
        trial_id: str, of the trial that is trained.
        send: called with each message.
        answer: waits for the driver's answer to `PruningAsked`.
        stopped: returns whether the driver wants the end.
        interval: float, seconds between two messages on how far an epoch is.
    """

    def __init__(
        self,
        trial_id: str,
        send: Callable[[Content], None],
        answer: Callable[[], str | None],
        stopped: Callable[[], bool],
        interval: float,
    ):
        super().__init__(trial_id, send)
        self.should_stop = stopped
        self._answer = answer
        self._interval = interval
        self._next_progress = 0.0

    def should_prune(self, epochs: float, score: float, loss: float | None = None) -> str | None:
        self.emit(PruningAsked(epochs, score, loss))
        return self._answer()

    def on_batch_end(self, epoch: int, fraction: float) -> None:
        now = time.monotonic()
        if now >= self._next_progress:
            self._next_progress = now + self._interval
            super().on_batch_end(epoch, fraction)

    def on_evaluated(self, epoch: int, metrics: dict) -> None:
        self._next_progress = time.monotonic() + self._interval
        super().on_evaluated(epoch, metrics)

    def on_evaluation_timed(self, seconds: float) -> None:
        self.emit(EvaluationTimed(seconds))

    def on_resume_point(self) -> None:
        self.emit(ResumePointSaved())
