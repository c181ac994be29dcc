"""The first points of a search under limits on weights and bytes."""

import pytest

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.model_space import default_space
from attn_tuner.tuning.constraints import Constraints
from attn_tuner.tuning.fitted_defaults import fitted_defaults
from attn_tuner.tuning.oracles.factory import KNOWN_GOOD

WORDS = 45_000


def hypermodel(space=None):
    return AttentionHyperModel(WORDS, space=space or default_space(WORDS, ngram_buckets=16_384))


@pytest.mark.parametrize(
    "allowed", [Constraints(size_mb=1.0), Constraints(parameters=700_000, latency_ms=1e-9)]
)
def test_first_points_that_would_be_refused_begin_smaller(allowed):
    model = hypermodel()
    sizes = Constraints(allowed.parameters, None, allowed.size_mb)
    assert all(sizes.refusal(model.model(point)) for point in KNOWN_GOOD)
    offered = model.space
    model.space = fitted_defaults(model, allowed, KNOWN_GOOD)
    assert not any(sizes.refusal(model.model(point)) for point in KNOWN_GOOD)
    for name in ("vocabulary_size", "ngram_buckets"):
        assert model.space[name].values == offered[name].values
    assert model.space["embedding_dim"].high == offered["embedding_dim"].high


def test_words_go_before_width_and_width_before_the_last_20_000_words():
    model = hypermodel()
    found = {
        limit: fitted_defaults(model, Constraints(parameters=limit), KNOWN_GOOD).defaults()
        for limit in (2_500_000, 1_200_000)
    }
    sizes = {
        limit: (values["vocabulary_size"], values["embedding_dim"])
        for limit, values in found.items()
    }
    assert sizes == {2_500_000: (30_000, 64), 1_200_000: (20_000, 32)}


def test_points_that_fit_and_no_limit_change_nothing():
    model = hypermodel()
    for allowed in (Constraints(), Constraints(latency_ms=1), Constraints(size_mb=20)):
        assert fitted_defaults(model, allowed, KNOWN_GOOD) == model.space


def test_sizes_that_the_user_fixed_stay():
    space = default_space(WORDS).fix(vocabulary_size=WORDS, embedding_dim=64, ngram_buckets=4_096)
    model = hypermodel(space)
    assert fitted_defaults(model, Constraints(parameters=1_000), KNOWN_GOOD) == space
