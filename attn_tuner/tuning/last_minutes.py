"""The end of a search: what is kept back in vain goes to further trials."""

from attn_tuner.tuning.finalists import Finalist, finalists
from attn_tuner.tuning.reserve import affordable, for_these, kept_back
from attn_tuner.tuning.resuming import FIRST

WORTH = 0.01  # Of the time: less is not worth another round.
LATE = 0.02  # Of the time: what an export may be late; the estimates have a margin.


def in_time(runner, stored, exported=None) -> list[Finalist]:
    """What may be exported, the best first, with as large an average as there is time for.

    Args:
        runner: a `TrialRunner` with at least one scored trial.
        stored: a `RunData`.
        exported: the `shares` of what an earlier sitting exported, which takes no time.

    Returns:
        Nothing where no trial has its weights any more.
    """
    budget, most = runner.budget, _most(runner, stored)
    while True:
        found = _found(runner, stored, most)
        if not found:
            return []
        cost = for_these(budget, stored, found[0].records)
        left = budget.left()
        late = left is not None and cost > left + LATE * budget.seconds
        if most == 1 or not late or found[0].shares == exported:
            return found
        # To choose again for each size would make it later still.
        most = 1 if left < 2 * budget.estimate("choosing") else most - 1


def time_to_spare(runner, stored, least: float) -> bool:
    """Whether trials can go on, since what would be exported now costs less than was kept back.

    While trials run nobody knows which of them will be averaged, or how many. Sets the reserve to
    what those would take that are the best now.

    Args:
        runner: a `TrialRunner` whose search has ended.
        stored: a `RunData`.
        least: seconds that are worth it.
    """
    budget = runner.budget
    if budget.seconds is None or runner.interrupted() or runner.has_room():
        return False
    found = _found(runner, stored, _most(runner, stored)) if runner.ranked() else []
    if not found:
        return False
    records = found[0].records
    budget.set_reserve(kept_back(stored, runner.plan, records=records))
    return budget.search_left() > max(least, WORTH * budget.seconds, budget.estimate(FIRST))


def _most(runner, stored):
    return affordable(runner.budget, stored, runner.plan.ensemble)


def _found(runner, stored, most):
    with runner.budget.measure("choosing"):
        return list(finalists(runner, stored.stores["validation"].labels, most))
