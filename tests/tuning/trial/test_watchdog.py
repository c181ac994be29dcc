import time

import pytest

from attn_tuner.tuning.trial.watchdog import TimeOver, enforced_limit


def test_what_sleeps_through_the_end_is_interrupted():
    began = time.monotonic()
    with pytest.raises(TimeOver), enforced_limit(lambda: True, lambda started: 0.5):
        time.sleep(60)
    assert time.monotonic() - began < 10


def test_what_ends_in_its_time_is_left_alone():
    with enforced_limit(lambda: False, lambda started: 0.0):
        time.sleep(1.5)
    with enforced_limit(lambda: True, lambda started: 60.0):
        time.sleep(1.5)


def test_what_has_asked_and_knows_is_left_to_end_in_peace():
    with enforced_limit(lambda: True, lambda started: 0.0) as asked:
        assert asked()
        time.sleep(2.5)


def test_the_clock_of_the_block_is_silent_afterwards():
    with enforced_limit(lambda: False, lambda started: 0.0):
        pass
    time.sleep(1.5)


def test_the_grace_depends_on_whether_the_block_has_begun_to_train():
    seen, over = [], []

    def grace(started):
        seen.append(started)
        return 0.0

    def train(asked):
        assert not asked()
        over.append(True)
        time.sleep(60)

    with pytest.raises(TimeOver), enforced_limit(lambda: True, grace):
        time.sleep(60)
    with pytest.raises(TimeOver), enforced_limit(lambda: bool(over), grace) as asked:
        train(asked)
    assert seen == [False, True]


def test_an_interruption_that_ends_as_another_exception_is_still_that_of_the_clock():
    def trace():
        try:
            time.sleep(60)
        except TimeOver as error:
            raise RuntimeError("while tracing") from error

    with pytest.raises(TimeOver), enforced_limit(lambda: True, lambda started: 0.0):
        trace()
    with (
        pytest.raises(ValueError, match="its own"),
        enforced_limit(lambda: False, lambda started: 0.0),
    ):
        raise ValueError("its own")
