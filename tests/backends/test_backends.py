"""JAX and PyTorch, one process each: the contract holds there, and the answers are the same."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.answers import answers

TESTS = Path(__file__).parents[1]
# JAX compiles each operation of every part, which takes minutes.
BACKENDS = ["torch", pytest.param("jax", marks=pytest.mark.slow)]
CONTRACT = [
    "attention/test_every_head.py",
    "attention/test_every_decoder_attention.py",
    "encoding/test_every_encoder.py",
    "layers/test_augmentation.py",
    "layers/test_preparation.py",
    "layers/test_subword_embedding.py",
    "training/test_adversarial.py",
    "training/test_masked_language_model.py",
    "training/test_row_adamw.py",
    "training/test_row_adamw_as_adamw.py",
]


def on(backend, *arguments):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"The backend {backend} is not installed.")
    own = {"KERAS_BACKEND": backend, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    # Several threads of PyTorch wait for each other between operations as small as these: the
    # contract takes four times the processor time with two.
    environment = {**os.environ, **own, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


@pytest.fixture(scope="module", params=BACKENDS)
def theirs(request, tmp_path_factory):
    """The folder of answers and of an export made by one process on another backend."""
    folder = tmp_path_factory.mktemp(request.param)
    on(request.param, str(TESTS / "support/answers.py"), str(folder), "savedmodel")
    return folder


def test_backends_agree_on_the_same_weights(theirs):
    ours, found = answers(), np.load(theirs / "answers.npz")
    assert set(found) == set(ours)
    for name in ours:
        scale = max(1.0, np.max(np.abs(ours[name])))
        np.testing.assert_allclose(found[name], ours[name], atol=1e-5 * scale, err_msg=name)


def test_a_model_of_another_backend_is_exported_as_a_saved_model(theirs):
    facts = json.loads((theirs / "export.json").read_text(encoding="utf-8"))
    assert facts["backend"] in str(theirs)
    assert max(facts["differences"]) <= 1e-5
    assert (theirs / "best" / "saved_model.pb").exists()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_model_of_another_backend_is_exported_in_every_format(backend, tmp_path):
    pytest.importorskip("tf2onnx")
    formats = "savedmodel,keras,onnx,litert"
    on(backend, str(TESTS / "support/answers.py"), str(tmp_path), formats)
    facts = json.loads((tmp_path / "export.json").read_text(encoding="utf-8"))
    assert max(facts["differences"][:4]) <= 1e-4


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_contract_holds(backend):
    files = [str(TESTS / name) for name in CONTRACT]
    options = ["-q", "-n0", "-p", "no:cacheprovider", "-k", "not half_precision"]
    on(backend, "-m", "pytest", *options, *files)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_contract_holds_in_half_precision_and_in_models(backend):
    names = [*CONTRACT, "attention/test_models.py", "attention/test_equations.py"]
    files = [str(TESTS / name) for name in [*names, "attention/test_masking.py"]]
    on(backend, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", *files)
