"""What an oracle hears of trials that run."""

import keras_tuner
import pytest
from optuna.trial import TrialState

from attn_tuner.tuning.oracles.feedback import OracleFeedback, OracleListener
from attn_tuner.tuning.oracles.optuna.oracle import OptunaOracle
from attn_tuner.tuning.oracles.persistence.durable import durable
from tests.support.toy_oracles import search

pytestmark = pytest.mark.filterwarnings("ignore:.*thread.*:DeprecationWarning")


def test_optuna_hears_the_curve_and_the_end_of_a_trial_that_was_given_up(tmp_path):
    oracle = OptunaOracle("max:score", 2, seed=3)
    feedback = OracleFeedback(oracle)

    def measure(trial):
        feedback.evaluated(trial.trial_id, 0.5, 0.6)
        feedback.resumable(trial.trial_id)
        feedback.pruned(trial.trial_id, 1.0, 0.4)
        return {"score": 0.6}

    search(oracle, tmp_path, measure=measure)
    trials = oracle.study.get_trials()
    assert [trial.state for trial in trials] == [TrialState.PRUNED] * 2
    assert trials[0].intermediate_values == {50: 0.6, 100: 0.4}


def test_an_oracle_that_does_not_listen_is_left_in_peace(tmp_path):
    oracle = keras_tuner.oracles.RandomSearchOracle(
        keras_tuner.Objective("score", "max"), max_trials=1, seed=3
    )
    feedback = OracleFeedback(oracle)

    def measure(trial):
        feedback.evaluated(trial.trial_id, 0.5, 0.6)
        feedback.pruned(trial.trial_id, 0.5, 0.6)
        return {"score": 0.6}

    tuner = search(oracle, tmp_path, measure=measure)
    assert len(tuner.oracle.end_order) == 1


def test_nothing_is_told_of_a_trial_that_has_ended(tmp_path):
    oracle = OptunaOracle("max:score", 1, seed=3)
    search(oracle, tmp_path)
    OracleFeedback(oracle).evaluated("0", 2.0, 0.9)
    assert oracle.study.get_trials()[0].intermediate_values == {}
    assert len(oracle.study.get_trials()) == 1


class Curves(keras_tuner.oracles.RandomSearchOracle, OracleListener):
    """Listens to learning curves and to nothing else."""

    def report(self, trial_id, step, value):
        self.seen = (trial_id, step, value)


class ListensFirst(OracleListener, keras_tuner.oracles.RandomSearchOracle):
    report = Curves.report


def test_an_oracle_hears_what_it_has_a_method_for_also_once_it_is_durable(tmp_path):
    for number, kind in enumerate((Curves, durable(Curves), durable(ListensFirst))):
        oracle = kind(keras_tuner.Objective("score", "max"), max_trials=1, seed=3)
        feedback = OracleFeedback(oracle)

        def measure(trial, feedback=feedback):
            feedback.evaluated(trial.trial_id, 0.5, 0.6)
            feedback.pruned(trial.trial_id, 0.5, 0.6)
            return {"score": 0.6}

        search(oracle, tmp_path / str(number), measure=measure)
        assert oracle.seen == ("0", 0.5, 0.6)
        assert feedback.take_set_aside() == []
