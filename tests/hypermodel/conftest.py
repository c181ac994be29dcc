"""A tiny space and tiny data, on which a whole search takes seconds."""

import keras
import numpy as np
import pytest

from attn_tuner.hypermodel import AttentionHyperModel, default_space

VOCABULARY, TEXTS, STEPS = 50, 32, 7


@pytest.fixture(autouse=True)
def fresh_keras():
    """What one test built does not slow down the next."""
    yield
    keras.utils.clear_session(free_memory=False)


@pytest.fixture
def narrow():
    """Two heads and two encoders of a few units, quick ones first: the whole model in little."""
    space = default_space(VOCABULARY, max_lengths=(4, 6))
    space = space.narrow(encoder=["none", "gru"], head=["additive", "mean"], batch_size=[8, 16])
    return space.fix(units=4, embedding_dim=8, dense_units=4, layers=1, residual=False)


@pytest.fixture
def hypermodel(narrow):
    return AttentionHyperModel(VOCABULARY, 2, space=narrow)


@pytest.fixture
def ids(rng):
    """Texts of 0 to 7 words, padded at the end."""
    ids = rng.integers(2, VOCABULARY, (TEXTS, STEPS)).astype("int32")
    lengths = rng.integers(0, STEPS + 1, TEXTS)
    return np.where(np.arange(STEPS) < lengths[:, None], ids, 0)


@pytest.fixture
def labels(rng):
    return rng.integers(0, 2, TEXTS)
