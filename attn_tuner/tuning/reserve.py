"""Seconds to keep back for what follows the trials, from what is known by now."""

from collections.abc import Callable, Iterable

from attn_tuner.measures import kind_of
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.folder import LINEAR_NAME, Record
from attn_tuner.tuning.pretraining import FINE_TUNING
from attn_tuner.tuning.repeats import ROWS

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
    stored, plan, pretrain=True, repeats=True, records: Iterable[Record] = ()
) -> Callable[[Budget], float]:
    """What the plan wants done behind its trials, as `Budget.set_reserve` takes it.

    Args:
        stored: a `RunData`.
        plan: a `Plan`.
        pretrain, repeats: False once these are done.
        records: what would be exported now; where nothing is given, as much as is affordable.
    """
    share = plan.pretrain * pretrain
    trainings = REFIT * plan.refit + ROWS * plan.repeats * repeats + FINE_TUNING * (share > 0)
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
        stored: a `RunData`.
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
        stored: a `RunData`.
        members: trials that the exported model may average.
    """
    return _behind(budget, stored, members * _test(budget, stored), members)


def for_these(budget: Budget, stored, records: Iterable[Record]) -> float:
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
