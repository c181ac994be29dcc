"""Reserves time for what follows the trials of a search over pairs of texts."""

from collections.abc import Callable

from attn_tuner.storage.plan import Plan
from attn_tuner.tuning.budget import Budget

# Before they were measured. On the dates it was 3.5 and 4.8 without other work on the machine,
# and the export then had no steps, which are traced and proved besides.
EXPORT_SECONDS = 7.0
TEST_SECONDS = 6.0
EVALUATIONS = 10  # Of the validation part, in the time of which the test part is decoded.
MOST = 0.5  # Of the time, for all of this.


def reserve(plan: Plan) -> Callable[[Budget], float]:
    """Returns a function that estimates all that follows the trials, in seconds."""

    def seconds(budget: Budget) -> float:
        once = budget.estimate("export", EXPORT_SECONDS) + budget.estimate("test", TEST_SECONDS)
        whole = once + EVALUATIONS * budget.usual("validation")
        return min(whole, MOST * plan.max_time) if plan.max_time else whole

    return seconds
