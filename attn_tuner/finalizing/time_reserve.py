"""Seconds to keep back for what follows the trials, from what is known by now."""

from collections.abc import Callable, Iterable

from attn_tuner.finalizing.candidates import Candidate, candidates
from attn_tuner.metrics import kind_of
from attn_tuner.storage.trial_record import LINEAR_NAME, TrialRecord
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.pretraining import FINE_TUNING
from attn_tuner.tuning.repeats import REPEATED
from attn_tuner.tuning.scheduler import FIRST_EVALUATION

MEASURING = 0.1  # Of the time, for the answers of an average to the test part.
ENDING = 0.2  # Of the time, for all that an average's members add to its end.
REFIT = 1.3  # Trainings that a refit may cost: more texts, but no evaluation between.
FILES = 4.0  # Seconds for the files of an export, and for the process that proves it to start.
TRACES = 4  # Of each model: to be measured, and for three signatures.
BUILDING = 0.5  # Seconds for a member of an average to be built, filled and copied.
CHOOSING = 3e-6  # Seconds for a number among the answers of all trials, to choose members.
MOST_KEPT = 0.5  # Of the time, beyond which other work on the machine keeps nothing more back.
UNSEEN = 0.005  # Of the time, for what nobody measures.
MARGIN = 1.1  # On what is estimated for the test part and the export.


def kept_back(
    stored, plan, pretrain=True, repeats=True, records: Iterable[TrialRecord] = ()
) -> Callable[[Budget], float]:
    """What the plan wants done behind its trials, as `Budget.set_reserve` takes it.

    Args:
        stored: a `EncodedData`.
        plan: a `Plan`.
        pretrain, repeats: False once these are done.
        records: what would be exported now; where nothing is given, as much as is affordable.
    """
    share = plan.pretrain * pretrain
    trainings = REFIT * plan.refit + REPEATED * plan.repeats * repeats + FINE_TUNING * (share > 0)
    records = tuple(records)

    def seconds(budget: Budget) -> float:
        trial = budget.estimate("trial", 0.0)
        if records:
            own = for_these(budget, stored, records)
        else:
            own = for_export(budget, stored, affordable(budget, stored, plan.ensemble))
        if budget.seconds:  # Other work makes no search one of nothing but its end.
            own = min(own, max(own / budget.slowdown(), MOST_KEPT * budget.seconds))
        return own + trainings * trial + share * (budget.seconds or 0.0)

    return seconds


def affordable(budget: Budget, stored, most: int) -> int:
    """How many trials an average may have, so that measuring and exporting it stays cheap.

    members = min(most, shares of the time / time for the test part and for traces),   at least 1

    Args:
        budget: the clock, with the costs that it has seen.
        stored: a `EncodedData`.
        most: members that are wanted.
    """
    if budget.seconds is None:
        return most
    test = max(_test(budget, stored), 1e-9)
    built = test + TRACES * budget.usual("tracing", 1.0) + budget.slowdown() * BUILDING
    shares = MEASURING * budget.seconds / test, ENDING * budget.seconds / built
    return max(1, min(most, *map(int, shares)))


def for_export(budget: Budget, stored, members: int = 1) -> float:
    """For the test part, the export and its proof.

    Args:
        budget: the clock, with the costs that it has seen.
        stored: a `EncodedData`.
        members: trials that the exported model may average.
    """
    return _behind(budget, stored, members * _test(budget, stored), members)


def for_these(budget: Budget, stored, records: Iterable[TrialRecord]) -> float:
    """As `for_export`, for the trials that are averaged, each with its own cost."""
    trials = [record for record in records if record.trial_id != LINEAR_NAME]
    return _behind(budget, stored, sum(_test(budget, stored, each) for each in trials), len(trials))


def room_for_refit(budget: Budget, stored, seconds: float) -> bool:
    """Whether a trial of so many seconds can be trained once more before the export."""
    left = budget.left()
    return left is None or left - for_export(budget, stored) > REFIT * seconds


def choosing(budget: Budget, stored, candidates: int) -> float:
    """For the choice of the members of an average, and for what their answers are worth."""
    labels = stored.stores["validation"].labels
    kind = kind_of(labels)
    columns = {"class": lambda: labels.max(initial=1) + 1, "labels": lambda: labels.shape[1]}
    numbers = len(labels) * int(columns.get(kind, lambda: 1)())
    return budget.estimate("choosing", CHOOSING * numbers * candidates)


def _behind(budget, stored, testing, members):
    tracing = members * budget.usual("tracing", 1.0)
    slow = budget.slowdown()
    building = slow * BUILDING * members if members > 1 else 0.0
    total = testing + building + choosing(budget, stored, members)
    # `estimate` has the slowdown for its default as well; tracing has it already.
    total += budget.estimate("export", FILES + TRACES * tracing / slow)
    return MARGIN * total + UNSEEN * (budget.seconds or 0.0)


def _test(budget, stored, record=None):
    """Seconds of one model for the test part."""
    share = stored.size("test") / max(stored.size("validation"), 1)
    own = record.judging if record else None
    return share * (budget.usual("validation", 2.0) if own is None else own * budget.rise())


WORTH = 0.01  # Of the time: less is not worth another round.


LATE = 0.02  # Of the time: what an export may be late; the estimates have a margin.


def in_time(runner, stored, exported=None) -> list[Candidate]:
    """What may be exported, the best first, with as large an average as there is time for.

    Args:
        runner: a `TrialRunner` with at least one scored trial.
        stored: a `EncodedData`.
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
        stored: a `EncodedData`.
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
    return budget.search_left() > max(
        least, WORTH * budget.seconds, budget.estimate(FIRST_EVALUATION)
    )


def _most(runner, stored):
    return affordable(runner.budget, stored, runner.plan.ensemble)


def _found(runner, stored, most):
    with runner.budget.measure("choosing"):
        return list(candidates(runner, stored.stores["validation"].labels, most))
