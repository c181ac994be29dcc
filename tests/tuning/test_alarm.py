import time

import pytest

from attn_tuner.tuning.alarm import Stuck, woken


def test_what_sleeps_through_the_end_is_woken():
    began = time.monotonic()
    with pytest.raises(Stuck), woken(lambda: True, lambda: 0.5):
        time.sleep(60)
    assert time.monotonic() - began < 10


def test_what_ends_in_its_time_is_left_alone():
    with woken(lambda: False, lambda: 0.0):
        time.sleep(1.5)
    with woken(lambda: True, lambda: 60.0):
        time.sleep(1.5)


def test_what_has_asked_and_knows_is_left_to_end_in_peace():
    with woken(lambda: True, lambda: 0.0) as asked:
        assert asked()
        time.sleep(2.5)


def test_the_clock_of_the_block_is_silent_afterwards():
    with woken(lambda: False, lambda: 0.0):
        pass
    time.sleep(1.5)
