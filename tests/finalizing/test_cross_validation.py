"""Where series are few, the best trials answer all of them, each without having learnt it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from attn_tuner.finalizing import cross_validation
from attn_tuner.finalizing.cross_validation import cross_validate
from attn_tuner.finalizing.time_reserve import few_inputs, finalizing_reserve
from attn_tuner.series.reading import load_series
from attn_tuner.storage.layout import FOLD_ANSWERS, WEIGHTS, trial_dir
from attn_tuner.storage.plan import Plan
from attn_tuner.storage.trial_record import MINIROCKET_NAME, TrialRecord
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.encoded_series import EncodedSeries
from tests.support.waves import waves

PLAN = Plan("waves", "0", ("noise", "wave"), {}, ensemble=2, max_time=900.0, input="series")
VALUES = {"max_length": 20, "truncation": "head", "batch_size": 8}


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return EncodedSeries.encode(load_series(waves(40)), tmp_path_factory.mktemp("data") / "data")


@pytest.fixture
def runner(tmp_path, monkeypatch):
    """Makes a runner of trials that trained this many seconds; what they learn from is kept."""

    def trained(record, hypermodel, batches, budget):
        return set(batches.rows.tolist())

    def predicted(learnt, asked):
        assert not learnt & set(asked.rows.tolist())
        return np.full((len(asked.rows), 1), len(learnt))

    monkeypatch.setattr(cross_validation, "train_again", trained)
    monkeypatch.setattr(cross_validation, "predict_batches", predicted)

    def make(*seconds, plan=PLAN, status="completed"):
        records = []
        for number, each in enumerate(seconds):
            place = trial_dir(tmp_path, str(number))
            place.mkdir(exist_ok=True)
            (place / WEIGHTS).touch()
            metrics = {"epochs": 1.0, "seconds": each, "accuracy": 0.8}
            records.append(TrialRecord(str(number), status, VALUES, 0.8, metrics))
        return SimpleNamespace(
            project_dir=str(tmp_path),
            get_trial_dir=lambda trial_id: str(trial_dir(tmp_path, trial_id)),
            ranked=lambda: records,
            plan=plan,
            budget=Budget(plan.max_time),
            hypermodel=None,
        )

    return make


def folds(runner):
    with np.load(f"{runner.project_dir}/{FOLD_ANSWERS}") as arrays:
        return {name: arrays[name] for name in arrays.files}


def test_every_series_is_answered_by_models_that_have_not_learnt_it(runner, stored):
    made = runner(5.0, 5.0)
    cross_validate(made, stored)
    found = folds(made)
    assert found.keys() == {"labels", "0", "1", MINIROCKET_NAME}
    both = [stored.stores[role].labels for role in ("train", "validation")]
    np.testing.assert_array_equal(found["labels"], np.concatenate(both))
    count = len(found["labels"])
    assert set(found["0"][:, 1]) <= {count - count // 5 - 1, count - count // 5}
    np.testing.assert_allclose(found[MINIROCKET_NAME].sum(axis=1), 1.0)


def test_a_trial_that_takes_long_has_three_folds_or_none(runner, stored):
    made = runner(150.0, 1e4)
    cross_validate(made, stored)
    found = folds(made)
    assert "1" not in found
    assert len(found["labels"]) - found["0"][0, 1] > 8  # A third of them was left out.


def test_without_time_for_the_best_trial_nothing_is_written(runner, stored, tmp_path):
    cross_validate(runner(1e4, 1.0), stored)
    assert not (tmp_path / FOLD_ANSWERS).exists()


def test_it_is_done_again_only_for_a_better_trial(runner, stored):
    cross_validate(runner(5.0), stored)
    cross_validate(runner(5.0, 5.0), stored)
    assert "1" not in folds(runner(5.0))
    made = runner(5.0, 5.0)
    made.ranked().reverse()
    cross_validate(made, stored)
    assert {"0", "1"} < folds(made).keys()


@pytest.mark.parametrize(
    "changed", [{"ensemble": 1}, {"faithful": 0.5}, {"max_time": None}, {"input": "text"}]
)
def test_it_takes_an_average_a_time_limit_and_minirocket(changed, stored):
    assert few_inputs(stored, PLAN)
    assert not few_inputs(stored, replace(PLAN, **changed))


def test_time_is_kept_back_for_it(stored):
    budget = Budget(900.0)
    budget.record("trial", 10.0)
    single = replace(PLAN, input="text")
    kept = finalizing_reserve(stored, PLAN)(budget) - finalizing_reserve(stored, single)(budget)
    assert kept == pytest.approx(5 * 1.3 * 10)
