"""The time given is the time taken: with slow epochs, with a trial that is stuck, over sittings.

All of it waits for real clocks; the normal run has tests/tuning/trial/test_overtaken.py, whose
clocks tick when they are told to.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time

import keras
import pytest

import attn_tuner
from attn_tuner.storage.layout import CLOCK
from tests.support.colours import QUICK, colours, quick_search

pytestmark = pytest.mark.slow
SPACE = {**QUICK, "encoder": ["gru"], "head": ["additive", "mean"], "batch_size": 32}
# Seconds, and by which share a search may be off. An export alone takes half of the shortest one,
# and on a busy machine longer than it is put down for.
BUDGETS = [
    pytest.param(60, 0.5, id="60s"),
    pytest.param(180, 0.05, id="3m"),
    pytest.param(600, 0.03, id="10m"),
]
LONG = 36_000


class Slow(keras.callbacks.Callback):
    """Batches that take a while: an epoch is longer than the budget."""

    def on_train_batch_end(self, batch, logs=None):
        time.sleep(0.3)


class Hanging(keras.callbacks.Callback):
    """A training that stands still."""

    def on_train_batch_end(self, batch, logs=None):
        if batch == 3:
            time.sleep(LONG)


class Impatient(Slow):
    """A user who asks for the end at a moment, once."""

    def __init__(self, moment):
        super().__init__()
        self.moment = moment

    def __deepcopy__(self, memo):
        return self

    def on_train_batch_end(self, batch, logs=None):
        super().on_train_batch_end(batch, logs)
        if self.moment and time.monotonic() > self.moment:
            self.moment = None
            os.kill(os.getpid(), signal.SIGINT)


@contextlib.contextmanager
def busy(processes=2):
    """Other work on the machine, as much as two cores can do."""
    others = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)
    ]
    try:
        yield
    finally:
        for each in others:
            each.kill()
            each.wait()


def many_questions(count=6_000, classes=150):
    """Texts in many classes, each named by two words that stand alone in others."""
    words = [f"word{number}" for number in range(40)]
    pairs = [(one, other) for one in words for other in words if one < other][:classes]
    texts = []
    for number in range(count):
        one, other = pairs[number % classes]
        texts.append(f"{words[number % 7]} {one} and {words[number % 11]} {other}")
    return texts, [" ".join(pairs[number % classes]) for number in range(count)]


def search_for(directory, seconds, callbacks, count=12_000):
    """A search that only the clock ends; the seconds it took."""
    began = time.monotonic()
    result = quick_search(
        directory,
        processes=True,
        data=colours(count),
        space=SPACE,
        max_time=seconds,
        max_trials=None,
        objective="log_loss",  # Which can always get better.
        callbacks=callbacks,
    )
    assert result.run.outcome["winner"]
    assert result.predict(["a red box"])
    return time.monotonic() - began


@pytest.mark.parametrize(("seconds", "share"), BUDGETS)
def test_slow_epochs_end_in_time(tmp_path, seconds, share):
    took = search_for(tmp_path / "run", seconds, [Slow()])
    assert took == pytest.approx(seconds, rel=share)


@pytest.mark.parametrize(("seconds", "share"), BUDGETS)
def test_a_stuck_trial_ends_in_time_and_the_best_of_the_others_is_exported(
    tmp_path, seconds, share
):
    def callbacks(trial_id, values):
        return [Hanging()] if trial_id == "1" else []

    took = search_for(tmp_path / "run", seconds, callbacks, count=240)
    assert took <= seconds * (1 + share)


@pytest.mark.parametrize(("seconds", "share"), BUDGETS)
def test_two_sittings_take_the_time_of_one(tmp_path, seconds, share):
    moment = time.monotonic() + seconds / 3
    first = search_for(tmp_path / "run", seconds, [Impatient(moment)])
    assert (tmp_path / "run" / CLOCK).exists()
    second = search_for(tmp_path / "run", seconds, [Slow()])
    assert first + second == pytest.approx(seconds, rel=share)


@pytest.mark.parametrize("late", [0.0, 0.6], ids=["from the start", "that comes late"])
def test_a_search_of_many_classes_ends_in_time_beside_other_work(tmp_path, late):
    texts, labels = many_questions()
    seconds = 300
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        if not late:
            stack.enter_context(busy())
        result = attn_tuner.search(
            (texts, labels),
            max_time=seconds,
            directory=tmp_path / "run",
            progress=False,
            callbacks=[Company(stack, began + late * seconds)] if late else (),
        )
        took = time.monotonic() - began
    assert took <= 1.05 * seconds
    assert "linear" in set(result.leaderboard()["name"])


class Company(keras.callbacks.Callback):
    """Begins other work at a moment, once."""

    def __init__(self, stack, moment):
        super().__init__()
        self.stack = stack
        self.moment = moment

    def __deepcopy__(self, memo):
        return self

    def on_train_batch_end(self, batch, logs=None):
        if self.moment and time.monotonic() > self.moment:
            self.moment = None
            self.stack.enter_context(busy())
