"""Time is kept for what follows the trials, by what the steps have cost so far."""

from attn_tuner.sequence_search.time_reserve import (
    EVALUATIONS,
    EXPORT_SECONDS,
    MOST,
    TEST_SECONDS,
    reserve,
)
from attn_tuner.storage.plan import SEQUENCE, Plan
from attn_tuner.tuning.budget import Budget


def plan_of(max_time):
    return Plan("pairs", "0", (), {}, task=SEQUENCE, max_time=max_time)


def test_the_reserve_grows_with_the_validation_part_and_with_what_was_measured():
    budget, seconds = Budget(600.0), reserve(plan_of(600.0))
    assert seconds(budget) == EXPORT_SECONDS + TEST_SECONDS
    budget.record("validation", 3.0)
    assert seconds(budget) == EXPORT_SECONDS + TEST_SECONDS + EVALUATIONS * 3.0
    budget.record("export", 20.0)
    assert seconds(budget) == 20.0 + TEST_SECONDS + EVALUATIONS * 3.0


def test_trials_get_half_of_the_time_at_least():
    budget = Budget(20.0)
    budget.record("export", 60.0)
    assert reserve(plan_of(20.0))(budget) == MOST * 20.0
    assert reserve(plan_of(None))(budget) > 60.0
