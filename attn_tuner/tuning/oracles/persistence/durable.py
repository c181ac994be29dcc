"""Lets any KerasTuner oracle survive a kill at any moment.

    tuner = keras_tuner.Tuner(oracle=durable(RandomSearchOracle(...)), hypermodel=...)

KerasTuner empties a JSON file before it writes the new content. A process that is killed in
between leaves a folder that cannot be opened. Here every file is written under another name, then
renamed.
"""

import contextlib
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial
from keras_tuner.oracles import GridSearchOracle

from attn_tuner.errors import RunError
from attn_tuner.space.renamed import current_hyperparameters
from attn_tuner.storage.atomic_files import remove_parts, write_text
from attn_tuner.storage.checked_files import reading
from attn_tuner.storage.layout import ORACLE, TRIAL, trial_dir
from attn_tuner.tuning.oracles.feedback import OracleListener
from attn_tuner.tuning.oracles.grid import ResumableGrid
from attn_tuner.tuning.oracles.persistence import journal
from attn_tuner.tuning.oracles.persistence.atomic_state import (
    AtomicTrials,
    FastCopyHyperParameters,
    is_empty,
)
from attn_tuner.tuning.oracles.persistence.oracle_state import HeldState, OracleState
from attn_tuner.tuning.oracles.persistence.state_files import START_ANEW, check_states

_ENDED = ("COMPLETED", "FAILED")
_MAX_STARTS = 2


