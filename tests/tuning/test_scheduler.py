"""Whether trials may start and go on, by the clock alone."""

import pytest

from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.scheduler import FIRST_EVALUATION, LONG_SILENCE, Scheduler
from attn_tuner.tuning.trial.spec import Schedule, TrialSpec


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def scheduler_with(clock, seconds=100.0, models=(), interrupted=lambda: False):
    return Scheduler(Budget(seconds, clock=clock), interrupted, lambda: bool(models))


def spec(folder, name="0"):
    return TrialSpec(name, {}, 0, str(folder), Schedule())


def test_a_trial_may_start_where_its_first_evaluation_fits(clock, tmp_path):
    models = []
    scheduler = scheduler_with(clock, models=models)
    scheduler.on_trial_begin(spec(tmp_path))
    clock.now = 40.0
    scheduler.on_evaluated("0")
    assert scheduler.budget.estimate(FIRST_EVALUATION) == 40.0
    clock.now = 70.0
    assert scheduler.has_room()  # There is no model yet.
    models.append("one")
    assert not scheduler.has_room()
    assert not scheduler.over()


def test_a_second_evaluation_and_one_of_a_resumed_trial_say_nothing_of_the_first(clock, tmp_path):
    scheduler = scheduler_with(clock)
    (tmp_path / "resume-1").mkdir()
    scheduler.on_trial_begin(spec(tmp_path))
    clock.now = 40.0
    scheduler.on_evaluated("0")
    scheduler.on_evaluated("0")
    assert scheduler.budget.estimate(FIRST_EVALUATION) == 0.0


def test_a_trial_is_too_slow_where_too_little_of_an_epoch_fits_and_there_is_a_model(clock):
    models = []
    scheduler = scheduler_with(clock, models=models)
    assert scheduler.too_slow(1e9) is None
    models.append("one")
    assert scheduler.too_slow(150.0) is None
    clock.now = 40.0
    assert scheduler.too_slow(150.0) is None
    clock.now = 41.0
    assert scheduler.too_slow(150.0) == "an epoch takes 2m30s and 59s are left"
    scheduler.budget.set_reserve(30.0)
    assert scheduler.too_slow(75.0) == "an epoch takes 1m15s and 29s are left"
    assert scheduler_with(clock, seconds=None, models=models).too_slow(1e9) is None


def test_a_trial_may_be_too_slow_as_soon_as_another_was_evaluated(clock, tmp_path):
    scheduler = scheduler_with(clock)
    scheduler.on_trial_begin(spec(tmp_path))
    assert scheduler.too_slow(260.0) is None
    scheduler.on_evaluated("0")
    assert scheduler.too_slow(260.0) is not None


def test_a_user_who_interrupts_ends_the_search(clock):
    assert scheduler_with(clock, interrupted=lambda: True).over()
    assert not scheduler_with(clock, interrupted=lambda: True).has_room()


def test_a_trial_that_was_not_evaluated_for_long_may_hang(clock, tmp_path):
    scheduler = scheduler_with(clock)
    scheduler.on_trial_begin(spec(tmp_path, "0"))
    scheduler.on_trial_begin(spec(tmp_path, "1"))
    clock.now = 1.0
    assert not scheduler.may_hang("0")
    clock.now = LONG_SILENCE + 1
    assert scheduler.may_hang("1")
    assert not scheduler.may_hang("1")  # It is forgotten.
