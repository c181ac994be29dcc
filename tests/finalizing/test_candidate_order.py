"""Which trials may be averaged, and that the linear baseline always may."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from attn_tuner.finalizing.averages import clearly_worse, lowest_likely
from attn_tuner.finalizing.candidate_order import candidates
from attn_tuner.metrics import measure
from attn_tuner.storage.layout import (
    FOLD_ANSWERS,
    LINEAR,
    PROBABILITIES,
    WEIGHTS,
    linear_answers,
)
from attn_tuner.storage.trial_record import LINEAR_NAME, TrialRecord
from attn_tuner.tasks import task_named

CLASSES = 30
LABELS = np.arange(1_200) % CLASSES


def answers(skill, seed):
    logits = np.random.default_rng(seed).normal(size=(len(LABELS), CLASSES))
    logits[np.arange(len(LABELS)), LABELS] += skill
    powers = np.exp(2 * logits)
    return (powers / powers.sum(axis=1, keepdims=True)).astype("float32")


@pytest.fixture
def runner(tmp_path):
    """Makes a runner whose trials have these skills and statuses, beside a linear baseline."""

    def make(trials, linear=None, objective="accuracy", ensemble=5):
        records = []
        for number, (skill, status) in enumerate(trials):
            place = tmp_path / f"trial_{number}"
            place.mkdir()
            (place / WEIGHTS).touch()
            given = answers(skill, number)
            np.save(place / PROBABILITIES, given)
            found = measure(LABELS, given)
            records.append(
                TrialRecord(str(number), status, {}, score=found[objective], metrics=found)
            )
        if linear is not None:
            np.savez(tmp_path / LINEAR, words=np.int64(100))
            np.save(tmp_path / linear_answers("validation"), answers(linear, 99))
        sign = -1 if objective == "log_loss" else 1
        return SimpleNamespace(
            plan=SimpleNamespace(
                objective=objective,
                ensemble=ensemble,
                faithful=False,
                input="text",
                teacher="",
                answers=lambda: task_named(None, CLASSES),
            ),
            project_dir=str(tmp_path),
            get_trial_dir=lambda trial_id: str(tmp_path / f"trial_{trial_id}"),
            ranked=lambda: sorted(records, key=lambda each: -sign * each.score),
        )

    return make


def best(runner, most=5):
    return next(iter(candidates(runner, LABELS, most)))


@pytest.mark.parametrize("objective", ["accuracy", "log_loss"])
def test_what_was_pruned_far_below_the_best_is_in_no_average(runner, objective):
    trials = [(3.0, "completed"), (3.0, "completed"), (0.3, "pruned"), (0.1, "cut")]
    found = best(runner(trials, linear=2.5, objective=objective))
    assert not {"2", "3"} & found.shares.keys()
    assert {"0", "1", LINEAR_NAME} == found.shares.keys()


def test_what_was_pruned_near_the_best_may_be_in_an_average(runner):
    found = best(runner([(3.0, "completed"), (3.0, "pruned")]))
    assert {"0", "1"} == found.shares.keys()


def distilled(record, folder):
    """Makes a trial one that learnt from a teacher, and returns its record."""
    student = replace(record, trial_id=f"{record.trial_id}-distilled")
    (folder / f"trial_{record.trial_id}").rename(folder / f"trial_{student.trial_id}")
    return student


@pytest.mark.parametrize(("teacher", "joins"), [("average", False), ("self_training", True)])
def test_what_learnt_by_self_training_alone_may_join_an_average(runner, tmp_path, teacher, joins):
    made = runner([(3.0, "completed"), (3.0, "completed")], linear=3.0)
    made.plan.teacher = teacher
    first, other = made.ranked()
    student = distilled(other, tmp_path)
    made.ranked = lambda: [first, student]
    assert (student.trial_id in best(made).shares) is joins


@pytest.mark.parametrize(("skill", "first"), [(3.1, True), (1.5, False)])
@pytest.mark.parametrize("ensemble", [1, 5])
def test_what_learnt_by_self_training_is_exported_unless_it_is_clearly_worse(
    runner, tmp_path, skill, first, ensemble
):
    made = runner([(3.0, "completed"), (skill, "completed")], ensemble=ensemble)
    made.plan.teacher = "self_training"
    lucky, other = sorted(made.ranked(), key=lambda each: each.trial_id)
    student = distilled(other, tmp_path)
    made.ranked = lambda: [lucky, student]
    shares = best(made).shares
    assert max(shares, key=shares.get) == (student if first else lucky).trial_id


def test_a_model_is_clearly_worse_by_more_than_two_standard_errors():
    labels = np.zeros(100, int)
    other = np.eye(2)[np.zeros(100, int)]

    def wrong(count):
        return np.eye(2)[(np.arange(100) < count).astype(int)]

    assert not clearly_worse(wrong(4), other, labels)  # 4 = 2 sqrt(4).
    assert clearly_worse(wrong(5), other, labels)
    assert not clearly_worse(other, wrong(50), labels)


@pytest.mark.parametrize("trial", [0.1, 1.0, 2.0])
@pytest.mark.parametrize("most", [1, 5])
def test_what_is_exported_is_never_clearly_below_the_linear_baseline(runner, trial, most):
    found = best(runner([(trial, "cut")], linear=3.0), most)
    assert found.measures["accuracy"] >= measure(LABELS, answers(3.0, 99))["accuracy"] - 0.005
    assert found.shares[LINEAR_NAME] >= 0.5
    assert found.trials  # Whose attention explains.


def test_of_few_texts_the_log_loss_tells_that_an_average_is_better(runner):
    made = runner([(2.0, "completed"), (2.0, "completed"), (2.0, "completed")], linear=2.0)
    first = best(made)
    assert len(first.records) > 1
    singles = [each for each in candidates(made, LABELS, 5) if len(each.records) == 1]
    assert first.measures["log_loss"] < min(each.measures["log_loss"] for each in singles)


def no_logarithms(monkeypatch):
    """Lets no more than one model have a weight, so that its logarithms are no average."""
    monkeypatch.setattr(
        "attn_tuner.finalizing.averages.fit_weights", lambda answers, *_: np.zeros(len(answers))
    )


@pytest.mark.parametrize("most", [2, 4])
@pytest.mark.parametrize("linear", [None, 2.0])
def test_of_few_texts_logarithms_of_the_best_trials_are_averaged(runner, most, linear):
    found = best(runner([(2.0, "completed")] * 4, linear), most)
    assert found.logarithms
    assert 2 <= len(found.trials) <= most
    assert (LINEAR_NAME in found.shares) == (linear is not None)
    assert sum(found.weights) == pytest.approx(1)
    np.testing.assert_allclose(found.answers.sum(axis=1), 1)


def test_logarithms_are_not_averaged_with_the_baseline_of_series(runner):
    made = runner([(2.0, "completed")] * 3)
    assert best(made).logarithms
    made.plan.input = "series"
    assert not best(made).logarithms


@pytest.mark.parametrize("most", [1, 2, 4])
@pytest.mark.parametrize("linear", [None, 1.5, 2.0])
def test_of_few_texts_probabilities_of_the_best_trials_have_equal_weights(
    runner, monkeypatch, most, linear
):
    no_logarithms(monkeypatch)
    shares = best(runner([(2.0, "completed")] * 4, linear), most).shares
    trials = [share for name, share in shares.items() if name != LINEAR_NAME]
    assert trials == [pytest.approx(trials[0])] * len(trials)
    assert len(trials) <= most
    assert sum(shares.values()) == pytest.approx(1)
    assert len(shares) > 1 or (most == 1 and linear is None)


def test_of_few_texts_a_trial_without_an_error_is_exported_alone(runner):
    found = best(runner([(9.0, "completed"), (8.0, "completed")], linear=2.0))
    assert found.shares == {"0": 1.0}


def test_of_very_few_texts_no_error_is_no_reason_to_stay_alone(runner, monkeypatch):
    made = runner([(6.0, "completed"), (6.0, "completed")])
    assert len(best(made).records) == 1
    monkeypatch.setattr("attn_tuner.finalizing.averages.CLEAR", len(LABELS) + 1)
    assert len(best(made).records) == 2


def test_an_average_that_is_clearly_less_accurate_is_not_exported(runner, monkeypatch):
    made = runner([(2.0, "completed"), (2.0, "completed")], linear=2.0)
    monkeypatch.setattr("attn_tuner.finalizing.averages.lowest_likely", lambda *given: 1.1)
    assert len(best(made).records) == 1
    assert lowest_likely(0.9, 900) == pytest.approx(0.8896, abs=1e-4)
    assert lowest_likely(1.0, 5) < 0.9  # Five right answers are no proof.


def test_answers_of_folds_decide_on_the_share_of_the_baseline(runner, monkeypatch):
    no_logarithms(monkeypatch)
    made = runner([(2.0, "completed"), (2.0, "completed")], linear=1.0)
    assert best(made).shares.get(LINEAR_NAME, 0.0) < 0.5
    held = {"0": answers(0.5, 7), LINEAR_NAME: answers(3.0, 8)}
    np.savez(f"{made.project_dir}/{FOLD_ANSWERS}", labels=LABELS, **held)
    found = best(made)
    assert found.shares.keys() == {"0", LINEAR_NAME}  # Trial 1 was not cross-validated.
    assert found.shares[LINEAR_NAME] > 0.5
    mixed = [found.shares[name] for name in ("0", LINEAR_NAME)]
    together = mixed[0] * answers(2.0, 0) + mixed[1] * answers(1.0, 99)
    np.testing.assert_allclose(found.answers, together, atol=1e-6)  # To the validation texts.


def test_where_one_trial_may_be_averaged_it_is_the_one_that_suits_the_baseline_best(
    runner, tmp_path
):
    made = runner([(2.05, "completed"), (2.0, "completed")], linear=2.0)
    linear = np.load(tmp_path / linear_answers("validation"))
    alike = 0.98 * linear + 0.02 * np.eye(CLASSES)[LABELS]
    np.save(tmp_path / "trial_0" / PROBABILITIES, alike.astype("float32"))
    found = best(made, 1)
    assert set(found.shares) == {"1", LINEAR_NAME}
    assert found.alone == made.ranked()[0].score
