"""A model trained on JAX or PyTorch is exported like any other."""

import json
import os
import subprocess
import sys

import pytest

from tests.support import ROOT

PROGRAM = """
import json, sys
import keras
sys.path.insert(0, {root!r})
from tests.support.small_models import TEXTS, WORDS, classifier
from attn_tuner.exporting import Bundle, export_bundle
from attn_tuner.text.vectorizer import Vectorizer
bundle = Bundle(Vectorizer(["", "[UNK]", *WORDS]), classifier(), ["no", "yes"], max_length=40)
done = export_bundle(bundle, {path!r}, {formats!r}, TEXTS)
print(json.dumps([keras.backend.backend(), [each.proof.difference for each in done]]))
"""


def export_on(backend, path, formats):
    program = PROGRAM.format(root=str(ROOT), path=str(path), formats=formats)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr[-1500:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize("backend", ["torch", pytest.param("jax", marks=pytest.mark.slow)])
def test_a_model_of_another_backend_is_exported_as_a_saved_model(backend, tmp_path):
    pytest.importorskip(backend)
    name, differences = export_on(backend, tmp_path / "best", ["savedmodel"])
    assert name == backend
    assert max(differences) <= 1e-5
    assert (tmp_path / "best" / "saved_model.pb").exists()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_model_of_another_backend_is_exported_in_every_format(backend, tmp_path):
    pytest.importorskip(backend)
    pytest.importorskip("tf2onnx")
    _, differences = export_on(backend, tmp_path, ["savedmodel", "keras", "onnx", "litert"])
    assert max(differences[:4]) <= 1e-4
