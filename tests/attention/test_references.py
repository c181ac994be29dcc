"""Our heads against what others have published or compute: Keras and PyTorch."""

import importlib.util

import keras
import numpy as np
import pytest
from keras import ops

from attn_tuner.attention import LocalDotHead, MultiHeadHead, PoolingHead, masked_normalize
from attn_tuner.attention.blocks import band, fold_halo, from_blocks, into_blocks, with_halo
from attn_tuner.attention.scores.additive import match
from attn_tuner.attention.scores.dot import products
from attn_tuner.testing import run

# From the tests of keras.layers.Attention and AdditiveAttention.
QUERIES = np.array([[[1.0, 0.0], [0.0, 1.0]]], "float32")
KEYS = np.array([[[0.0, 1.0], [1.0, 0.0]]], "float32")
VALUES = np.array([[[1.0, 2.0], [3.0, 4.0]]], "float32")


def test_keras_constants_of_dot_attention():
    weights = masked_normalize(
        products(ops.convert_to_tensor(KEYS), ops.convert_to_tensor(QUERIES))
    )
    weights = ops.convert_to_numpy(weights)
    np.testing.assert_allclose(weights, [[[0.269, 0.731], [0.731, 0.269]]], atol=1e-3)
    np.testing.assert_allclose(weights @ VALUES, [[[2.462, 3.462], [1.538, 2.538]]], atol=1e-3)


def test_keras_constants_of_additive_attention():
    ones = ops.ones((2, 2))
    scores = match(ops.convert_to_tensor(KEYS), ops.convert_to_tensor(QUERIES), ones)
    weights = ops.convert_to_numpy(masked_normalize(scores))
    np.testing.assert_allclose(weights, [[[0.636, 0.363], [0.363, 0.636]]], atol=1e-3)
    np.testing.assert_allclose(weights @ VALUES, [[[1.727, 2.727], [2.272, 3.272]]], atol=1e-3)


def test_keras_constants_of_a_mask():
    mask = ops.convert_to_tensor(np.array([[[True, False]]]))
    found = masked_normalize(ops.convert_to_tensor(np.ones((1, 2, 2), "float32")), mask)
    np.testing.assert_array_equal(ops.convert_to_numpy(found), [[[1, 0], [1, 0]]])


@pytest.mark.parametrize("head", ["multi_head", "local_dot"])
def test_torch_computes_the_same_attention(head, rng):
    if importlib.util.find_spec("torch") is None:
        pytest.skip("PyTorch is not installed.")
    import torch
    from torch.nn.functional import scaled_dot_product_attention

    steps, radius = 40, 2
    states = rng.normal(size=(2, steps, 8)).astype("float32")
    mask = np.arange(steps)[None] < np.array([[steps], [31]])
    made = {"multi_head": MultiHeadHead, "local_dot": LocalDotHead}[head]
    options = {"radius": radius} if head == "local_dot" else {}
    layer = made(num_heads=2, key_size=4, **options)
    found = run(layer, states, mask)

    def parts(dense):
        mapped = ops.convert_to_numpy(dense(ops.convert_to_tensor(states)))
        return torch.tensor(mapped).reshape(2, steps, 2, 4).transpose(1, 2)

    allowed = torch.tensor(mask)[:, None, None, :].expand(2, 1, steps, steps)
    if radius and head == "local_dot":
        places = torch.arange(steps)
        allowed = allowed & ((places[:, None] - places[None]).abs() <= radius)
    each = [parts(layer.to_queries), parts(layer.to_keys), parts(layer.to_values)]
    mixed = scaled_dot_product_attention(*each, attn_mask=allowed).transpose(1, 2)
    mixed = ops.convert_to_tensor(mixed.reshape(2, steps, 8).numpy())
    mixed = ops.convert_to_numpy(layer.to_output(mixed))
    wanted = [mixed[row][mask[row]].mean(0) for row in range(2)]
    np.testing.assert_allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("radius", [0, 1, 5, 16])
