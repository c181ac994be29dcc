"""Decoder attentions against their papers' equations, worked by NumPy in float64."""

import numpy as np
import pytest
from keras import ops

from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.attention.scores import scores
from tests.support.equations import array, sigmoid, softmax

T, D, Q = 5, 4, 3  # Steps and features of the source, features of the query.


@pytest.fixture
def h(rng):
    return rng.normal(size=(T, D))


@pytest.fixture
def asked(rng, h):
    """Asks an attention with random weights two queries in turn, of the source `h`."""

    def ask(attention, width=Q):
        attention.build((1, width), (1, T, D))
        attention.set_weights([rng.normal(size=each.shape) for each in attention.get_weights()])
        queries = rng.normal(size=(2, width))
        prepared = attention.prepare(ops.convert_to_tensor(h[None].astype("float32")))
        progress, found = attention.start(prepared), []
        for query in queries:
            given = ops.convert_to_tensor(query[None].astype("float32"))
            context, alignment, progress = attention.step(given, prepared, progress)
            found.append((array(context)[0], array(alignment)[0]))
        return queries, found

    return ask


def close(found, wanted):
    np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_additive_is_equations_5_and_6_of_bahdanau(asked, h):
    attention = decoder_attentions["additive"](units=2)
    queries, found = asked(attention)
    W, U, b, v = (array(getattr(attention.score, name)) for name in "WUbv")
    for s, (context, alignment) in zip(queries, found, strict=True):
        e = [np.tanh(h_j @ W + s @ U + b) @ v[:, 0] for h_j in h]
        close(alignment[0], softmax(e))
        close(context, sum(a_j * h_j for a_j, h_j in zip(softmax(e), h, strict=True)))


def test_dot_is_equation_8_of_luong(asked, h):
    queries, found = asked(decoder_attentions["dot"](), width=D)
    for s, (context, alignment) in zip(queries, found, strict=True):
        close(alignment[0], softmax(h @ s))
        close(context, softmax(h @ s) @ h)


def test_general_is_equation_8_of_luong(asked, h):
    attention = decoder_attentions["general"]()
    queries, found = asked(attention)
    W = array(attention.score.W)
    for s, (context, alignment) in zip(queries, found, strict=True):
        wanted = softmax([h_j @ (s @ W) for h_j in h])
        close(alignment[0], wanted)
        close(context, wanted @ h)


def test_concat_is_equation_8_of_luong(asked, h):
    attention = decoder_attentions["concat"](units=2)
    queries, found = asked(attention)
    W, v = array(attention.score.W), array(attention.score.v)
    for s, (_, alignment) in zip(queries, found, strict=True):
        close(alignment[0], softmax([np.tanh(np.r_[h_j, s] @ W) @ v[:, 0] for h_j in h]))


def test_coverage_is_equations_10_and_11_of_see(asked, h):
    attention = decoder_attentions["additive"](units=2, coverage=True)
    queries, found = asked(attention)
    W, U, b, v = (array(getattr(attention.score, name)) for name in "WUbv")
    w_c, c = array(attention.w_c), np.zeros(T)
    for s, (context, alignment) in zip(queries, found, strict=True):
        e = [np.tanh(h[j] @ W + s @ U + w_c * c[j] + b) @ v[:, 0] for j in range(T)]
        close(alignment[0], softmax(e))
        close(context, softmax(e) @ h)
        c = c + softmax(e)


def test_coverage_of_a_dot_product_is_a_feature_of_the_state(asked, h):
    attention = decoder_attentions["dot"](coverage=True)
    queries, found = asked(attention, width=D)
    first = softmax(h @ queries[0])
    close(found[0][1][0], first)
    covered = h + np.outer(first, array(attention.w_c))
    close(found[1][1][0], softmax(covered @ queries[1]))
    close(found[1][0], softmax(covered @ queries[1]) @ h)


