"""The papers' equations as plain NumPy loops in float64, over the steps of one text.

Every function takes the layer, for its weights, and the states `h` (steps, features) of one text
without padding. A part that is in no table here has its equation in a test file of its own.
"""

import keras
import numpy as np


def array(weight):
    return keras.ops.convert_to_numpy(keras.ops.cast(weight, "float32")).astype("float64")


def softmax(scores):
    powers = np.exp(scores - np.max(scores))
    return powers / powers.sum()


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def dense(layer, x):
    return x @ array(layer.kernel) + array(layer.bias)


def layer_norm(layer, x):
    gamma, beta = array(layer.gamma), array(layer.beta)
    return gamma * (x - x.mean()) / np.sqrt(x.var() + layer.epsilon) + beta


def gru(layer, inputs):
    """Cho et al. 2014 in Keras' order of gates: update, reset, new; reset after the product."""
    kernel, recurrent = array(layer.cell.kernel), array(layer.cell.recurrent_kernel)
    given_bias, own_bias = array(layer.cell.bias)
    state = np.zeros(layer.units)
    states = []
    for x in inputs:
        xz, xr, xn = np.split(x @ kernel + given_bias, 3)
        sz, sr, sn = np.split(state @ recurrent + own_bias, 3)
        update, reset = sigmoid(xz + sz), sigmoid(xr + sr)
        state = update * state + (1 - update) * np.tanh(xn + reset * sn)
        states.append(state)
    return np.array(states)


def lstm(layer, inputs):
    """Hochreiter & Schmidhuber 1997 in Keras' order of gates (in, forget, new, out)."""
    kernel, recurrent = array(layer.cell.kernel), array(layer.cell.recurrent_kernel)
    state = memory = np.zeros(layer.units)
    states = []
    for x in inputs:
        i, f, g, o = np.split(x @ kernel + state @ recurrent + array(layer.cell.bias), 4)
        memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(g)
        state = sigmoid(o) * np.tanh(memory)
        states.append(state)
    return np.array(states)


def both_ways(read, layer, inputs):
    forward = read(layer.forward_layer, inputs)
    backward = read(layer.backward_layer, inputs[::-1])[::-1]
    return np.concatenate([forward, backward], axis=1)


# Scores: one number for one step, one hop and its query.

SCORES = {
    "linear": lambda s, h, q, hop: (
        np.tanh(h @ array(s.w)[:, hop] + array(s.b)[hop])
        if s.activation == "tanh"
        else h @ array(s.w)[:, hop]
    ),
    "additive": lambda s, h, q, hop: (
        np.tanh(
            h @ array(s.W)
            + (array(s.b) if s.use_bias else 0)
            + (0 if q is None else q @ array(s.U))
        )
        @ array(s.v)[:, hop]
    ),
    "concat": lambda s, h, q, hop: (
        np.tanh(np.concatenate([h, q]) @ array(s.W)) @ array(s.v)[:, hop]
    ),
    "gated": lambda s, h, q, hop: (
        (np.tanh(h @ array(s.V)) * sigmoid(h @ array(s.U))) @ array(s.w)[:, hop]
    ),
    "dot": lambda s, h, q, hop: h @ q,
    "scaled_dot": lambda s, h, q, hop: h @ q / np.sqrt(len(h)),
    "general": lambda s, h, q, hop: h @ (q @ array(s.W)),
    "cosine": lambda s, h, q, hop: (
        s.sharpness
        * np.exp(array(s.log_beta)[0])
        * (h @ q)
        / (np.linalg.norm(h) * np.linalg.norm(q))
    ),
}

QUERIES = {
    "learned": lambda query, h, hop: array(query.u)[hop],
    "last": lambda query, h, hop: _spread(query, h[-1], hop),
    "mean": lambda query, h, hop: _spread(query, h.mean(0), hop),
    "max": lambda query, h, hop: _spread(query, h.max(0), hop),
}


