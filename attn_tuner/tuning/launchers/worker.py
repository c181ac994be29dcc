"""A worker: trains what it is given, says how it goes, and heeds what it is told."""

import os
import queue
import threading
import time
import traceback
from collections.abc import Callable

from attn_tuner.storage.atomic_files import unwritable
from attn_tuner.system.processes import end_with
from attn_tuner.tuning.resources import MemoryAllowance, spare, stay_on
from attn_tuner.tuning.trial.callbacks import TrialCallbacks
from attn_tuner.tuning.trial.spec import TrialOutcome, TrialSpec

NEWS_PACE = 0.25  # Seconds, at least, between two words on how far an epoch is.
PATIENCE = 1.0  # Seconds, at least, that `news` waits for something to say.


class Worker:
    """Trains one task at a time in one thread, while others ask for news and bring answers.

    Args:
        prepare: makes the function that trains a task under a watch. It is called here, so that
            what it opens need not travel.
        part: of the memory that it would count on, what it may.
        place: cores that it stays on; None for all.
        pace: seconds between two words on how far an epoch is.
        driver: the process that the worker ends with, where it is on the same machine.
    """

    def __init__(
        self,
        prepare: Callable[[], Callable[[TrialSpec, TrialCallbacks], TrialOutcome]],
        part: float = 1.0,
        pace: float = NEWS_PACE,
        place: frozenset[int] | None = None,
        driver: int | None = None,
    ):
        if driver:
            end_with(driver)
        if place:
            stay_on(place)
        self._train = prepare()
        spare()  # What libraries have made lives as long as this process.
        self._pace = pace
        self._memory = MemoryAllowance(part)
        self._said = queue.SimpleQueue()
        self._answers = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._next_news = 0.0

    def process(self) -> int:
        """The id of the process: whoever gets it knows that the worker is up."""
        return os.getpid()

    def train(self, task: TrialSpec):
        """Trains; the outcome is the last of the news."""
        self._stopped.clear()
        try:
            self._say("ended", self._train(task, self._watch()))
        except Exception as error:
            error = unwritable(error) or error
            self._say("failed", (f"{type(error).__name__}: {error}", traceback.format_exc()))

    def news(self) -> list[tuple[str, object]]:
        """What was said since the last call; waits for the first word, but not for ever."""
        try:
            found = [self._said.get(timeout=max(PATIENCE, self._pace))]
        except queue.Empty:
            return []
        while not self._said.empty():
            found.append(self._said.get())
        return found

    def answer(self, reason: str | None):
        self._answers.put(reason)

    def stop(self):
        self._stopped.set()

    def spare_memory(self, part: float):
        """Counts on so much of the memory it had at first; holds for the next model."""
        self._memory.shrink(part)

    def _watch(self) -> TrialCallbacks:
        return TrialCallbacks(
            expired=self._stopped.is_set,
            hopeless=self._ask,
            heard=self._tell,
            judged=lambda seconds: self._say("judged", seconds),
            saved=lambda progress: self._say("resumable", None),
        )

    def _ask(self, epochs, score, loss=None):
        self._say("score", (epochs, score, loss))
        return self._answers.get()

    def _tell(self, news):
        now = time.monotonic()
        if "measures" in news or now >= self._next_news:
            self._next_news = now + self._pace
            self._say("heard", news)

    def _say(self, kind, facts):
        self._said.put((kind, facts))
