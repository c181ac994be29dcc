"""What heads and encoders both promise."""

from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.errors import DataError
from attn_tuner.registry import Variant
from attn_tuner.testing.parts import (
    FEATURES,
    TOLERANCE,
    close,
    example,
    far_corner,
    gradients,
    make,
    run,
    tensor,
)


def padding_is_never_seen(variant: Variant, dtype: str = "float32") -> None:
    """Garbage at padding, even NaN, changes not one bit."""
    never_sees_padding(make(variant, dtype))


def never_sees_padding(layer: keras.layers.Layer) -> None:
    """The same of a layer with weights."""
    states, mask = example()
    clean = run(layer, np.where(mask[..., None], states, 0.0), mask)
    for garbage in (1e3, np.nan):
        noisy = run(layer, np.where(mask[..., None], states, np.float32(garbage)), mask)
        assert np.array_equal(noisy, clean), f"{garbage} at padding changes the answer."


def answers_alike_with_more_padding(layer: keras.layers.Layer, dtype: str) -> None:
    """A layer with weights answers the same with further padding in front or behind."""
    states, mask = example()
    answer = run(layer, states, mask)
    for room in ((0, 5), (5, 0)):
        wider = np.pad(states, ((0, 0), room, (0, 0)), constant_values=7.0)
        found = run(layer, wider, np.pad(mask, ((0, 0), room)))
        scale = max(1.0, float(np.max(np.abs(answer))))
        close(found, answer, TOLERANCE[dtype] * scale, f"{room} steps of padding")


def padding_gets_no_gradient(variant: Variant, dtype: str = "float32") -> None:
    """Gradients at padding are exactly 0, and all others finite, beside an empty row as well."""
    check_gradients(make(variant, dtype))


def check_gradients(layer: keras.layers.Layer) -> list[np.ndarray]:
    """Checks the gradients of a layer on the example; returns those by its weights."""
    states, mask = example()
    by_states, by_weights = gradients(layer, states, mask)
    assert (by_states[~mask] == 0).all(), "Padding has a gradient."
    assert np.isfinite(by_states).all(), "A gradient by the states is not finite."
    assert all(np.isfinite(each).all() for each in by_weights), "A weight's gradient is not finite."
    return by_weights


def every_weight_learns(variant: Variant) -> None:
    """No trainable weight is without a gradient."""
    layer = make(variant)
    _, by_weights = gradients(layer, *example())
    names = [each.path for each in layer.trainable_variables]
    dead = [name for name, each in zip(names, by_weights, strict=True) if not np.any(each)]
    assert not dead, f"These weights have no gradient: {dead}."


def config_makes_it_again(variant: Variant) -> None:
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


def shape_is_foretold(variant: Variant, dtype: str = "float32") -> None:
    """compute_output_shape and a symbolic call say what comes, at unknown lengths too."""
    layer = make(variant, dtype)
    states, mask = example()
    found = layer(ops.convert_to_tensor(states), mask=tensor(mask))
    assert tuple(layer.compute_output_shape(states.shape)) == tuple(found.shape)
    symbolic = layer(keras.Input((None, FEATURES)), mask=keras.Input((None,), dtype="bool"))
    assert symbolic.shape[-1] == found.shape[-1]
    assert symbolic.dtype == keras.backend.standardize_dtype(found.dtype) == layer.compute_dtype


def integers_are_read_as_floats(variant: Variant, dtype: str = "float32") -> None:
    """States that are integers or bools give what the same numbers as floats give."""
    layer = make(variant, dtype)
    _, mask = example()
    states = np.random.default_rng(0).integers(0, 2, (*mask.shape, FEATURES))
    wanted = run(layer, states.astype("float32"), mask)
    for given in ("int32", "uint8", "bool"):
        assert np.array_equal(run(layer, states.astype(given), mask), wanted), given


def wrong_shapes_are_named(variant: Variant) -> None:
    """States without steps and masks of another shape are refused with what would fit."""
    layer = far_corner(variant)
    states, mask = example()
    forgotten = "got (batch, features): give the layer before it return_sequences=True"
    for given in (states[:, 0], keras.Input((FEATURES,))):
        _refused(forgotten, layer, given)
    _refused("put an Embedding before it", layer, keras.Input((None,), dtype="int32"))
    _refused("got 4 axes", layer, states[None])
    for wrong in (mask[:, 1:], mask[:-1], mask[:, :, None]):
        _refused("expected a mask (batch, steps)", layer, states, mask=tensor(wrong))
    symbolic = keras.Input((None, 1), dtype="bool")
    _refused("expected a mask (batch, steps)", layer, keras.Input((None, FEATURES)), mask=symbolic)


def _refused(words: str, layer: keras.layers.Layer, states: Any, **options) -> None:
    said = "nothing"
    try:
        layer(states, **options)
    except DataError as error:
        said = str(error)
    assert words in said, f"For {tuple(states.shape)} it says {said}, and should say: {words}"


SHARED_CHECKS = {
    check.__name__: check
    for check in (
        padding_is_never_seen,
        padding_gets_no_gradient,
        every_weight_learns,
        config_makes_it_again,
        shape_is_foretold,
        integers_are_read_as_floats,
        wrong_shapes_are_named,
    )
}