def _spread(query, vector, hop):
    if query.hops == 1:
        return vector
    return np.split(vector @ array(query.spread), query.hops)[hop]


def sparsemax(scores):
    """Martins & Astudillo 2016, algorithm 1."""
    falling = np.sort(scores)[::-1]
    support = [k for k in range(1, len(falling) + 1) if 1 + k * falling[k - 1] > sum(falling[:k])]
    threshold = (sum(falling[: support[-1]]) - 1) / support[-1]
    return np.maximum(scores - threshold, 0)


def entmax15(scores):
    """The threshold by bisection: sum_t max(s_t / 2 - tau, 0)^2 = 1."""
    low, high = scores.max() / 2 - 1, scores.max() / 2
    for _ in range(200):
        middle = (low + high) / 2
        total = sum(max(s / 2 - middle, 0) ** 2 for s in scores)
        low, high = (middle, high) if total > 1 else (low, middle)
    return np.maximum(scores / 2 - low, 0) ** 2


def topk(scores, k):
    best = np.sort(scores)[::-1][:k]
    return np.where(scores >= best[-1], softmax(np.where(scores >= best[-1], scores, -np.inf)), 0)


NORMALIZERS = {
    "softmax": lambda n, s: softmax(s),
    "sparsemax": lambda n, s: sparsemax(s),
    "entmax15": lambda n, s: entmax15(s),
    "topk": lambda n, s: topk(s, n.k),
    "sigmoid": lambda n, s: sigmoid(s) / sigmoid(s).sum(),
}

FUSIONS = {
    "context": lambda f, c, q, h: c.ravel(),
    "concat": lambda f, c, q, h: np.concatenate([c.ravel(), q.ravel()]),
    "tanh": lambda f, c, q, h: np.tanh(np.concatenate([c.ravel(), q.ravel()]) @ array(f.W)),
    "product": lambda f, c, q, h: (c * q).ravel(),
    "pools": lambda f, c, q, h: np.concatenate([c.ravel(), h.max(0), h.mean(0)]),
}


def _named(registry, member):
    return next(name for name in registry if registry[name].build is type(member))


def pooling(head, h, keys=None, bonus=None, near=None):
    """Score x query x normalizer x fusion, with keys, added scores and a window if there are."""
    from attn_tuner.attention.fusions import fusions
    from attn_tuner.attention.normalizers import normalizers
    from attn_tuner.attention.queries import queries
    from attn_tuner.attention.scores import scores

    keys = h if keys is None else keys
    score = SCORES[_named(scores, head.score)]
    normalize = NORMALIZERS[_named(normalizers, head.normalizer)]
    asked = QUERIES[_named(queries, head.query)]
    wants = head.score_asks or head.fusion.asks
    rows = []
    found = np.array([asked(head.query, h, hop) for hop in range(head.hops)]) if wants else None
    for hop in range(head.hops):
        query = found[hop] if head.score_asks else None
        each = np.array([score(head.score, key, query, hop) for key in keys])
        if bonus is not None:
            each = each + bonus(found[hop])
        kept = np.ones(len(h), bool) if near is None else near
        row = np.zeros(len(h))
        row[kept] = normalize(head.normalizer, each[kept] / head.temperature)
        rows.append(row)
    weights = np.array(rows)
    context = weights @ h
    return FUSIONS[_named(fusions, head.fusion)](head.fusion, context, found, h), weights


def local(head, h):
    kernel, bias = array(head.smooth.kernel), array(head.smooth.bias)
    reach = head.width // 2
    keys = [
        bias
        + sum(h[t + j] @ kernel[j + reach] for j in range(-reach, reach + 1) if 0 <= t + j < len(h))
        for t in range(len(h))
    ]
    return pooling(head, h, keys=keys)


def local_m(head, h):
    place = np.floor(head.place * (len(h) - 1) + 0.5)
    return pooling(head, h, near=np.abs(np.arange(len(h)) - place) <= head.radius)


