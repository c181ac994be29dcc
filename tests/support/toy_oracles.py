"""A search without models: values go in, a number comes out, and the process may be killed."""

import json
import multiprocessing
import os
import random
import signal
import time
import warnings
from pathlib import Path

import keras_tuner

from attn_tuner.tuning.oracles.persistence.atomic_state import AtomicState


def build(hp):
    """A conditional space with every kind of dimension."""
    hp.Choice("head", ["additive", "dot", "mean"])
    with hp.conditional_scope("head", ["additive"]):
        hp.Int("units", 8, 64, step=8)
        hp.Float("temperature", 0.5, 2.0, step=0.25)
    with hp.conditional_scope("head", ["dot"]):
        hp.Boolean("scaled")
    hp.Float("learning_rate", 1e-4, 1e-1, sampling="log")
    hp.Choice("batch", [64, 32, 128])
    hp.Fixed("vocabulary", 100)


def small(hp):
    """A conditional space of 8 points."""
    hp.Choice("head", ["additive", "mean"])
    with hp.conditional_scope("head", ["additive"]):
        hp.Int("units", 8, 48, step=8)
    with hp.conditional_scope("head", ["mean"]):
        hp.Boolean("scaled")
    hp.Choice("batch", [64])


def score(values):
    return (
        -abs(values.get("learning_rate", 0.01) - 0.01)
        + values.get("units", 0) / 64
        + 0.3 * values.get("scaled", False)
    )


class Search(keras_tuner.engine.base_tuner.BaseTuner, AtomicState):
    """Runs `measure(trial)`, which returns the metrics, for every trial."""

    measure = staticmethod(lambda trial: {"score": score(trial.hyperparameters.values)})

    def run_trial(self, trial, *args, **kwargs):
        return self.measure(trial)


def search(oracle, folder, space=build, measure=None, run=True):
    """A finished search in `folder`, or one that is only set up."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # KerasTuner uses old thread names.
        tuner = Search(oracle, space, directory=str(folder), project_name="run")
        oracle.verbose = 0
        if measure is not None:
            tuner.measure = measure
        if run:
            tuner.search()
    return tuner


def killed_at_random(run, kills, seed, longest, check):
    """Runs `run` in a child process again and again, SIGKILLed `kills` times, then to its end.

    Args:
        run: called in the child.
        kills: how often the child is killed.
        seed: of the moments.
        longest: seconds that a child lives at most before it is killed.
        check: called after each death.
    """
    rng = random.Random(seed)
    context = multiprocessing.get_context("fork")  # KerasTuner takes seconds to import.
    done = 0
    while True:
        child = context.Process(target=_silent, args=(run,))
        child.start()
        if done < kills:
            child.join(rng.uniform(0, longest))
            if child.is_alive():
                os.kill(child.pid, signal.SIGKILL)
                done += 1
        child.join(1200)
        check()
        if child.exitcode == 0:
            return done
        assert child.exitcode == -signal.SIGKILL, f"the search failed: {child.exitcode}"


def _silent(run):
    with open(os.devnull, "w") as sink:
        os.dup2(sink.fileno(), 1)
        run()


def finished(folder) -> dict:
    """Score by trial id of the finished trials, read from disk; every file there must be whole."""
    found = {}
    for path in Path(folder, "run").glob("**/*.json"):
        if path.parent.suffix == ".part":  # Left by a process that was killed as it wrote.
            continue
        state = json.loads(path.read_text())
        if path.name == "trial.json" and state["status"] == "COMPLETED":
            found[state["trial_id"]] = (state["score"], state["hyperparameters"]["values"])
    return found


def slowly(trial):
    """A trial of about 4 ms."""
    time.sleep(0.004)
    return {"score": score(trial.hyperparameters.values)}
