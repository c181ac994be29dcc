"""JAX and PyTorch, one process each: the contract holds there, and the answers are the same."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

TESTS = Path(__file__).parents[1]
# JAX compiles each operation of every part, which takes minutes.
BACKENDS = ["torch", pytest.param("jax", marks=pytest.mark.slow)]
CONTRACT = [
    "attention/test_every_head.py",
    "encoding/test_every_encoder.py",
    "training/test_masked_language_model.py",
    "training/test_row_adamw.py",
    "training/test_row_adamw_as_adamw.py",
]


def on(backend, *arguments):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"The backend {backend} is not installed.")
    environment = {**os.environ, "KERAS_BACKEND": backend, "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    path = tmp_path_factory.mktemp("answers") / "tensorflow.npz"
    on("tensorflow", str(TESTS / "support/answers.py"), str(path))
    return np.load(path)


@pytest.mark.parametrize("backend", BACKENDS)
def test_backends_agree_on_the_same_weights(backend, ours, tmp_path):
    path = tmp_path / f"{backend}.npz"
    on(backend, str(TESTS / "support/answers.py"), str(path))
    theirs = np.load(path)
    assert set(theirs) == set(ours)
    for name in ours:
        scale = max(1.0, np.max(np.abs(ours[name])))
        np.testing.assert_allclose(theirs[name], ours[name], atol=1e-5 * scale, err_msg=name)


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
