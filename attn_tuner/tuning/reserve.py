"""Seconds to keep back for what follows the trials, from what is known by now."""

from collections.abc import Callable

from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.repeats import ROWS

REFIT = 1.3  # Trainings that a refit may cost: more texts, but no evaluation between.


def kept_back(stored, plan, repeats: bool = True) -> Callable[[Budget], float]:
    """What the plan wants done behind its trials, as `Budget.set_reserve` takes it.

    Args:
        stored: a `RunData`.
        plan: a `Plan`.
        repeats: False once these are done.
    """
    trainings = REFIT * plan.refit + ROWS * plan.repeats * repeats

    def seconds(budget: Budget) -> float:
        trial = budget.estimate("trial", 0.0)
        return for_export(budget, stored, plan.ensemble) + trainings * trial

    return seconds


def for_export(budget: Budget, stored, members: int = 1) -> float:
    """For the test part, the export and its proof.

    Args:
        budget: the clock, with the costs that it has seen.
        stored: a `RunData`.
        members: trials that the exported model may average.
    """
    share = stored.size("test") / max(stored.size("validation"), 1)
    test = budget.estimate("validation", 2.0) * share
    total = members * test + budget.estimate("export", 15.0 + 5.0 * members)
    return 1.2 * total + 0.02 * (budget.seconds or 0.0)


def room_for_refit(budget: Budget, stored, seconds: float) -> bool:
    """Whether a trial of so many seconds can be trained once more before the export."""
    left = budget.left()
    return left is None or left - for_export(budget, stored) > REFIT * seconds
