"""Heads and encoders against their papers' equations, worked by NumPy loops in float64."""

import numpy as np
import pytest

from attn_tuner.attention import PoolingHead, heads
from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.attention.fusions import fusions
from attn_tuner.attention.normalizers import normalizers
from attn_tuner.attention.queries import queries
from attn_tuner.attention.scores import scores
from attn_tuner.encoding import encoders
from attn_tuner.testing import FEATURES, example, make, run
from tests.support import ROOT, equations

# Of the largest number in the answer.
TOLERANCE = {"float32": 1e-5, "mixed_float16": 5e-3, "bfloat16": 3e-2}
DTYPES = list(TOLERANCE)


def close(found, wanted, dtype):
    scale = max(1.0, np.max(np.abs(wanted)))
    np.testing.assert_allclose(found, wanted, atol=TOLERANCE[dtype] * scale)


def check_head(head, equation, dtype="float32"):
    states, mask = example()
    # Which step wins a maximum is decided by less than half precision holds.
    tied = dtype != "float32" and "Max" in type(getattr(head, "pool", None)).__name__
    context, weights = run(head, states, mask, return_attention_scores=True)
    for text in range(3):
        kept = mask[text]
        wanted, shares = equation(head, states[text][kept].astype("float64"))
        close(context[text], wanted, dtype)
        if not tied:
            close(weights[text][:, kept], shares, dtype)


TABLES = {
    "heads": (heads, equations.HEADS),
    "encoders": (encoders, equations.ENCODERS),
    "scores": (scores, equations.SCORES),
    "queries": (queries, equations.QUERIES),
    "normalizers": (normalizers, equations.NORMALIZERS),
    "fusions": (fusions, equations.FUSIONS),
    "decoder_attentions": (decoder_attentions, {}),
}


@pytest.mark.parametrize("kind", TABLES)
def test_every_part_has_its_equation_in_the_table_or_in_a_test_of_its_own(kind):
    registry, table = TABLES[kind]
    own = [name for name in registry if registry[name].build.__module__.startswith("attn_tuner.")]
    tests = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    missing = [
        name
        for name in own
        if name not in table and not any(f'{kind}["{name}"]' in text for text in tests)
    ]
    assert not missing, f"No test works the equation of {kind}[...] by hand: {missing}"
    assert set(table) <= set(registry)


@pytest.mark.parametrize("name", equations.HEADS)
def test_a_head_computes_its_equation(name):
    check_head(make(heads[name]), equations.HEADS[name])


# Weights drawn small: half precision holds a logit of 10 to 5e-3 only.
@pytest.mark.parametrize("dtype", ["mixed_float16", "bfloat16"])
@pytest.mark.parametrize("name", [name for name in equations.HEADS if name != "max"])
def test_a_head_computes_its_equation_in_half_precision(name, dtype):
    head = make(heads[name], dtype)
    head.set_weights([each / 8 for each in head.get_weights()])
    check_head(head, equations.HEADS[name], dtype)


@pytest.mark.parametrize("hops", [1, 3])
@pytest.mark.parametrize("query", equations.QUERIES)
@pytest.mark.parametrize("score", equations.SCORES)
def test_scores_and_queries_multiply(score, query, hops):
    head = _drawn(PoolingHead(score=score, query=query, hops=hops, temperature=2.0))
    check_head(head, equations.pooling)


@pytest.mark.parametrize("hops", [1, 3])
@pytest.mark.parametrize("normalizer", equations.NORMALIZERS)
@pytest.mark.parametrize("fusion", equations.FUSIONS)
def test_normalizers_and_fusions_multiply(normalizer, fusion, hops):
    head = PoolingHead(
        score="general", query="mean", hops=hops, normalizer=normalizer, fusion=fusion
    )
    check_head(_drawn(head), equations.pooling)


def _drawn(head):
    head.build((None, None, FEATURES))
    draw = np.random.default_rng(3)
    head.set_weights([draw.normal(scale=0.3, size=each.shape) for each in head.get_weights()])
    return head


@pytest.mark.parametrize("name", equations.ENCODERS)
def test_an_encoder_computes_its_equation(name):
    encoder = make(encoders[name])
    embedded, mask = example()
    states = run(encoder, embedded, mask)
    for text in range(3):
        kept = mask[text]
        wanted = equations.ENCODERS[name](encoder, embedded[text][kept].astype("float64"))
        close(states[text][kept], wanted, "float32")
