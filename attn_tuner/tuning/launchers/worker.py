"""Trains trials in a worker process and reports their progress to the driver."""

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
    EvaluationAsked,
    EvaluationTimed,
    PruningAsked,
    ResumePointSaved,
    SpeedMeasured,
    TrainingEnded,
    TrainingFailed,
)
from attn_tuner.tuning.resources import MemoryAllowance, freeze_existing_objects, pin_to
from attn_tuner.tuning.trial.callbacks import EventCallbacks, TrialCallbacks
from attn_tuner.tuning.trial.spec import TrialOutcome, TrialSpec

PROGRESS_INTERVAL = 0.25  # Minimum seconds between two `EpochProgress` events.
MESSAGES_WAIT = 1.0  # Minimum seconds that `messages` waits for the first message.


class Worker:
    """Trains one trial at a time in one thread; other threads fetch messages and bring answers.

    Args:
        prepare: function without arguments that makes the function that trains a `TrialSpec` under
            `TrialCallbacks`. It is called in the worker, so that data are opened there.
        part: float in (0, 1], usable part of the worker's memory limit.
        interval: float, minimum seconds between two `EpochProgress` events.
        cpus: the cores that the worker is pinned to; None for all.
        driver: int, process ID of a driver on the same machine, with which the worker ends.
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
        """Returns the process ID, which shows that the worker has started."""
        return os.getpid()

    def train(self, spec: TrialSpec) -> None:
        """Trains a trial; the last message is its outcome."""
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
        """Returns the messages since the last call; waits about a second for the first."""
        try:
            found = [self._messages.get(timeout=max(MESSAGES_WAIT, self._interval))]
        except queue.Empty:
            return []
        while not self._messages.empty():
            found.append(self._messages.get())
        return found

    def answer(self, reason: str | None) -> None:
        """Answers the last `PruningAsked`, `SpeedMeasured` or `EvaluationAsked`."""
        self._answers.put(reason)

    def stop(self) -> None:
        """Ends the training at its next batch."""
        self._stopped.set()

    def spare_memory(self, part: float) -> None:
        """Lowers the memory limit to a part of the first one, from the next model on."""
        self._memory.shrink(part)


class WorkerCallbacks(EventCallbacks):
    """Follows a training for a driver in another process.

    Args:
        trial_id: str, the trial that is trained.
        send: function that receives each message.
        answer: function that waits for the driver's answer to a question.
        stopped: function that returns whether the driver has stopped the training.
        interval: float, minimum seconds between two `EpochProgress` events.
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

    def too_slow(self, epoch_seconds: float) -> str | None:
        self.emit(SpeedMeasured(epoch_seconds))
        return self._answer()

    def must_evaluate(self) -> bool:
        self.emit(EvaluationAsked())
        return self._answer() is not None

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
