"""How long the members of an update may train."""

from types import SimpleNamespace

import pytest

from attn_tuner.tuning.budget import Budget
from attn_tuner.updating import members


@pytest.fixture(autouse=True)
def export_of_20_seconds(monkeypatch):
    monkeypatch.setattr(
        members, "candidate_seconds", lambda budget, stored, records: 20 * budget.slowdown()
    )


def work(seconds, slowdown, limited):
    """The work of an update that began 10 seconds ago."""
    clock = SimpleNamespace(now=0.0)
    budget = Budget(seconds, clock=lambda: clock.now, slowdown=lambda: slowdown)
    clock.now = 10.0
    return members.training_work(budget, None, [], limited)


def test_without_a_limit_of_its_own_an_update_does_the_same_work_whenever_it_began():
    assert work(60.0, 1.0, limited=False) == 40.0


def test_under_a_limit_time_and_other_work_count():
    assert work(60.0, 1.0, limited=True) == 30.0
    assert work(90.0, 2.0, limited=True) == 20.0