@pytest.mark.parametrize("size", [16, 20])
def test_blocks_with_a_halo_hold_every_window(radius, size):
    steps = 50
    numbers = ops.reshape(ops.arange(1, steps + 1, dtype="float32"), (1, steps, 1))
    blocks = ops.convert_to_numpy(with_halo(into_blocks(numbers, size), radius))[0, :, :, 0]
    for step in range(steps):
        block, row = divmod(step, size)
        seen = blocks[block][band(size, radius)[row]]
        wanted = [n if 0 < n <= steps else 0 for n in range(step + 1 - radius, step + radius + 2)]
        np.testing.assert_array_equal(seen, wanted)


def test_folding_a_halo_transposes_taking_it(rng):
    given = rng.normal(size=(1, 50, 3)).astype("float32")
    blocks = into_blocks(ops.convert_to_tensor(given), 16)
    haloed = with_halo(blocks, 5)
    other = ops.convert_to_tensor(rng.normal(size=haloed.shape).astype("float32"))
    forward = float(ops.convert_to_numpy(ops.sum(haloed * other)))
    backward = float(ops.convert_to_numpy(ops.sum(blocks * fold_halo(other, 5))))
    assert forward == pytest.approx(backward, rel=1e-4)
    back = ops.convert_to_numpy(from_blocks(blocks, 50))
    np.testing.assert_array_equal(back, given)


@pytest.mark.parametrize("name", ["local_dot", "local_additive"])
def test_a_window_is_the_same_in_blocks_as_in_one_piece(name, rng):
    """Texts of 12 steps are attended to densely for radius 3, and in blocks where padded to 90."""
    from attn_tuner.attention import heads

    head = heads[name](radius=3)
    states = rng.normal(size=(2, 90, 8)).astype("float32")
    mask = np.arange(90)[None] < np.array([[12], [5]])
    blocked = run(head, states, mask, return_attention_scores=True)
    dense = run(head, states[:, :12], mask[:, :12], return_attention_scores=True)
    np.testing.assert_allclose(blocked[0], dense[0], atol=1e-6)
    np.testing.assert_allclose(blocked[1][:, :, :12], dense[1], atol=1e-6)


def test_a_window_over_the_whole_text_is_multi_head_attention(rng):
    states = rng.normal(size=(2, 24, 8)).astype("float32")
    dense, local = MultiHeadHead(), LocalDotHead(radius=24)
    dense.build(states.shape)
    local.build(states.shape)
    local.set_weights(dense.get_weights())
    np.testing.assert_allclose(run(local, states), run(dense, states), atol=1e-6)


def test_a_window_over_the_whole_text_is_global_attention(rng):
    from attn_tuner.attention import LocalMHead

    states = rng.normal(size=(2, 9, 8)).astype("float32")
    local, dense = LocalMHead(radius=9), PoolingHead(score="general", query="last")
    dense.build(states.shape)
    local.build(states.shape)
    local.set_weights(dense.get_weights())
    np.testing.assert_allclose(run(local, states), run(dense, states), atol=1e-6)


def test_the_penalty_is_zero_for_hops_that_look_apart():
    from attn_tuner.attention.pooling import overlap

    apart = ops.convert_to_tensor(np.array([[[1.0, 0, 0], [0, 0, 1.0]]], "float32"))
    same = ops.convert_to_tensor(np.array([[[1.0, 0, 0], [1.0, 0, 0]]], "float32"))
    assert float(overlap(apart)) == 0.0
    assert float(overlap(same)) == 2.0
    assert float(overlap(ops.concatenate([apart, same], axis=0))) == 1.0


def test_the_penalty_is_added_to_the_loss_of_training(rng):
    head = PoolingHead(hops=2, penalty=0.5)
    head(rng.normal(size=(3, 5, 4)).astype("float32"))
    assert len(head.losses) == 1
    assert keras.ops.convert_to_numpy(head.losses[0]) > 0