class Durable:
    """A mixin that lets an oracle's trials survive a kill at any moment.

    It stands before an oracle whose last base is `HeldState`:

    - A trial that has ended is never run again, and one that was running is.
    - A trial that began twice and neither ended nor made progress is set aside as failed, as it
      probably ends the process. `note_progress` reports progress.
    - A trial that runs again starts without metrics, so that its new result counts.

    It is a mixin because KerasTuner's tuners accept only subclasses of its `Oracle`, and call
    `create_trial`, `end_trial`, `reload` and the state's methods on them. An `OracleState` writes
    the state.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._make_durable()

    def _make_durable(self) -> None:
        trials = AtomicTrials()
        for trial_id, trial in self.trials.items():
            trials[trial_id] = trial
        self.trials = trials
        self._quicken()
        self._state = OracleState(self.get_state, self.save)
        self._starts: dict[str, int] = {}
        self._unrecorded: list[str] = []
        self._newly_set_aside: list[Trial] = []

    @property
    def folder(self) -> Path:
        """The run folder, known once a tuner has taken the oracle."""
        return self._state.folder

    def saved_seldom(
        self, clock: Callable[[], float] = time.monotonic
    ) -> contextlib.AbstractContextManager:
        """Writes the oracle's file at most once a second, for the length of a `with` block.

        Args:
            clock: function that returns monotonic seconds.
        """
        return self._state.seldom(clock)

    def note_progress(self, trial_id: str) -> None:
        """Records that the trial has written a resume point.

        If the process ends after this, the start of this trial was not the cause.
        """
        if self._starts.pop(trial_id, 0):
            self.save()
            self._state.note({"trial": trial_id, "starts": 0})

    def take_set_aside(self) -> list[Trial]:
        """Returns the trials that were set aside since the last call."""
        found, self._newly_set_aside = self._newly_set_aside, []
        return found

    @keras_tuner.synchronized
    def create_trial(self, tuner_id: str) -> Trial:
        with self._state.step():
            trial, new = self._create(tuner_id)
        if new:
            if self._state.behind:
                name = trial.trial_id
                self._state.note(journal.begun(name, self._starts[name], self.get_state()))
            self._mark(tuner_id)
        return trial

    def _create(self, tuner_id: str) -> tuple[Trial, bool]:
        """Returns a trial, and whether it starts now."""
        while True:
            if tuner_id in self.ongoing_trials:
                return self.ongoing_trials[tuner_id], False
            known = len(self.trials)
            trial = super().create_trial(tuner_id)
            if trial.status != "RUNNING":
                return trial, False
            starts = self._starts.get(trial.trial_id, 0)
            if starts >= _MAX_STARTS:
                self._set_aside(trial, starts)
                continue
            if len(self.trials) == known:
                # KerasTuner ignores a new result where it finds an old one.
                trial.metrics = type(trial.metrics)()
                trial.score = None
            self._starts[trial.trial_id] = starts + 1
            self.save()
            return trial, True

    def _set_aside(self, trial: Trial, starts: int) -> None:
        trial.status = "FAILED"
        trial.message = (
            f"Trial {trial.trial_id} began {starts} times and each time the process ended before "
            "the trial did. It probably needs more memory than there is."
        )
        self._newly_set_aside.append(trial)
        self.end_trial(trial)

    def _mark(self, tuner_id: str) -> None:
        """Writes the tuner's own file, without which KerasTuner does not read the oracle's."""
        path = self.folder / f"{tuner_id}.json"
        if not path.exists():
            write_text(path, "{}")

    @keras_tuner.synchronized
    def end_trial(self, trial: Trial) -> None:
        self._starts.pop(trial.trial_id, None)
        with self._state.step():
            super().end_trial(trial)
            # Oracle.end_trial saves while it still counts the trial as running.
            self.save()

    def get_state(self) -> dict:
        return {**super().get_state(), "starts": dict(self._starts)}

    def set_state(self, state: dict) -> None:
        state = journal.replayed(state, self._state.journal.lines(), self.trials)
        self._starts = state["starts"]
        started = state["start_order"]
        lost = [trial_id for trial_id in started if trial_id not in self.trials]
        if lost:
            raise RunError(
                f"The run folder {self.folder} has no {TRIAL} for trial {lost[0]}, which its "
                f"{ORACLE} names. {START_ANEW}"
            )
        # A trial that was written before the oracle's file is sampled again, with the same values.
        # The other trials were loaded in the order of the folder's listing.
        loaded = dict(self.trials)
        self.trials.clear()
        for trial_id in started:
            self.trials[trial_id] = loaded[trial_id]
        recorded = set(state["end_order"])
        ended = {name for name in started if self.trials[name].status in _ENDED} - recorded
        self._unrecorded = sorted(ended, key=self._written)
        running = state["ongoing_trials"].items()
        done = ended | recorded
        super().set_state(
            {
                **state,
                "hyperparameters": current_hyperparameters(state["hyperparameters"]),
                "ongoing_trials": {slot: name for slot, name in running if name not in done},
                "retry_queue": [name for name in state["retry_queue"] if name not in done],
            }
        )
        self._quicken()

    def _quicken(self) -> None:
        # KerasTuner creates the space itself, and copies it for every trial.
        if type(self.hyperparameters) is keras_tuner.HyperParameters:
            self.hyperparameters.__class__ = FastCopyHyperParameters

    def _written(self, trial_id: str) -> int:
        """Returns when the trial's file was written, in nanoseconds."""
        return (trial_dir(self.folder, trial_id) / TRIAL).stat().st_mtime_ns

    def reload(self) -> None:
        self._check_files()
        with reading(self.folder / ORACLE, START_ANEW):
            super().reload()
        verbose, self.verbose = self.verbose, 0
        with self._state.step():
            for trial_id in self._unrecorded:
                trial = self.trials[trial_id]
                self.ongoing_trials[f"ended {trial_id}"] = trial
                self.end_trial(trial)
            if self._state.journal.path.exists():
                self.save()
        self._state.journal.clear()
        self._unrecorded = []
        self.verbose = verbose

    def _check_files(self) -> None:
        """Names a damaged file before KerasTuner reads it."""
        remove_parts(self.folder)
        check_states(self.folder)
        for path in self.folder.glob("*.json"):
            if is_empty(path):
                write_text(path, "{}")  # A stock tuner was killed while it wrote `{}`.


def durable(
    oracle: keras_tuner.Oracle | type[keras_tuner.Oracle],
) -> keras_tuner.Oracle | type[keras_tuner.Oracle]:
    """Makes an oracle, or oracle class, whose state survives a kill.

    Grid search, which KerasTuner cannot resume, becomes resumable.

    Args:
        oracle: a class, of which a subclass is returned; or an instance that no tuner has yet,
            which is changed in place, as parts of it refer to it. A durable one is returned.
    """
    if isinstance(oracle, type):
        return oracle if issubclass(oracle, Durable) else _durable_class(oracle)
    if not isinstance(oracle, Durable):
        oracle.__class__ = _durable_class(type(oracle))
        oracle._make_durable()
    return oracle


@functools.cache
def _durable_class(kind: type) -> type:
    grid = (ResumableGrid,) if issubclass(kind, GridSearchOracle) else ()
    # After the oracle, whose own methods must take precedence.
    listener = () if issubclass(kind, OracleListener) else (OracleListener,)
    bases = (Durable, *grid, kind, HeldState, *listener)
    return type(f"Durable{kind.__name__}", bases, {})
