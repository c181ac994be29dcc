"""How much slower other work makes this process, with clocks that are turned by hand."""

import pytest

from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.machine_load import MAX_SLOWDOWN, MachineLoad


class Machine:
    """A core that this thread has for a share of the time."""

    def __init__(self, share=1.0):
        self.share = share
        self.wall = 0.0
        self.core = 0.0
        self.spins = 0

    def clock(self):
        return self.wall

    def on_core(self):
        self.core += 0.001
        self.wall += 0.001 / self.share
        self.spins += 1
        return self.core


def load_on(machine):
    return MachineLoad(clock=machine.clock, on_core=machine.on_core)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.4])
def test_it_is_the_share_of_a_core_that_is_missing(share):
    assert load_on(Machine(share))() == pytest.approx(1 / share, rel=0.05)


def test_nothing_is_planned_for_more_than_the_most():
    assert load_on(Machine(0.01))() == MAX_SLOWDOWN


def test_it_is_measured_now_and_then():
    machine = Machine()
    load = load_on(machine)
    load()
    spins = machine.spins
    load()
    assert machine.spins == spins
    machine.wall += load.interval
    load()
    assert machine.spins > spins


def test_the_largest_of_the_last_three_counts():
    machine = Machine(0.5)
    load = load_on(machine)
    seen = []
    for share in (0.5, 1.0, 1.0, 1.0):
        machine.share = share
        machine.wall += load.interval
        seen.append(load())
    assert seen == pytest.approx([2, 2, 2, 1], rel=0.05)


def test_costs_that_were_measured_in_quiet_grow_with_the_load():
    slow = [1.0]
    budget = Budget(1_000.0, slowdown=lambda: slow[0])
    budget.record("validation", 2.0)
    assert (budget.estimate("validation"), budget.usual("validation")) == (2.0, 2.0)
    slow[0] = 2.0
    assert (budget.estimate("validation"), budget.usual("validation")) == (4.0, 4.0)
    assert budget.estimate("export", 4.0) == 8.0
    assert budget.rise() == budget.change() == 2.0


def test_costs_that_were_measured_under_load_are_taken_as_they_are():
    slow = [2.0]
    budget = Budget(1_000.0, slowdown=lambda: slow[0])
    budget.record("validation", 4.0)
    assert budget.estimate("validation") == 4.0
    assert budget.rise() == 1.0
    slow[0] = 1.0
    assert budget.estimate("validation") == 2.0
    assert budget.rise() == 1.0
    assert budget.change() == 0.5


def test_the_load_of_trials_is_forgotten_when_they_have_ended():
    machine = Machine(0.5)
    budget = Budget(100.0, slowdown=load_on(machine))
    assert budget.slowdown() == pytest.approx(2.0, rel=0.05)
    machine.share = 1.0
    assert budget.slowdown() == pytest.approx(2.0, rel=0.05)
    budget.trials_ended()
    assert budget.slowdown() == pytest.approx(1.0, rel=0.05)
