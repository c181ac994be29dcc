"""KerasTuner's own chief and workers, and TensorFlow's own strategies, with our hypermodel."""

import json
import os
import socket
import subprocess
import sys

import pytest

MEMBER = """
import sys
import keras_tuner
import numpy as np
from attn_tuner.hypermodel import AttentionHyperModel

hypermodel = AttentionHyperModel(vocabulary_size=20, classes=2)
hypermodel.space = hypermodel.space.fix(
    {"encoder": "none", "head": "mean", "embedding_dim": 32, "max_length": 64}
)
tuner = keras_tuner.RandomSearch(
    hypermodel, "val_accuracy", max_trials=4, seed=1, directory=sys.argv[1], project_name="run"
)
random = np.random.default_rng(0)
ids = random.integers(2, 20, (64, 6)).astype("int32")
labels = (ids[:, 0] > 10).astype("int32")
tuner.search(ids, labels, validation_data=(ids, labels), epochs=1, verbose=0)
"""

MIRRORED = """
import json
import keras
import numpy as np
import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from attn_tuner.hypermodel import AttentionHyperModel

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
hypermodel = AttentionHyperModel(vocabulary_size=20, classes=2)
with strategy.scope():
    model = hypermodel.model(
        {"encoder": "gru", "gru.units": 32, "head": "additive", "embedding_dim": 32}
    )
random = np.random.default_rng(0)
ids = random.integers(2, 20, (256, 6)).astype("int32")
labels = (ids[:, 0] > 10).astype("int32")
told = model.fit(ids, labels[:, None], epochs=3, batch_size=32, verbose=0)
print(json.dumps([strategy.num_replicas_in_sync, told.history["loss"]]))
"""


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def member(name, port, folder) -> subprocess.Popen:
    named = {"KERASTUNER_TUNER_ID": name, "KERASTUNER_ORACLE_IP": "127.0.0.1"}
    return subprocess.Popen(
        [sys.executable, "-c", MEMBER, str(folder)],
        env={**os.environ, **named, "KERASTUNER_ORACLE_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_chief_and_two_workers_of_kerastuner_search_our_space(tmp_path):
    port = free_port()
    names = ("chief", "worker0", "worker1")
    members = {name: member(name, port, tmp_path) for name in names}
    try:
        for name, process in members.items():
            _, errors = process.communicate(timeout=300)
            assert process.returncode == 0, f"{name}: {errors}"
    finally:
        for process in members.values():
            process.kill()
            process.communicate()
    trials = [json.loads(path.read_text()) for path in tmp_path.glob("run/trial_*/trial.json")]
    assert [trial["status"] for trial in trials] == ["COMPLETED"] * 4
    assert all(trial["score"] is not None for trial in trials)


def test_the_model_is_built_and_trained_on_two_devices_at_once():
    done = subprocess.run([sys.executable, "-c", MIRRORED], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    replicas, losses = json.loads(done.stdout.splitlines()[-1])
    assert replicas == 2
    assert losses[-1] < losses[0]
