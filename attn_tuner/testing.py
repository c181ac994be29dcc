"""What every head and encoder promises, as checks that authors of new parts can run.

    from attn_tuner.testing import check_head, far_corner

    check_head(heads["mine"])                 raises AssertionError where a promise is broken
    head = far_corner(heads["mine"])          the part from values that are not its defaults

The checks run on the Keras backend at hand. `HEAD_CHECKS` and `ENCODER_CHECKS` hold them by name,
for one test each: `HEAD_CHECKS["weights_are_a_distribution"](variant)`.
"""

import keras
import numpy as np
from keras import ops

from attn_tuner.registry import Variant
from attn_tuner.space import Choice, Part

BATCH, STEPS, FEATURES = 4, 12, 8
LENGTHS = (12, 7, 1, 0)  # A whole row, a padded one, a single step, and no text at all.

# By how much two results may differ that are equal on paper.
TOLERANCE = {"float32": 2e-6, "mixed_float16": 5e-3, "float16": 5e-3, "bfloat16": 3e-2}


def far_corner(variant: Variant, **fixed):
    """The part made from a value other than the default in every dimension of its space.

    Args:
        variant: a member of a registry.
        **fixed: arguments to give as they are, `dtype="bfloat16"`.
    """
    values = {name: _other_value(dimension) for name, dimension in variant.space.items()}
    return variant(**{**values, **fixed})


def _other_value(dimension):
    if isinstance(dimension, Part):
        others = [name for name in dimension.names() if name != dimension.first()]
        name = others[-1] if others else dimension.first()
        return far_corner(dimension.registry[name])
    if isinstance(dimension, Choice):
        others = [value for value in dimension.values if value != dimension.default]
        return others[0] if others else dimension.default
    return dimension.low if dimension.low != dimension.default else dimension.high


def example(dtype="float32", seed=0):
    """States (batch, steps, features) and a mask with full, padded, single and empty rows."""
    states = np.random.default_rng(seed).normal(size=(BATCH, STEPS, FEATURES)).astype("float32")
    mask = np.arange(STEPS)[None] < np.array(LENGTHS)[:, None]
    return states, mask


def make(variant, dtype="float32", seed=0):
    """The far corner of a part, built, with weights drawn by NumPy and so alike everywhere."""
    with _policy(dtype):
        layer = far_corner(variant)
        layer.build((BATCH, STEPS, FEATURES))
    draw = np.random.default_rng(seed)
    layer.set_weights([draw.normal(scale=0.4, size=each.shape) for each in layer.get_weights()])
    return layer


class _policy:
    """The Keras dtype policy of that name, for the length of a `with`."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(self.name)

    def __exit__(self, *_):
        keras.config.set_dtype_policy(self.before)


def run(layer, states, mask=None, **options):
    """The layer's answer as NumPy arrays in float32."""
    found = layer(ops.convert_to_tensor(states), mask=_tensor(mask), **options)
    return keras.tree.map_structure(_array, found)


def gradients(layer, states, mask):
    """Gradients of the sum of squares of the answer: by the states, and by each trainable weight.

    Zeros stand where a backend gives none.
    """
    states = np.asarray(states, "float32")
    return _GRADIENTS[keras.backend.backend()](layer, states, mask)


def _loss(answer):
    return ops.sum(ops.square(ops.cast(answer, "float32")))


def _by_tensorflow(layer, states, mask):
    import tensorflow as tf

    states = tf.Variable(states)
    weights = [each.value for each in layer.trainable_variables]
    with tf.GradientTape() as tape:
        loss = _loss(layer(tf.convert_to_tensor(states), mask=tf.constant(mask)))
    found = tape.gradient(loss, [states, *weights], unconnected_gradients="zero")
    found = [tf.convert_to_tensor(each).numpy() for each in found]
    return found[0], found[1:]


def _by_jax(layer, states, mask):
    import jax

    fixed = [each.value for each in layer.non_trainable_variables]

    def loss(states, weights):
        answer, _ = layer.stateless_call(weights, fixed, states, mask=mask)
        return _loss(answer)

    weights = [each.value for each in layer.trainable_variables]
    by_states, by_weights = jax.jit(jax.grad(loss, argnums=(0, 1)))(states, weights)
    return np.asarray(by_states), [np.asarray(each) for each in by_weights]