def local_p(head, h):
    def gaussian(query):
        share = sigmoid(np.tanh(query @ array(head.W_p)) @ array(head.v_p)[:, 0])
        place = (len(h) - 1) * share
        return -((np.arange(len(h)) - place) ** 2) / (2 * (head.radius / 2) ** 2)

    return pooling(head, h, bonus=gaussian)


def _pooled(head, mixed, attention):
    """The pool over mixed steps, and its weights carried through attention (rows, steps, steps)."""
    kind = type(head.pool).__name__
    if kind == "MeanHead":
        context, weights = mixed.mean(0), np.full((1, len(mixed)), 1 / len(mixed))
    elif kind == "MaxHead":
        context = mixed.max(0)
        weights = np.mean(mixed == context, axis=1)[None]
    else:
        context, weights = pooling(head.pool, mixed)
    return context, np.concatenate([[row @ each for each in attention] for row in weights])


def self_attention(head, h, radius=None):
    size, share = head.key_size, head.num_heads // head.groups
    q, k, v = dense(head.to_queries, h), dense(head.to_keys, h), dense(head.to_values, h)
    outputs, attention = [], []
    for i in range(head.num_heads):
        mine, group = slice(i * size, (i + 1) * size), i // share
        shared = slice(group * size, (group + 1) * size)
        rows = np.zeros((len(h), len(h)))
        for t in range(len(h)):
            seen = [j for j in range(len(h)) if radius is None or abs(t - j) <= radius]
            scores = [q[t, mine] @ k[j, shared] / np.sqrt(size) for j in seen]
            rows[t, seen] = softmax(np.array(scores))
        attention.append(rows)
        outputs.append(rows @ v[:, shared])
    return _pooled(head, dense(head.to_output, np.concatenate(outputs, axis=1)), attention)


def linear_attention(head, h):
    def phi(x):
        return np.where(x > 0, x + 1, np.exp(np.minimum(x, 0)))

    size = head.key_size
    q = phi(dense(head.to_queries, h) / np.sqrt(size))
    k, v = phi(dense(head.to_keys, h)), dense(head.to_values, h)
    outputs, attention = [], []
    for i in range(head.num_heads):
        mine = slice(i * size, (i + 1) * size)
        rows = np.array([[q[t, mine] @ k[j, mine] for j in range(len(h))] for t in range(len(h))])
        rows = rows / rows.sum(1, keepdims=True)
        attention.append(rows)
        outputs.append(rows @ v[:, mine])
    return _pooled(head, dense(head.to_output, np.concatenate(outputs, axis=1)), attention)


def local_additive(head, h):
    rows = np.zeros((len(h), len(h)))
    for t in range(len(h)):
        seen = [j for j in range(len(h)) if abs(t - j) <= head.radius]
        mixed = [h[t] @ array(head.W) + h[j] @ array(head.U) + array(head.b) for j in seen]
        rows[t, seen] = softmax(np.array([np.tanh(m) @ array(head.v)[:, 0] for m in mixed]))
    return _pooled(head, rows @ h, [rows])


def pma(head, h):
    seeds, size = array(head.S), head.key_size
    contexts, weights = [], []
    for seed in seeds:
        found = []
        for i in range(head.num_heads):
            query = seed @ array(head.Q)[i]
            scores = [query @ (each @ array(head.K)[i]) / np.sqrt(size) for each in h]
            weights.append(softmax(np.array(scores)))
            found.append(weights[-1] @ (h @ array(head.V)[i]))
        row = layer_norm(head.norms[0], seed + np.concatenate(found) @ array(head.W_o))
        hidden = np.maximum(row @ array(head.W) + array(head.b), 0)
        contexts.append(layer_norm(head.norms[1], row + hidden))
    return np.concatenate(contexts), np.array(weights)


