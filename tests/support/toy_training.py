"""Trainings that compute nothing: seconds pass, a score follows from the values. Needs no Keras."""

import hashlib
import json
import os
import time
from pathlib import Path

from attn_tuner.tuning.trial.callbacks import TIME_OVER
from attn_tuner.tuning.trial.spec import TrialOutcome

STEPS = 4
PAUSE = 0.05


def score(values) -> float:
    """Between 0 and 1, the same for the same values everywhere."""
    text = json.dumps(values, sort_keys=True).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "little") / 2**32


def prepare():
    return train


def prepare_slow():
    return lambda spec, callbacks: train(spec, callbacks, pause=0.5)


def prepare_deadly():
    """One trial in three kills its process, always."""
    return lambda spec, callbacks: train(
        spec, callbacks, deadly=lambda values: score(values) < 1 / 3
    )


def train(spec, callbacks, pause=PAUSE, deadly=lambda values: False) -> TrialOutcome:
    """Goes on from the step in the trial's folder, and logs each step with its process."""
    folder = Path(spec.trial_dir)
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / "steps"
    begun = int(done.read_text()) if done.exists() else 0
    stopped = "all epochs done"
    for step in range(begun, STEPS):
        with (folder / "log").open("a") as log:
            print(os.getpid(), step, os.environ.get("OMP_NUM_THREADS"), file=log)
        time.sleep(pause)
        if deadly(spec.values) and step == 1:
            os.kill(os.getpid(), 9)
        if callbacks.should_stop():
            stopped = TIME_OVER
            break
        done.write_text(str(step + 1))
        callbacks.on_resume_point()
        reason = callbacks.should_prune(step + 1.0, score(spec.values))
        if reason:
            stopped = f"pruned: {reason}"
            break
    metrics = {"epochs": 1.0, "seconds": 1.0, "loss": 0.5, "accuracy": score(spec.values)}
    return TrialOutcome(metrics, [metrics], stopped, 1.0)


def steps_of(folder) -> list[tuple[int, int]]:
    """Process and step of each line in a trial's log."""
    lines = (Path(folder) / "log").read_text().splitlines()
    return [(int(line.split()[0]), int(line.split()[1])) for line in lines]