def _by_torch(layer, states, mask):
    import torch

    states = torch.tensor(states, requires_grad=True)
    weights = [each.value for each in layer.trainable_variables]
    for each in weights:
        each.grad = None
    _loss(layer(states, mask=torch.tensor(mask))).backward()
    found = [torch.zeros_like(each) if each.grad is None else each.grad for each in weights]
    return states.grad.numpy(), [each.numpy() for each in found]


_GRADIENTS = {"tensorflow": _by_tensorflow, "jax": _by_jax, "torch": _by_torch}


def _tensor(mask):
    return None if mask is None else ops.convert_to_tensor(mask)


def _array(tensor):
    return ops.convert_to_numpy(ops.cast(tensor, "float32"))


def _close(found, wanted, tolerance, what):
    difference = np.max(np.abs(found - wanted), initial=0.0)
    assert difference <= tolerance, f"{what}: {difference:.2g} apart, {tolerance:.2g} allowed."


# What heads and encoders both promise.


def padding_is_never_seen(variant, dtype="float32"):
    """Garbage at padding, even NaN, changes not one bit."""
    layer = make(variant, dtype)
    states, mask = example()
    clean = run(layer, np.where(mask[..., None], states, 0.0), mask)
    for garbage in (1e3, np.nan):
        noisy = run(layer, np.where(mask[..., None], states, np.float32(garbage)), mask)
        assert np.array_equal(noisy, clean), f"{garbage} at padding changes the answer."


def padding_gets_no_gradient(variant, dtype="float32"):
    """Gradients at padding are exactly 0, and all others finite, beside an empty row as well."""
    layer = make(variant, dtype)
    states, mask = example()
    by_states, by_weights = gradients(layer, states, mask)
    assert (by_states[~mask] == 0).all(), "Padding has a gradient."
    assert np.isfinite(by_states).all(), "A gradient by the states is not finite."
    assert all(np.isfinite(each).all() for each in by_weights), "A weight's gradient is not finite."


def every_weight_learns(variant):
    """No trainable weight is without a gradient."""
    layer = make(variant)
    _, by_weights = gradients(layer, *example())
    names = [each.path for each in layer.trainable_variables]
    dead = [name for name, each in zip(names, by_weights, strict=True) if not np.any(each)]
    assert not dead, f"These weights have no gradient: {dead}."


def config_makes_it_again(variant):
    """A layer from its config, built from a shape alone, has the same weights and answer."""
    layer = make(variant)
    config = layer.get_config()
    again = type(layer).from_config(config)
    assert again.get_config() == config, "The config changes on its way through from_config."
    again.build((None, None, FEATURES))
    shapes = [each.shape for each in layer.get_weights()]
    assert [each.shape for each in again.get_weights()] == shapes, "build() makes other weights."
    again.set_weights(layer.get_weights())
    states, mask = example()
    assert np.array_equal(run(again, states, mask), run(layer, states, mask))
    assert len(again.get_weights()) == len(shapes), "A weight was made during the call."


def shape_is_foretold(variant, dtype="float32"):
    """compute_output_shape and a symbolic call say what comes, at unknown lengths too."""
    layer = make(variant, dtype)
    states, mask = example()
    found = layer(ops.convert_to_tensor(states), mask=_tensor(mask))
    assert tuple(layer.compute_output_shape(states.shape)) == tuple(found.shape)
    symbolic = layer(keras.Input((None, FEATURES)), mask=keras.Input((None,), dtype="bool"))
    assert symbolic.shape[-1] == found.shape[-1]
    assert symbolic.dtype == keras.backend.standardize_dtype(found.dtype) == layer.compute_dtype


# What heads promise.


def more_padding_changes_nothing(variant, dtype="float32"):
    """The context is the same with further padding in front or behind."""
    layer = make(variant, dtype)
    states, mask = example()
    context = run(layer, states, mask)
    for room in ((0, 5), (5, 0)):
        wider = np.pad(states, ((0, 0), room, (0, 0)), constant_values=7.0)
        found = run(layer, wider, np.pad(mask, ((0, 0), room)))
        scale = max(1.0, float(np.max(np.abs(context))))
        _close(found, context, TOLERANCE[dtype] * scale, f"{room} steps of padding")


def weights_are_a_distribution(variant, dtype="float32"):
    """Weights are at least 0, sum to 1, and are exactly 0 at padding and in an empty row."""
    head = make(variant, dtype)
    states, mask = example()
    context, weights = run(head, states, mask, return_attention_scores=True)
    assert weights.shape == (BATCH, head.hops, STEPS)
    assert (weights >= 0).all(), "A weight is negative."
    assert (weights[np.broadcast_to(~mask[:, None], weights.shape)] == 0).all(), "Padding weighs."
    _close(weights[:3].sum(-1), 1.0, max(1e-5, TOLERANCE[dtype]), "Sums of weights")
    assert np.array_equal(context, run(head, states, mask)), "Asking for weights changes it."


