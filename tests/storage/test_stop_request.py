"""A search that is asked to end through its run folder."""

import json
import os

import pytest

from attn_tuner.errors import RunError
from attn_tuner.storage.layout import LOCK, STOP
from attn_tuner.storage.lock import BEAT, MISSED, held, owner
from attn_tuner.storage.stop_request import POLL, StopRequest, request_stop, stop_requested


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def lock_of(folder, **facts):
    known = {"process": os.getpid(), "host": "elsewhere", "since": "2020-01-01T00:00:00+00:00"}
    (folder / LOCK).write_text(json.dumps(known | facts))


def test_the_search_that_runs_notices_a_request_and_says_so_once(tmp_path):
    clock, said = Clock(), []
    with held(tmp_path), StopRequest(tmp_path, said.append, clock) as stop:
        assert not stop.received()
        request_stop(tmp_path)
        assert stop_requested(tmp_path)
        assert not stop.received()  # It looks only every half second.
        clock.now += POLL
        assert stop.received()
        assert stop.received()
    assert len(said) == 1
    assert "best model so far" in said[0]
    assert not (tmp_path / STOP).exists()


def test_where_no_search_runs_a_request_is_refused(tmp_path):
    with pytest.raises(RunError, match="No search runs"):
        request_stop(tmp_path)
    assert not (tmp_path / STOP).exists()
    assert not stop_requested(tmp_path)


def test_a_request_to_an_earlier_search_does_not_end_this_one(tmp_path):
    lock_of(tmp_path)
    request_stop(tmp_path)
    (tmp_path / LOCK).unlink()
    with held(tmp_path), StopRequest(tmp_path) as stop:
        assert not stop.received()
        assert not stop_requested(tmp_path)


@pytest.mark.parametrize("damage", ["", "[]", "{", '"stop"', "{}", "null"])
def test_a_damaged_request_is_none(tmp_path, damage):
    with held(tmp_path), StopRequest(tmp_path) as stop:
        (tmp_path / STOP).write_text(damage)
        assert not stop.received()


def test_the_owner_is_the_process_that_holds_the_lock(tmp_path):
    assert owner(tmp_path) == {}
    with held(tmp_path):
        assert owner(tmp_path)["process"] == os.getpid()
    assert owner(tmp_path) == {}


def test_a_process_that_has_died_owns_nothing(tmp_path):
    with held(tmp_path):
        facts = json.loads((tmp_path / LOCK).read_text())
    died = os.fork()
    if not died:
        os._exit(0)
    os.waitpid(died, 0)
    lock_of(tmp_path, host=facts["host"], process=died)
    assert owner(tmp_path) == {}


@pytest.mark.parametrize(("age", "lives"), [(0, True), (MISSED * BEAT + 60, False)])
def test_the_owner_on_another_host_lives_as_long_as_it_touches_the_lock(tmp_path, age, lives):
    lock_of(tmp_path)
    touched = (tmp_path / LOCK).stat().st_mtime - age
    os.utime(tmp_path / LOCK, (touched, touched))
    assert bool(owner(tmp_path)) == lives
