"""How many trials run at once where the user leaves it open."""

import threading

import keras
import keras_tuner
import pytest

from attn_tuner.attention import heads
from attn_tuner.tuning.launchers import automatic
from attn_tuner.tuning.launchers.automatic import WORKER_BYTES, automatic_workers

OPEN = {"max_trials": None, "max_latency_ms": None, "callbacks": ()}


@pytest.fixture
def machine(monkeypatch):
    """Sets the cores, the bytes of free memory and whether there is a GPU."""

    def is_(cores=8, free=64 * WORKER_BYTES, gpu=False):
        monkeypatch.setattr(automatic, "cores", lambda: cores)
        monkeypatch.setattr(automatic, "available_bytes", lambda: free)
        monkeypatch.setattr(automatic, "has_accelerator", lambda: gpu)

    is_()
    return is_


def test_each_core_trains_a_trial_as_far_as_the_memory_goes(machine):
    assert automatic_workers(OPEN, 600.0) == 8
    machine(free=3 * WORKER_BYTES)
    assert automatic_workers(OPEN, 600.0) == 3
    machine(free=0)
    assert automatic_workers(OPEN, 600.0) == 1


def test_there_are_no_more_workers_than_trials(machine):
    assert automatic_workers({**OPEN, "max_trials": 3}, None) == 3


class Unpicklable(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


class UnpicklableModels(keras_tuner.HyperModel):
    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


@pytest.mark.parametrize(
    "given",
    [
        {"max_latency_ms": 5.0},
        {"callbacks": [Unpicklable()]},
        {"hypermodel": UnpicklableModels()},
    ],
)
def test_trials_that_cannot_run_beside_each_other_run_one_after_the_other(machine, given):
    assert automatic_workers({**OPEN, **given}, 600.0) == 1


def test_a_part_that_cannot_leave_this_process_keeps_the_trials_here(machine):
    lock = threading.Lock()
    heads.register("locked")(lambda: lock)
    try:
        assert automatic_workers(OPEN, 600.0) == 1
    finally:
        del heads._variants["locked"]


def test_a_search_of_a_minute_starts_no_workers(machine):
    assert automatic_workers(OPEN, 60.0) == 1


def test_one_trial_at_a_time_has_the_gpu(machine):
    machine(gpu=True)
    assert automatic_workers(OPEN, 600.0) == 1


def test_this_machine_is_asked_for_its_processors_of_other_kinds():
    assert automatic.has_accelerator() in (True, False)
