"""Writes and reads the state of KerasTuner's objects in files that are always whole."""

import json
import os
import pickle

import keras_tuner
from keras_tuner.engine.trial import Trial

from attn_tuner.space.renamed import current_hyperparameters, is_earlier
from attn_tuner.storage.atomic_files import write_text
from attn_tuner.tuning.oracles.persistence.state_files import read_whole


class AtomicState(keras_tuner.Oracle.__base__):
    """Writes the state of a KerasTuner object, and reads it.

    KerasTuner writes where `save(fname)` of its base class ends. This class derives from that one
    and is listed after a KerasTuner class among the bases, so that `Oracle.save`, `Trial.save` and
    `BaseTuner.save` end here instead. There is no public way to hand a writer in.
    """

    def save(self, fname: str | os.PathLike) -> str | None:
        if "://" in str(fname):
            return super().save(fname)  # Object stores write whole files by themselves.
        text = json.dumps(self.get_state())
        write_text(fname, text)
        return text

    def reload(self, fname: str | os.PathLike) -> None:
        if "://" in str(fname):
            super().reload(fname)
        else:
            self.set_state(read_whole(fname))


class AtomicTrial(Trial, AtomicState):
    """A trial whose file is always whole."""


class FastCopyHyperParameters(keras_tuner.HyperParameters):
    """A space of which a copy takes a tenth of the time; every trial has one."""

    def copy(self) -> "FastCopyHyperParameters":
        copied = pickle.loads(pickle.dumps(self))
        copied.active_scopes, copied.inactive_scopes = [], []
        return copied


class AtomicTrials(dict):
    """Trials by id, each made an `AtomicTrial` as it comes in.

    KerasTuner creates the trials itself and goes on with the object that it has stored, so that the
    object has to change its class: a copy would not be the one that KerasTuner saves.
    """

    def __setitem__(self, trial_id: str, trial: Trial):
        if type(trial) is Trial:
            trial.__class__ = AtomicTrial
            trial.hyperparameters = _with_current_names(trial.hyperparameters)
        super().__setitem__(trial_id, trial)


def _with_current_names(space: keras_tuner.HyperParameters) -> keras_tuner.HyperParameters:
    if not is_earlier(each.name for each in space.space):
        return space
    return keras_tuner.HyperParameters.from_config(current_hyperparameters(space.get_config()))


def is_empty(path: str | os.PathLike) -> bool:
    """Returns whether the file is there and holds nothing."""
    return os.path.exists(path) and os.path.getsize(path) == 0
