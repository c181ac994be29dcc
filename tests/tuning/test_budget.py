"""Durations as people write them, and a clock that the tests turn by hand."""

import math
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.errors import BudgetError
from attn_tuner.reporting.forecast import forecast_gain
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.duration import format_duration, parse_duration


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("20m", 1200),
        ("2h", 7200),
        ("1h30m", 5400),
        ("1.5h", 5400),
        (" 1 H 30 M ", 5400),
        ("1d", 86_400),
        ("5 minutes", 300),
        ("1 hour", 3600),
        ("90 sec", 90),
        ("2 Hours 1 min", 7260),
        ("1 day", 86_400),
        ("45", 45),
        (45, 45),
        (0.5, 0.5),
        (timedelta(minutes=2), 120),
    ],
)
def test_a_duration_is_read_as_people_write_it(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "nonsense",
    [
        "",
        "soon",
        "20x",
        "m",
        "1m2h",
        "5 minuts",
        None,
        True,
        [],
        math.nan,
        math.inf,
        "inf",
        "1e999",
    ],
)
def test_nonsense_is_answered_by_what_would_do(nonsense):
    with pytest.raises(BudgetError, match="Write '90s'"):
        parse_duration(nonsense)


@pytest.mark.parametrize("nothing", [0, -1, "0s", "-5", "0h0m", timedelta(0)])
def test_no_time_at_all_is_refused(nothing):
    with pytest.raises(BudgetError, match="above zero"):
        parse_duration(nothing)


@given(st.integers(1, 10**7))
def test_a_written_duration_reads_back(seconds):
    assert parse_duration(format_duration(seconds)) == seconds


@given(
    seconds=st.floats(1, 1e6),
    before=st.floats(0, 1e6),
    reserve=st.floats(0, 1e6),
    passed=st.lists(st.floats(0, 1e5), max_size=8),
)
def test_time_only_runs_out(seconds, before, reserve, passed):
    clock = Clock()
    budget = Budget(seconds, spent_before=before, reserve=reserve, clock=clock)
    earlier = budget.left()
    for step in passed:
        clock.now += step
        assert 0 <= budget.search_left() <= budget.left() <= earlier
        assert budget.elapsed() == pytest.approx(before + clock.now - 1000)
        assert budget.left() == pytest.approx(max(0, seconds - budget.elapsed()))
        assert budget.expired() == (budget.left() == 0)
        assert budget.search_over() or not budget.expired()
        earlier = budget.left()


@given(st.lists(st.floats(0.01, 1e4), min_size=1, max_size=6), st.floats(1, 1e5))
def test_sittings_add_up(sittings, seconds):
    clock, state = Clock(), {"spent": 0.0, "costs": {}}
    for length in sittings:
        budget = Budget.resumed(seconds, state, clock=clock)
        clock.now += length
        state = budget.get_state()
        clock.now += 500  # Nothing runs between two sittings.
    assert state["spent"] == pytest.approx(sum(sittings))


def test_without_a_limit_nothing_ever_runs_out(clock):
    budget = Budget(None, reserve=50, clock=clock)
    clock.now += 1e9
    assert budget.left() is None
    assert budget.search_left() is None
    assert not budget.expired()
    assert not budget.search_over()
    assert budget.fits("epoch", 1e9)


def test_the_reserve_ends_the_search_before_the_budget_ends(clock):
    budget = Budget(100, reserve=30, clock=clock)
    clock.now += 70
    assert budget.search_over()
    assert not budget.expired()
    assert budget.left() == 30


def test_the_usual_cost_is_the_median_of_the_last_three(clock):
    budget = Budget(100, clock=clock)
    assert budget.usual("validation", 2.0) == 2.0
    for seconds in (1.0, 9.0, 2.0, 3.0):
        budget.record("validation", seconds)
    assert budget.usual("validation") == 3.0
    assert budget.estimate("validation") == 9.0


def test_of_two_costs_the_usual_one_is_the_one_that_did_not_compile(clock):
    budget = Budget(100, clock=clock)
    for seconds in (7.0, 2.0):
        budget.record("validation", seconds)
    assert budget.usual("validation") == 2.0


def test_a_reserve_follows_what_was_measured(clock):
    budget = Budget(100, reserve=lambda b: 2 * b.estimate("export", default=10), clock=clock)
    assert budget.search_left() == 80
    with budget.measure("export"):
        clock.now += 15
    assert budget.search_left() == 100 - 15 - 30


def test_a_further_epoch_is_weighed_by_those_before(clock):
    budget = Budget(100, clock=clock)
    assert budget.fits("epoch")
    with budget.measure("epoch"):
        clock.now += 40
    assert budget.fits("epoch")
    with budget.measure("epoch", amount=0.5):
        clock.now += 25
    assert not budget.fits("epoch")
    assert budget.fits("epoch", 0.5)


def test_a_slow_first_epoch_is_forgotten(clock):
    budget = Budget(1000, clock=clock)
    for seconds in (90, 10, 12, 11):
        budget.record("epoch", seconds)
    assert budget.estimate("epoch") == 12


def test_a_block_that_raises_leaves_no_cost(clock):
    budget = Budget(100, clock=clock)
    with pytest.raises(ZeroDivisionError), budget.measure("export"):
        1 / 0  # noqa: B018
    assert budget.estimate("export", default=7) == 7


def test_costs_outlive_a_sitting(clock):
    first = Budget(100, clock=clock)
    first.record("export", 8)
    assert Budget.resumed(100, first.get_state(), clock=clock).estimate("export") == 8


@pytest.mark.parametrize("seconds", [0, -3, math.nan])
def test_a_budget_of_no_time_is_refused(seconds):
    with pytest.raises(BudgetError, match="above zero"):
        Budget(seconds)


def test_negative_reserves_and_pasts_are_refused():
    with pytest.raises(BudgetError, match="reserve"):
        Budget(10, reserve=-1)
    with pytest.raises(BudgetError, match="before"):
        Budget(10, spent_before=-1)


def test_few_trials_promise_nothing():
    forecast = forecast_gain([(10, 0.5), (20, 0.6)])
    assert forecast.gain is None
    assert "2 trials ended; a forecast needs 10" in str(forecast)
    assert forecast_gain([]).gain is None


def test_equal_scores_promise_no_rise():
    forecast = forecast_gain([(10 * i, 0.5) for i in range(1, 13)])
    assert forecast.gain == 0
    assert "Another 2m (about 12 trials)" in str(forecast)


def test_the_forecast_is_right_on_average_where_its_assumption_holds():
    rng = np.random.default_rng(0)
    forecast, truth = [], []
    for _ in range(400):
        scores = rng.exponential(0.1, size=60)
        seen = [(float(i + 1), score) for i, score in enumerate(scores[:30])]
        forecast.append(forecast_gain(seen, more_seconds=30).gain)
        truth.append(scores.max() - scores[:30].max())
    assert np.mean(forecast) == pytest.approx(np.mean(truth), rel=0.15)


@given(st.lists(st.floats(0, 1), min_size=10, max_size=40), st.floats(0, 1e4))
def test_more_time_never_costs_score(scores, more):
    finished = [(float(i + 1), score) for i, score in enumerate(scores)]
    assert forecast_gain(finished, more).gain >= 0
