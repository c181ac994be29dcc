"""A runner whose trials take no training."""

from pathlib import Path

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.storage.plan import Plan
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.oracles import oracles
from attn_tuner.tuning.pruning import pruner_name
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
from attn_tuner.tuning.tuner import TrialRunner
from tests.support.toy_training import score


def make_runner(folder, trials=6, tuner="random", pruner="none", budget=None, **options):
    hypermodel = AttentionHyperModel(vocabulary_size=50, classes=2)
    oracle = oracles[tuner](
        objective="max:val_accuracy",
        max_trials=trials,
        seed=4,  # Its first trial is none that `prepare_deadly` kills.
        hyperparameters=hypermodel.hyperparameters(),
        max_consecutive_failed_trials=100,
    )
    return TrialRunner(
        oracle,
        TrialTrainer(hypermodel, None, None),
        plan=Plan(
            "toy", "0", ("a", "b"), {}, tuner=tuner, max_trials=trials, pruner=pruner_name(pruner)
        ),
        pruner=pruner,
        budget=budget or Budget(None),
        directory=Path(folder),
        project_name="run",
        **options,
    )


def scores(runner) -> dict:
    return {name: record.score for name, record in runner.records.items()}


def alone(folder, **options) -> dict:
    """The scores that one process finds, one trial after the other."""
    runner = make_runner(folder, **options)
    while True:
        trial = runner.next_trial()
        if trial.status == "STOPPED":
            return {
                name: score(runner.lifecycle.spec_of(each).values)
                for name, each in runner.oracle.trials.items()
            }
        runner.lifecycle.fail(trial, "not trained", "")
        runner.oracle.end_trial(trial)
