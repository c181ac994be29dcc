"""Which trial becomes the student."""

from types import SimpleNamespace

import keras

from attn_tuner.distilling.student import first_fitting
from attn_tuner.storage.trial_record import TrialRecord


def model(values):
    ids = keras.Input((4,), dtype="int32")
    pooled = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(50_000, 8)(ids))
    return keras.Model(ids, keras.layers.Dense(values["units"])(pooled))


def test_the_best_trial_that_can_be_shrunk_enough_is_the_student():
    trials = SimpleNamespace(hypermodel=SimpleNamespace(model=model))
    large, small = (
        TrialRecord(name, "completed", {"units": units}, score)
        for name, units, score in (("0", 100_000, 0.9), ("1", 10, 0.8))
    )
    assert first_fitting([large, small], trials, None) is large
    assert first_fitting([large, small], trials, 10.0) is large
    assert first_fitting([large, small], trials, 1.0) is small
    assert first_fitting([large], trials, 1.0) is large