def test_local_m_moves_its_window_by_one_step_and_stays_at_the_end(asked, h, rng):
    attention = decoder_attentions["local_m"](radius=1, score="dot")
    queries, found = asked(attention, width=D)
    close(found[0][1][0], [*softmax(h[:2] @ queries[0]), 0, 0, 0])
    close(found[1][1][0], [*softmax(h[:3] @ queries[1]), 0, 0])
    prepared = attention.prepare(ops.convert_to_tensor(h[None].astype("float32")))
    late = (ops.convert_to_tensor([[90.0]]),)
    query = queries[:1].astype("float32")
    _, alignment, (step,) = attention.step(ops.convert_to_tensor(query), prepared, late)
    close(array(alignment)[0, 0], [0, 0, 0, *softmax(h[3:] @ queries[0])])
    assert array(step) == 91


def test_local_p_is_equations_9_and_10_of_luong_divided_by_their_sum(asked, h):
    attention = decoder_attentions["local_p"](radius=3, score="general", units=2)
    queries, found = asked(attention)
    W, W_p, v_p = array(attention.score.W), array(attention.W_p), array(attention.v_p)
    for s, (context, alignment) in zip(queries, found, strict=True):
        p = (T - 1) * sigmoid(np.tanh(s @ W_p) @ v_p[:, 0])
        gaussian = np.exp(-((np.arange(T) - p) ** 2) / (2 * (3 / 2) ** 2))
        wanted = softmax(h @ (s @ W)) * gaussian
        close(alignment[0], wanted / wanted.sum())
        close(context, wanted @ h / wanted.sum())


def test_multi_head_is_scaled_dot_products_side_by_side(asked, h):
    attention = decoder_attentions["multi_head"](num_heads=2, key_size=2)
    queries, found = asked(attention)

    def through(name, x):
        layer = getattr(attention, name)
        return x @ array(layer.kernel) + array(layer.bias)

    keys, values = through("to_keys", h), through("to_values", h)
    for s, (context, alignment) in zip(queries, found, strict=True):
        query = through("to_queries", s)
        parts = []
        for head in (slice(0, 2), slice(2, 4)):
            weights = softmax(keys[:, head] @ query[head] / np.sqrt(2))
            close(alignment[head.start // 2], weights)
            parts.append(weights @ values[:, head])
        close(context, through("to_output", np.concatenate(parts)))


def test_monotonic_is_equations_8_and_9_of_raffel(asked, h):
    attention = decoder_attentions["monotonic"](units=2, offset=0.5)
    queries, found = asked(attention)
    W, U, b, v = (array(getattr(attention.score, name)) for name in "WUbv")
    last = np.eye(T)[0]
    for s, (context, alignment) in zip(queries, found, strict=True):
        e = np.array([np.tanh(h_j @ W + s @ U + b) @ v[:, 0] for h_j in h])
        p = sigmoid(e + 0.5 + array(attention.r))
        last = [p[j] * sum(last[k] * np.prod(1 - p[k:j]) for k in range(j + 1)) for j in range(T)]
        close(alignment[0], last)
        close(context, np.array(last) @ h)


def test_monotonic_weights_are_exact_where_the_papers_quotient_would_divide_by_zero(h):
    attention = decoder_attentions["monotonic"](units=1, offset=200.0)
    attention.build((1, Q), (1, T, D))  # A stop is certain, so what passes it is 0.
    prepared = attention.prepare(ops.convert_to_tensor(h[None].astype("float32")))
    query, progress = ops.zeros((1, Q)), attention.start(prepared)
    for _ in range(2):
        _, alignment, progress = attention.step(query, prepared, progress)
        close(array(alignment)[0, 0], np.eye(T)[0])


def test_none_is_the_last_state_whatever_is_asked(asked, h):
    _, found = asked(decoder_attentions["none"]())
    for context, alignment in found:
        close(alignment[0], np.eye(T)[-1])
        close(context, h[-1])


@pytest.mark.parametrize("name", ["additive", "concat", "dot", "general"])
def test_a_score_of_prepared_keys_is_the_score(name, rng):
    score = scores[name]()
    keys, query = (
        ops.convert_to_tensor(rng.normal(size=(2, n, 4)).astype("float32")) for n in (3, 1)
    )
    score.build(keys.shape, query.shape)
    close(array(score.compare(score.prepare(keys), query)), array(score(keys, query)))
