"""Reserves time for what follows the trials of a search over pairs of texts."""

from collections.abc import Callable

from attn_tuner.storage.plan import Plan
from attn_tuner.tuning.budget import Budget

EXPORT_SECONDS = 15.0  # Before one was measured; without other work on the machine.
TEST_SECONDS = 8.0
MOST = 0.5  # Of the time, for all of this.


def reserve(plan: Plan) -> Callable[[Budget], float]:
    """Returns a function that estimates all that follows the trials, in seconds."""

    def seconds(budget: Budget) -> float:
        export = budget.estimate("export", EXPORT_SECONDS) + budget.estimate("test", TEST_SECONDS)
        if plan.max_time:
            export = min(export, MOST * plan.max_time)
        return export

    return seconds
