"""Reserves time for the steps after the trials, and fits these steps into what is left.

While trials run, `finalizing_reserve` estimates what the export and the other steps will take. When
they have ended, `release_unused_reserve` gives back what the best trials do not need, and
`choose_candidates` keeps an average so small that it can be exported in time. All estimates are in
seconds and rest on the costs that the `Budget` has measured so far.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from attn_tuner.baselines.members import member_of
from attn_tuner.finalizing.candidate_order import candidates
from attn_tuner.finalizing.candidates import Candidate
from attn_tuner.metrics import kind_of
from attn_tuner.settings.derived import SELF_TRAINING
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.trial_record import BASELINE_NAMES, TrialRecord
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.pretraining import FINE_TUNING
from attn_tuner.tuning.repeats import REPEATED
from attn_tuner.tuning.scheduler import FIRST_EVALUATION
from attn_tuner.tuning.tuner import TrialRunner

# Shares of the time limit.
TEST_SHARE = 0.1  # For an average's predictions on the test part.
MEMBERS_SHARE = 0.2  # For everything that the members of an average add to the export.
DISTIL_SHARE = 0.2  # For one trial that learns from a teacher's answers.
SELF_TRAINING_SHARE = 0.5  # For one that learns many texts, where few have labels.
SELF_TRAINING_OF_LEFT = 0.6  # At most, of what the other steps leave: some trials must end.
SELF_TRAINING_MEMBERS = 2  # That one and another; more join the average where time is left.
REFIT_SHARE = 0.2  # For training the members of an average again.
FOLDS_SHARE = 0.2  # For training the best trials on folds, where inputs are few.
MAX_RESERVE_SHARE = 0.5  # Other work on the machine does not raise the reserve above this.
UNMEASURED_SHARE = 0.005  # For small steps that are not measured.
MIN_RELEASE_SHARE = 0.01  # A smaller rest of the reserve is not worth another round of trials.
MAX_OVERRUN_SHARE = 0.02  # An export may end this much late, since the estimates have a margin.

FEW_INPUTS = 500  # For training and validation together; fewer are divided into folds.
FOLDS = 5

READING = ("encode", "region_vectors", "vectors")  # Costs of the steps before the trials.

# Costs of single steps.
REFIT_FACTOR = 1.3  # Of a training until its best evaluation; a margin, and more texts.
EXPORT_SECONDS = 4.0  # To write the files and to start the process that checks them.
TRACES_PER_MODEL = 4  # One to measure it, and one for each of three signatures.
FULL_BATCH = 64  # Validation inputs; fewer take about as long.
VALIDATION_SECONDS = 2.0  # At most, before any is measured.
INPUT_SECONDS = 4e-3  # For one input, before any is measured.
BUILD_SECONDS = 0.5  # To build, fill and copy one member of an average.
SELECTION_SECONDS = 3e-6  # For one predicted number, to select the members of an average.
MARGIN = 1.1  # On the estimate for test part and export.


def finalizing_reserve(
    stored: EncodedData,
    plan: Plan,
    pretrain: bool = True,
    repeats: bool = True,
    distil: bool = True,
    records: Iterable[TrialRecord] = (),
) -> Callable[[Budget], float]:
    """Returns a function that estimates all steps after the trials, for `Budget.set_reserve`.

    Args:
        stored: the run's `EncodedData`.
        plan: the run's `Plan`.
        pretrain, repeats, distil: bool, False once these steps are done.
        records: the trials that would be exported now; if not given, as many as are affordable.

    Returns:
        A function from the budget to seconds.
    """
    share = plan.pretrain * pretrain
    taught, of_left, most, refit = DISTIL_SHARE, 1.0, plan.ensemble, plan.refit
    if plan.teacher == SELF_TRAINING:
        taught, of_left = SELF_TRAINING_SHARE, SELF_TRAINING_OF_LEFT
        most, refit = min(most, SELF_TRAINING_MEMBERS), False  # What learnt from it stays as it is.
    if not plan.teacher or not distil:
        taught = 0.0
    trainings = REPEATED * plan.repeats * repeats + FINE_TUNING * (share > 0)
    records = tuple(records)
    folds = few_inputs(stored, plan)

    def seconds(budget: Budget) -> float:
        trial = budget.estimate("trial", 0.0)
        if records:
            own = candidate_seconds(budget, stored, records)
            again = [refit_seconds(record, stored) for record in records if refit]
        else:
            members = affordable_members(budget, stored, most)
            own = export_seconds(budget, stored, members)
            again = [REFIT_FACTOR * trial * refit] * members
        if budget.seconds:  # A slow machine must not leave a search without trials.
            own = min(own, max(own / budget.slowdown(), MAX_RESERVE_SHARE * budget.seconds))
        refits = sum(again)
        if plan.ensemble > 1 and budget.seconds:
            refits = min(refits, REFIT_SHARE * budget.seconds)
        if folds:
            refits += min(FOLDS * REFIT_FACTOR * trial, FOLDS_SHARE * budget.seconds)
        whole = budget.seconds or 0.0
        others = own + refits + trainings * trial + share * whole
        read = sum(budget.usual(each) for each in READING)
        return others + min(taught * whole, of_left * max(whole - read - others, 0.0))

    return seconds


def few_inputs(stored: EncodedData, plan: Plan) -> bool:
    """Returns whether folds choose the weights of an average, as the validation part is too small.

    That takes a time limit, inputs without groups and times, and a baseline that answers the inputs
    that it learns from as if it had not.

    Args:
        stored: the run's `EncodedData`.
        plan: the run's `Plan`.
    """
    if plan.ensemble == 1 or plan.faithful or plan.max_time is None:
        return False
    training = stored.stores["train"] if member_of(plan.input).held_out else None
    if training is None or training.groups is not None or training.times is not None:
        return False
    return stored.size("train") + stored.size("validation") < FEW_INPUTS


def affordable_members(budget: Budget, stored: EncodedData, most: int) -> int:
    """Computes how many trials an average may have to be measured and exported cheaply.

        members = min(most, shares of the time / time for test part and traces),   at least 1

    Args:
        budget: the budget, with the costs measured so far.
        stored: the run's `EncodedData`.
        most: int, number of members that the user allows.
    """
    if budget.seconds is None:
        return most
    test = max(_test_seconds(budget, stored), 1e-9)
    traced = TRACES_PER_MODEL * budget.usual("tracing", 1.0)
    built = test + traced + budget.slowdown() * BUILD_SECONDS
    shares = TEST_SHARE * budget.seconds / test, MEMBERS_SHARE * budget.seconds / built
    return max(1, min(most, *map(int, shares)))


def export_seconds(budget: Budget, stored: EncodedData, members: int = 1) -> float:
    """Estimates measuring on the test part, the export and its check.

    Args:
        budget: the budget, with the costs measured so far.
        stored: the run's `EncodedData`.
        members: int, number of trials that the exported model averages.
    """
    return _total_seconds(budget, stored, members * _test_seconds(budget, stored), members)


def candidate_seconds(budget: Budget, stored: EncodedData, records: Iterable[TrialRecord]) -> float:
    """Estimates the same for given trials, each with its own measured cost.

    Args:
        budget: the budget, with the costs measured so far.
        stored: the run's `EncodedData`.
        records: what is averaged; a baseline costs nothing.
    """
    trials = [record for record in records if record.trial_id not in BASELINE_NAMES]
    testing = sum(_test_seconds(budget, stored, each) for each in trials)
    return _total_seconds(budget, stored, testing, len(trials))


def refit_seconds(record: TrialRecord, stored: EncodedData) -> float:
    """Estimates training a trial again with the validation texts; 0 for a baseline.

    Training ends where the best evaluation was, and has no evaluations.

    Args:
        record: the trial.
        stored: the run's `EncodedData`.
    """
    best = record.metrics.get("epochs", 0.0)
    judged = sum(
        each.get("judging", 0.0) for each in record.history if each.get("epochs", 0.0) <= best
    )
    spent = max(record.metrics.get("seconds", record.seconds) - judged, 0.0)
    return REFIT_FACTOR * spent * (1 + stored.size("validation") / stored.size("train"))


def room_for_refit(
    budget: Budget, stored: EncodedData, records: Iterable[TrialRecord], seconds: float
) -> bool:
    """Returns whether a member can be trained again before the export.

    Args:
        budget: the budget, with the costs measured so far.
        stored: the run's `EncodedData`.
        records: what is exported.
        seconds: float, time that the training takes.
    """
    left = budget.left()
    return left is None or left - candidate_seconds(budget, stored, records) > seconds


def selection_seconds(budget: Budget, stored: EncodedData, models: int) -> float:
    """Estimates the selection of an average's members.

    Args:
        budget: the budget, with the costs measured so far.
        stored: the run's `EncodedData`.
        models: int, number of models to select from.
    """
    labels = stored.stores["validation"].labels
    kind = kind_of(labels)
    columns = {"class": lambda: labels.max(initial=1) + 1, "labels": lambda: labels.shape[1]}
    numbers = len(labels) * int(columns.get(kind, lambda: 1)())
    return budget.estimate("choosing", SELECTION_SECONDS * numbers * models)


def choose_candidates(
    runner: TrialRunner, stored: EncodedData, exported: Mapping[str, Any] = MappingProxyType({})
) -> list[Candidate]:
    """Lists what may be exported, the best first, with an average that fits into the time left.

    Args:
        runner: a `TrialRunner` with at least one scored trial.
        stored: the run's `EncodedData`.
        exported: outcome of an earlier call, whose export takes no time again; empty without one.

    Returns:
        The candidates; none where no trial has its weights any more.
    """
    budget, most = runner.budget, _affordable(runner, stored)
    while True:
        found = _candidates(runner, stored, most)
        if not found:
            return []
        cost = candidate_seconds(budget, stored, found[0].records)
        left = budget.left()
        late = left is not None and cost > left + MAX_OVERRUN_SHARE * budget.seconds
        if most == 1 or not late or found[0].is_exported(exported):
            return found
        # Selecting again for each size takes time itself.
        most = 1 if left < 2 * budget.estimate("choosing") else most - 1


def release_unused_reserve(runner: TrialRunner, stored: EncodedData, least: float) -> bool:
    """Lowers the reserve to what the best trials need; returns whether trials can go on.

    While trials run, it is unknown which and how many of them an average will have, so the reserve
    is for the largest.

    Args:
        runner: a `TrialRunner` whose search has ended.
        stored: the run's `EncodedData`.
        least: float, seconds that are worth continuing for.
    """
    budget = runner.budget
    if budget.seconds is None or runner.interrupted() or runner.has_room():
        return False
    found = _candidates(runner, stored, _affordable(runner, stored)) if runner.ranked() else []
    if not found:
        return False
    taught = runner.plan.teacher == SELF_TRAINING  # Then a trial that is yet to learn is exported.
    records = () if taught else found[0].records
    budget.set_reserve(finalizing_reserve(stored, runner.plan, records=records))
    return budget.search_left() > max(
        least, MIN_RELEASE_SHARE * budget.seconds, budget.estimate(FIRST_EVALUATION)
    )


def _affordable(runner: TrialRunner, stored: EncodedData) -> int:
    return affordable_members(runner.budget, stored, runner.plan.ensemble)


def _candidates(runner: TrialRunner, stored: EncodedData, most: int) -> list[Candidate]:
    with runner.budget.measure("choosing"):
        return list(candidates(runner, stored.stores["validation"].labels, most))


def _total_seconds(budget: Budget, stored: EncodedData, testing: float, members: int) -> float:
    tracing = members * budget.usual("tracing", 1.0)
    slow = budget.slowdown()
    building = slow * BUILD_SECONDS * members if members > 1 else 0.0
    total = testing + building + selection_seconds(budget, stored, members)
    # `estimate` multiplies its default by the slowdown, which the tracing already includes.
    total += budget.estimate("export", EXPORT_SECONDS + TRACES_PER_MODEL * tracing / slow)
    return MARGIN * total + UNMEASURED_SHARE * (budget.seconds or 0.0)


def _test_seconds(budget: Budget, stored: EncodedData, record: TrialRecord | None = None) -> float:
    """Estimates the predictions of one model on the test part."""
    validation = max(stored.size("validation"), FULL_BATCH)
    share = stored.size("test") / validation
    own = record.judging if record else None
    unmeasured = min(VALIDATION_SECONDS, INPUT_SECONDS * validation)
    return share * (budget.usual("validation", unmeasured) if own is None else own * budget.rise())
