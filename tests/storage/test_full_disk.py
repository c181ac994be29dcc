"""A disk that is full while weights are written."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from attn_tuner.storage import checkpoints
from attn_tuner.storage.checkpoints import TrainingProgress, save_resume_point, save_weights
from attn_tuner.storage.layout import WEIGHTS

PROGRAM = """
import resource, sys
import keras, numpy as np
from attn_tuner.errors import Unwritable
from attn_tuner.storage import checkpoints
from attn_tuner.storage.checkpoints import TrainingProgress

model = keras.Sequential(
    [keras.Input((None,), dtype="int32"), keras.layers.Embedding(20_000, 32),
     keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(2)]
)
model.compile("adam", "mse")
model.optimizer.build(model.trainable_variables)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
for write in (
    lambda: checkpoints.save_weights(model, sys.argv[1]),
    lambda: checkpoints.save_resume_point(model, TrainingProgress(), sys.argv[1]),
):
    try:
        write()
    except Unwritable as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_FSIZE and posix_fallocate")
def test_weights_that_do_not_fit_are_a_sentence_and_no_crash_at_the_end(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 0, done.stderr
    weights, point = done.stdout.splitlines()
    assert weights == f"{tmp_path / WEIGHTS} cannot be written: File too large."
    assert point == f"{tmp_path / 'resume-1'} cannot be written: File too large."
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("layers", [1, 12])
@pytest.mark.parametrize("units", [1, 64])
def test_the_room_that_is_asked_for_is_enough(tmp_path, monkeypatch, layers, units):
    model = keras.Sequential(
        [keras.Input((8,)), *(keras.layers.Dense(units) for _ in range(layers))]
    )
    model.compile("adam", "mse")
    model.fit(np.zeros((4, 8)), np.zeros((4, units)), verbose=0)
    asked = []
    monkeypatch.setattr(checkpoints, "reserve", lambda path, size: asked.append(size))
    save_weights(model, tmp_path)
    save_resume_point(model, TrainingProgress(), tmp_path)
    written = [tmp_path / WEIGHTS, tmp_path / "resume-1" / "state.weights.h5"]
    assert all(size >= path.stat().st_size for size, path in zip(asked, written, strict=True))
