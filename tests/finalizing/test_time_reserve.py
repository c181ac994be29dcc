"""What was kept back in vain goes to further trials, and what is exported fits into the rest."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from attn_tuner.finalizing import time_reserve as time_reserve
from attn_tuner.finalizing.candidates import Candidate
from attn_tuner.finalizing.time_reserve import BUILD_SECONDS, candidate_seconds, finalizing_reserve
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.trial_record import LINEAR_NAME, TrialRecord
from attn_tuner.tuning.budget import Budget

STORED = SimpleNamespace(
    size=lambda role: {"test": 1_000, "validation": 100}[role],
    stores={"validation": SimpleNamespace(labels=np.zeros(100, "int32"))},
)
CHEAP, DEAR = 0.5, 3.0  # Seconds for the validation texts; a tenth of those for the test texts.


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def trial(name, judging):
    history = [{"judging": 4 * judging}, {"judging": judging}, {"judging": judging}]
    return TrialRecord(str(name), "completed", {}, score=0.9, history=history)


def runner_with(records, elapsed, seconds=1_000.0):
    """A runner whose best average holds all records that it may."""
    clock = Clock()
    budget = Budget(seconds, clock=clock)
    clock.now = elapsed
    budget.record("validation", DEAR)
    plan = Plan("colours", "0", ("cold", "warm"), {}, ensemble=5)
    budget.set_reserve(finalizing_reserve(STORED, plan))
    return SimpleNamespace(
        budget=budget,
        plan=plan,
        interrupted=lambda: False,
        has_room=lambda: not budget.search_over(),
        ranked=lambda: records,
    )


@pytest.fixture(autouse=True)
def averages(monkeypatch):
    def candidates(runner, labels, most):
        chosen = tuple(runner.ranked()[:most])
        yield Candidate(chosen, (1 / len(chosen),) * len(chosen), np.zeros((100, 2)), {})

    monkeypatch.setattr(time_reserve, "candidates", candidates)


def test_cheaper_models_than_were_feared_leave_time_for_trials():
    runner = runner_with([trial(0, CHEAP), trial(1, CHEAP)], elapsed=880.0)
    assert runner.budget.search_over()  # For three models that answer slowly.
    assert time_reserve.release_unused_reserve(runner, STORED, least=5.0)
    assert runner.budget.reserve() == pytest.approx(
        1.1 * (2 * 10 * CHEAP + 12 + 2 * BUILD_SECONDS) + 5, abs=0.01
    )
    assert not runner.budget.search_over()


def test_nothing_goes_on_where_little_can_be_won():
    records = [trial(number, DEAR) for number in range(3)]
    assert not time_reserve.release_unused_reserve(runner_with(records, 870.0), STORED, least=5.0)
    cheap = [trial(0, CHEAP)]
    assert not time_reserve.release_unused_reserve(runner_with(cheap, 870.0), STORED, least=500.0)


def test_nothing_goes_on_that_the_clock_did_not_end():
    records = [trial(0, CHEAP)]
    assert not time_reserve.release_unused_reserve(runner_with(records, 500.0), STORED, least=5.0)
    assert not time_reserve.release_unused_reserve(
        runner_with(records, 870.0, None), STORED, least=5.0
    )
    assert not time_reserve.release_unused_reserve(runner_with([], 990.0), STORED, least=5.0)
    runner = runner_with(records, 870.0)
    runner.interrupted = lambda: True
    assert not time_reserve.release_unused_reserve(runner, STORED, least=5.0)


def test_an_average_is_no_larger_than_what_is_left_can_measure():
    records = [trial(number, DEAR) for number in range(3)]
    sizes = {860.0: 3, 880.0: 3, 900.0: 2, 940.0: 1, 1_200.0: 1}
    for elapsed, size in sizes.items():
        found = time_reserve.choose_candidates(runner_with(records, elapsed), STORED)
        assert len(found[0].records) == size


def test_what_is_exported_already_stays_when_the_time_is_over():
    records = [trial(number, DEAR) for number in range(3)]
    exported = {"0": 0.5, "1": 0.5}
    outcome = {"members": exported}
    found = time_reserve.choose_candidates(runner_with(records, 1_200.0), STORED, outcome)
    assert found[0].shares == exported


def test_few_validation_inputs_do_not_make_a_large_test_part_dear():
    few = SimpleNamespace(size=lambda role: {"test": 1_000, "validation": 10}[role])
    few.stores = STORED.stores
    reserve = finalizing_reserve(few, Plan("waves", "0", ("noise", "wave"), {}, ensemble=5))
    assert reserve(Budget(180.0)) < 90  # Nothing is measured yet.


def test_each_trial_counts_with_its_own_cost_and_the_linear_model_with_none():
    budget = Budget(1_000.0)
    records = [trial(0, CHEAP), trial(1, DEAR), TrialRecord(LINEAR_NAME, "baseline", {})]
    assert candidate_seconds(budget, STORED, records) == pytest.approx(
        1.1 * (5 + 30 + 12 + 2 * BUILD_SECONDS) + 5, abs=0.01
    )


def test_the_first_answer_of_a_trial_compiles_and_so_does_not_count():
    assert trial(0, CHEAP).judging == CHEAP
    assert TrialRecord("0", "completed", {}, history=[{"judging": 4.0}]).judging == 4.0
    assert TrialRecord("0", "completed", {}, history=[{"epochs": 1.0}]).judging is None


def test_what_tracing_took_says_what_an_export_will_take():
    budget = Budget(1_000.0)
    before = candidate_seconds(budget, STORED, [trial(0, CHEAP)])
    for seconds in (0.2, 0.2, 9.0):  # Something else was at work once.
        budget.record("tracing", seconds)
    saved = 1.1 * 4 * (1.0 - 0.2)
    assert candidate_seconds(budget, STORED, [trial(0, CHEAP)]) == pytest.approx(before - saved)


def test_a_first_answer_holds_the_tracing_that_later_ones_do_without():
    assert trial(0, CHEAP).tracing == pytest.approx(3 * CHEAP)
    assert trial(0, CHEAP).costs == {"trial": 0.0, "tracing": pytest.approx(3 * CHEAP)}
    once = TrialRecord("0", "completed", {}, history=[{"judging": 4.0}])
    assert once.tracing is None
    assert once.costs == {"trial": 0.0}


def test_what_is_kept_back_grows_with_other_work_on_the_machine():
    slow = [1.0]
    budget = Budget(1_000.0, slowdown=lambda: slow[0])
    records = [trial(0, CHEAP), trial(1, DEAR)]
    for record in records:
        budget.record_all(record.costs)
    quiet = candidate_seconds(budget, STORED, records)
    slow[0] = 2.0
    assert candidate_seconds(budget, STORED, records) - 5 == pytest.approx(2 * (quiet - 5))


def test_what_choosing_takes_is_kept_back():
    budget = Budget(1_000.0)
    records = [trial(0, CHEAP)]
    before = candidate_seconds(budget, STORED, records)
    budget.record("choosing", 10.0)
    assert candidate_seconds(budget, STORED, records) == pytest.approx(before + 11, abs=0.01)


def test_late_there_is_no_second_choice():
    asked = []
    runner = runner_with([trial(number, DEAR) for number in range(4)], elapsed=990.0)
    runner.budget.record("choosing", 100.0)
    ranked = runner.ranked()
    runner.ranked = lambda: asked.append(1) or ranked
    assert len(time_reserve.choose_candidates(runner, STORED)[0].records) == 1
    assert len(asked) <= 2


def test_training_again_takes_the_time_until_the_best_evaluation_without_the_evaluations():
    history = [
        {"epochs": 0.5, "seconds": 11.0, "judging": 3.0},
        {"epochs": 1.0, "seconds": 20.0, "judging": 2.0},
        {"epochs": 1.5, "seconds": 29.0, "judging": 2.0},
    ]
    stored = SimpleNamespace(size=lambda role: {"train": 1_000, "validation": 100}[role])
    record = TrialRecord("0", "completed", {}, 0.9, history[1], history, seconds=29.0)
    assert time_reserve.refit_seconds(record, stored) == pytest.approx(1.3 * 15 * 1.1)
    assert time_reserve.refit_seconds(TrialRecord(LINEAR_NAME, "baseline", {}), stored) == 0


def test_a_fifth_of_the_time_is_kept_at_most_for_training_members_again():
    plan = Plan("colours", "0", ("cold", "warm"), {}, ensemble=5)
    budget = Budget(1_000.0)
    budget.record("validation", CHEAP)
    budget.record("trial", 20.0)
    without = finalizing_reserve(STORED, plan)(budget)
    with_refit = finalizing_reserve(STORED, replace(plan, refit=True))
    assert with_refit(budget) - without == pytest.approx(5 * 1.3 * 20)
    budget.record("trial", 90.0)
    assert with_refit(budget) - without == pytest.approx(0.2 * 1_000)


@pytest.mark.parametrize("ensemble", [1, 5])
def test_time_for_self_training_is_not_spent_on_members_that_learnt_few_labels(ensemble):
    plan = Plan("colours", "0", ("cold", "warm"), {}, ensemble=ensemble, teacher="self_training")
    budget = Budget(180.0)
    budget.record("validation", CHEAP)
    budget.record("trial", 20.0)
    asked = finalizing_reserve(STORED, replace(plan, refit=True))
    members = min(ensemble, time_reserve.SELF_TRAINING_MEMBERS)
    export = time_reserve.export_seconds(budget, STORED, members)
    assert asked(budget) == pytest.approx(export + 0.5 * 180)  # Nothing for training again.
    after = finalizing_reserve(STORED, replace(plan, refit=True), distil=False)
    assert after(budget) == pytest.approx(export)


def test_trials_get_a_share_of_what_an_export_leaves_though_one_is_to_learn_by_self_training():
    plan = Plan("colours", "0", ("cold", "warm"), {}, ensemble=5, teacher="self_training")
    budget = Budget(60.0)
    budget.record("validation", CHEAP)
    budget.record("encode", 7.0)
    budget.record("vectors", 13.0)
    export = finalizing_reserve(STORED, plan, distil=False)(budget)
    assert export < 40
    assert 40 - finalizing_reserve(STORED, plan)(budget) == pytest.approx(0.4 * (40 - export))


def test_what_few_labels_are_exported_with_is_not_known_before_self_training():
    runner = runner_with([trial(0, CHEAP)] * 5, elapsed=880.0)
    runner.plan = replace(runner.plan, teacher="self_training")
    time_reserve.release_unused_reserve(runner, STORED, least=5.0)
    expected = finalizing_reserve(STORED, runner.plan)(runner.budget)
    assert runner.budget.reserve() == pytest.approx(expected)