def hierarchical(head, h):
    def attend(score, rows):
        weights = softmax(np.array([SCORES["additive"](score, row, None, 0) for row in rows]))
        return weights @ rows, weights

    blocks = [h[i : i + head.sentence] for i in range(0, len(h), head.sentence)]
    read = [attend(head.of_words, block) for block in blocks]
    sentences = both_ways(gru, head.over_sentences, np.array([each for each, _ in read]))
    context, over = attend(head.of_sentences, sentences)
    weights = [share * words for share, (_, words) in zip(over, read, strict=True)]
    return context, np.concatenate(weights)[None]


def mean(head, h):
    return h.mean(0), np.full((1, len(h)), 1 / len(h))


def last(head, h):
    return h[-1], np.eye(len(h))[-1:]


def maximum(head, h):
    return h.max(0), np.mean(h == h.max(0), axis=1)[None]


HEADS = {
    "local": local,
    "local_m": local_m,
    "local_p": local_p,
    "multi_head": self_attention,
    "grouped_query": self_attention,
    "local_dot": lambda head, h: self_attention(head, h, head.radius),
    "local_additive": local_additive,
    "linear_attention": linear_attention,
    "pma": pma,
    "hierarchical": hierarchical,
    "mean": mean,
    "last": last,
    "max": maximum,
}
for point in ("pooling", "additive", "feedforward", "gated", "structured", "global"):
    HEADS[point] = pooling
for point in ("luong_dot", "luong_general", "luong_concat"):
    HEADS[point] = pooling


def stacked(encoder, e, read):
    """Layers above each other: x + layer(norm(x)) above the first where they are residual."""
    states = read(encoder.stack[0], e)
    for place, layer in enumerate(encoder.stack[1:]):
        if encoder.residual:
            given = np.array([layer_norm(encoder.norms[place], each) for each in states])
            states = states + read(layer, given)
        else:
            states = read(layer, states)
    return states


def minimal(layer, e):
    mapped = e @ array(layer.W) + array(layer.b)
    directions = np.split(mapped, 1 + layer.both_ways, axis=1)
    found = [_minimal(layer, directions[0])]
    if layer.both_ways:
        found.append(_minimal(layer, directions[1][::-1])[::-1])
    return np.concatenate(found, axis=1)


def _minimal(layer, mapped):
    state = np.zeros(layer.units)
    states = []
    for row in mapped:
        new, *gates = np.split(row, 1 + layer.gates)
        if layer.gates == 1:
            keep, take = 1 - sigmoid(gates[0]), sigmoid(gates[0])
        else:
            forget, inward = sigmoid(gates[0]), sigmoid(gates[1])
            keep, take = forget / (forget + inward), inward / (forget + inward)
        state = keep * state + take * new
        states.append(state)
    return np.array(states)


def ngrams(encoder, e):
    kernel, bias = array(encoder.convolve.kernel), array(encoder.convolve.bias)
    reach = encoder.width // 2
    phrases = []
    for t in range(len(e)):
        near = [j for j in range(-reach, reach + 1) if 0 <= t + j < len(e)]
        phrases.append(np.maximum(bias + sum(e[t + j] @ kernel[j + reach] for j in near), 0))
    kind = type(encoder.then).__name__
    name = {"NoEncoder": "none", "MinLSTMEncoder": "minlstm", "BiGRUEncoder": "bigru"}[kind]
    return ENCODERS[name](encoder.then, np.array(phrases))


ENCODERS = {
    "none": lambda encoder, e: e,
    "lstm": lambda encoder, e: stacked(encoder, e, lstm),
    "gru": lambda encoder, e: stacked(encoder, e, gru),
    "bilstm": lambda encoder, e: stacked(encoder, e, lambda x, y: both_ways(lstm, x, y)),
    "bigru": lambda encoder, e: stacked(encoder, e, lambda x, y: both_ways(gru, x, y)),
    "mingru": lambda encoder, e: stacked(encoder, e, minimal),
    "minlstm": lambda encoder, e: stacked(encoder, e, minimal),
    "ngrams": ngrams,
}
