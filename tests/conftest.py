"""What every test shares. Nothing here imports Keras or TensorFlow: some tests need neither."""

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Read by now; a pytest that a test starts should measure no coverage of its own.
os.environ.pop("PYTEST_ADDOPTS", None)


@pytest.fixture
def rng():
    """Random numbers that are the same in every run."""
    return np.random.default_rng(0)
