"""Writes and reads KerasTuner's files of state as a whole."""

import json
import os
import pickle
from pathlib import Path

import keras_tuner
from keras_tuner.engine.trial import Trial

from attn_tuner.space.renamed import current_hyperparameters, is_earlier
from attn_tuner.storage.atomic_files import write_text
from attn_tuner.tuning.oracles.persistence.state_files import read_whole


class AtomicState(keras_tuner.Oracle.__base__):
    """The base of KerasTuner's classes with a state, writing whole files.

    Listed after a KerasTuner class among the bases, it stands behind it in the order of calls, so
    that `Oracle.save`, `Trial.save` and `BaseTuner.save` end here.
    """

    def save(self, fname):
        if "://" in str(fname):
            return super().save(fname)  # Object stores write whole files by themselves.
        if self.__dict__.get("_asking"):
            self._folder = Path(fname).parent
            return None
        text = json.dumps(self.get_state())
        write_text(fname, text)
        return text

    def reload(self, fname):
        if "://" in str(fname):
            super().reload(fname)
        else:
            self.set_state(read_whole(fname))


class AtomicTrial(Trial, AtomicState):
    """A trial whose file is always whole."""


class FastCopyHyperParameters(keras_tuner.HyperParameters):
    """A space of which a copy takes a tenth of the time; every trial has one."""

    def copy(self):
        copied = pickle.loads(pickle.dumps(self))
        copied.active_scopes, copied.inactive_scopes = [], []
        return copied


class _Trials(dict):
    """Trials by id, each made a `AtomicTrial` as it comes in."""

    def __setitem__(self, trial_id, trial):
        if type(trial) is Trial:
            trial.__class__ = AtomicTrial
            trial.hyperparameters = _with_current_names(trial.hyperparameters)
        super().__setitem__(trial_id, trial)


def _with_current_names(space: keras_tuner.HyperParameters) -> keras_tuner.HyperParameters:
    if not is_earlier(each.name for each in space.space):
        return space
    return keras_tuner.HyperParameters.from_config(current_hyperparameters(space.get_config()))


def _is_empty(path) -> bool:
    return os.path.exists(path) and os.path.getsize(path) == 0
