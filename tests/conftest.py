"""What every test shares. Nothing here imports Keras or TensorFlow: some tests need neither."""

import os

import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session", autouse=True)
def _no_coverage_in_inner_runs():
    """A pytest that a test starts measures no coverage of its own.

    A fixture, because it runs where the tests do: the process that hands the tests out has to
    pass its options on before.
    """
    os.environ.pop("PYTEST_ADDOPTS", None)


@pytest.fixture
def rng():
    """Random numbers that are the same in every run."""
    return np.random.default_rng(0)
