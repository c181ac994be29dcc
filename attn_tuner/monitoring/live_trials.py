"""Keeps the learning curves of the trials that run in a file, for other processes to read.

A trial's record is written when it ends, and its resume points are rare; this file is as new as
its last evaluation.
"""

import contextlib
from pathlib import Path

from attn_tuner.errors import RunError, Unwritable
from attn_tuner.reporting.json_in_html import to_json_value
from attn_tuner.storage.atomic_files import read_json, write_json
from attn_tuner.storage.layout import LIVE
from attn_tuner.tuning.events import Evaluated, TrialEnded, TrialEvent, TrialStarted


class LiveTrials:
    """Writes the trials that run; call it with each `TrialEvent`.

    A search goes on where the file cannot be written.

    Args:
        directory: the run folder.
        objective: str, the metric of the curves.
    """

    def __init__(self, directory: str | Path, objective: str):
        self._path = Path(directory) / LIVE
        self._objective = objective
        self._trials: dict[str, dict] = {}
        self._write()

    def __call__(self, event: TrialEvent) -> None:
        """Takes in an event."""
        match event:
            case TrialStarted(trial_id=trial_id, values=values):
                self._trials[trial_id] = {"values": values, "epochs": [], "scores": []}
            case Evaluated(trial_id=trial_id, metrics=metrics) if trial_id in self._trials:
                trial = self._trials[trial_id]
                trial["epochs"].append(metrics.get("epochs"))
                trial["scores"].append(metrics.get(self._objective))
            case TrialEnded(trial_id=trial_id):
                self._trials.pop(trial_id, None)
            case _:
                return
        self._write()

    def clear(self) -> None:
        """Says that no trial runs any more."""
        self._trials.clear()
        self._write()

    def _write(self) -> None:
        with contextlib.suppress(Unwritable, OSError):
            write_json(self._path, to_json_value(self._trials))


def live_trials(directory: str | Path) -> dict[str, dict]:
    """Reads the trials that run.

    Args:
        directory: the run folder.

    Returns:
        Trial id to a dict with the keys values (hyperparameters by name), epochs and scores (lists
        of floats, one for each evaluation). Empty where the file is missing or damaged.
    """
    try:
        found = read_json(Path(directory) / LIVE)
    except (OSError, ValueError, RunError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: trial for name, trial in found.items() if _is_whole(trial)}


def _is_whole(trial: object) -> bool:
    if not isinstance(trial, dict) or not isinstance(trial.get("values"), dict):
        return False
    epochs, scores = trial.get("epochs"), trial.get("scores")
    if not isinstance(epochs, list) or not isinstance(scores, list):
        return False
    numbers = (each is None or isinstance(each, int | float) for each in (*epochs, *scores))
    return len(epochs) == len(scores) and all(numbers)
