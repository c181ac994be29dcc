"""Pairs, vocabularies and an untrained model, small enough for a moment."""

import keras
import pytest

from attn_tuner.sequence import PairVocabularies, SequenceModel
from tests.support.small_pairs import SOURCES, TARGETS


@pytest.fixture(autouse=True)
def fresh_keras():
    """What one test built does not slow down the next."""
    yield
    keras.utils.clear_session(free_memory=False)


@pytest.fixture(scope="module")
def vocabularies():
    return PairVocabularies.build(SOURCES, TARGETS)


@pytest.fixture(scope="module")
def model_of(vocabularies):
    """Makes a model with weights far enough from zero that texts are told apart."""

    def make(attention="additive", **options):
        keras.utils.set_random_seed(3)
        sizes = (len(vocabularies.source), len(vocabularies.target))
        given = {"embedding_dim": 6, "units": 5, "encoder": "gru", **options}
        model = SequenceModel(*sizes, attention=attention, **given)
        model.set_weights([3 * each for each in model.get_weights()])
        return model

    return make
