"""How long the members of an update may train, and how they are averaged again."""

from types import SimpleNamespace

import numpy as np
import pytest

from attn_tuner.storage.checkpoints import save_probabilities
from attn_tuner.storage.layout import trial_dir
from attn_tuner.storage.trial_record import TrialRecord
from attn_tuner.tuning.budget import Budget
from attn_tuner.updating import members


@pytest.fixture(autouse=True)
def export_of_20_seconds(monkeypatch):
    monkeypatch.setattr(
        members, "candidate_seconds", lambda budget, stored, records: 20 * budget.slowdown()
    )


def work(seconds, slowdown, limited):
    """The work of an update that began 10 seconds ago."""
    clock = SimpleNamespace(now=0.0)
    budget = Budget(seconds, clock=lambda: clock.now, slowdown=lambda: slowdown)
    clock.now = 10.0
    return members.training_work(budget, None, [], limited)


def test_without_a_limit_of_its_own_an_update_does_the_same_work_whenever_it_began():
    assert work(60.0, 1.0, limited=False) == 40.0


def test_under_a_limit_time_and_other_work_count():
    assert work(60.0, 1.0, limited=True) == 30.0
    assert work(90.0, 2.0, limited=True) == 20.0


@pytest.mark.parametrize(("logarithms", "expected"), [(False, 0.7), (True, 0.75)])
def test_members_are_averaged_as_in_the_export_of_the_search(tmp_path, logarithms, expected):
    trained = [TrialRecord(name, "completed", {}, score=0.5) for name in ("0", "1")]
    for record, given in zip(trained, ([0.9, 0.1], [0.5, 0.5]), strict=True):
        trial_dir(tmp_path, record.trial_id).mkdir()
        answers = np.array([given], "float32")
        save_probabilities(answers, trial_dir(tmp_path, record.trial_id))
    run = SimpleNamespace(members={"0": 0.25, "1": 0.25}, logarithms=logarithms, sign=1)
    stored = SimpleNamespace(stores={"validation": SimpleNamespace(labels=np.array([0]))})
    found = members.averaged(run, trained, stored, tmp_path)
    assert found.logarithms == logarithms
    assert found.weights == (0.5, 0.5)
    np.testing.assert_allclose(found.answers, [[expected, 1 - expected]], atol=1e-6)