def empty_row_gives_zeros(variant, dtype="float32"):
    """A row without text gives zeros, and leaves its neighbours alone."""
    head = make(variant, dtype)
    states, mask = example()
    context = run(head, states, mask)
    assert (context[3] == 0).all(), "A row without text gives something."
    filled = mask.copy()
    filled[3] = True
    others = run(head, states, filled)[:3]
    _close(context[:3], others, TOLERANCE[dtype], "Neighbours of an empty row")


def averages_are_averages(variant, dtype="float32"):
    """Where a head averages states, its weights say how, and one step comes out as it is."""
    head = make(variant, dtype)
    if not head.averages:
        return
    states, mask = example()
    context, weights = run(head, states, mask, return_attention_scores=True)
    wanted = np.einsum("bt,btd->bd", weights[:, 0].astype("float64"), states)
    _close(context, wanted, 4 * TOLERANCE[dtype], "The average by the weights")
    _close(context[2], states[2, 0], TOLERANCE[dtype] * 4, "The only state")


def order_counts_where_it_says_so(variant):
    """Shuffled steps change the context of an ordered head, and of no other."""
    head = make(variant)
    states, _ = example()
    mask = np.ones((BATCH, STEPS), "bool")
    shuffled = states[:, np.random.default_rng(1).permutation(STEPS)]
    apart = np.max(np.abs(run(head, shuffled, mask) - run(head, states, mask)))
    assert (apart > 1e-3) == head.ordered, f"ordered={head.ordered}, but {apart:.2g} apart."


def equal_states_weigh_the_same(variant):
    """Where all states are equal, so are their weights."""
    head = make(variant)
    if not head.even:
        return
    states, mask = example()
    states = np.repeat(states[:, :1], STEPS, axis=1)
    _, weights = run(head, states, mask, return_attention_scores=True)
    wanted = mask[:, None] / np.maximum(mask.sum(1), 1)[:, None, None]
    _close(weights, np.broadcast_to(wanted, weights.shape), 1e-5, "Weights of equal states")


def mask_ends_here(variant):
    """No mask is handed on: Keras would multiply the loss by it."""
    assert make(variant).compute_mask(None, None) is None


# What encoders promise.


def text_is_read_alike_with_padding(variant, dtype="float32"):
    """States of text are the same with further padding in front or behind, and zero at padding."""
    encoder = make(variant, dtype)
    embedded, mask = example()
    states = run(encoder, embedded, mask)
    assert (states[~mask] == 0).all(), "A state at padding is not zero."
    for before, behind in ((0, 5), (5, 0)):
        room = (before, behind)
        wider = np.pad(embedded, ((0, 0), room, (0, 0)), constant_values=7.0)
        found = run(encoder, wider, np.pad(mask, ((0, 0), room)))
        found = found[:, before : before + STEPS]
        _close(found, states, 4 * TOLERANCE[dtype], f"{room} steps of padding")


def mask_travels_on(variant):
    """The mask of the inputs is the mask of the states."""
    mask = keras.KerasTensor((None, None), dtype="bool")
    assert make(variant).compute_mask(None, mask) is mask


SHARED_CHECKS = {
    check.__name__: check
    for check in (
        padding_is_never_seen,
        padding_gets_no_gradient,
        every_weight_learns,
        config_makes_it_again,
        shape_is_foretold,
    )
}
HEAD_CHECKS = SHARED_CHECKS | {
    check.__name__: check
    for check in (
        more_padding_changes_nothing,
        weights_are_a_distribution,
        empty_row_gives_zeros,
        averages_are_averages,
        order_counts_where_it_says_so,
        equal_states_weigh_the_same,
        mask_ends_here,
    )
}
ENCODER_CHECKS = SHARED_CHECKS | {
    check.__name__: check for check in (text_is_read_alike_with_padding, mask_travels_on)
}


def check_head(variant: Variant):
    """Runs every check of a head; AssertionError says which promise is broken."""
    for check in HEAD_CHECKS.values():
        check(variant)


def check_encoder(variant: Variant):
    """Runs every check of an encoder; AssertionError says which promise is broken."""
    for check in ENCODER_CHECKS.values():
        check(variant)
