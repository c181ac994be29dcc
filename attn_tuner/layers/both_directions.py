"""A recurrent layer in both directions, safe to load."""

from types import SimpleNamespace

import keras


def both_directions(layer: keras.layers.RNN) -> keras.layers.Bidirectional:
    """Returns a `Bidirectional` of the layer that keeps the layer itself alive.

    `Bidirectional` makes its two layers from the config of the given one, which is then free to be
    collected. While a model is loaded, Keras knows the objects that it has serialized by their
    `id`: where a later object has the id of a collected one, Keras takes it for the same object,
    and both directions become one layer. Kept alive, the given layer keeps its id.

    Args:
        layer: the layer from the first step to the last; its dtype policy is that of the result.
    """
    wrapped = keras.layers.Bidirectional(layer, dtype=layer.dtype_policy)
    # Keras tracks layers, and lists of them, as weights to save; it does not look in here.
    wrapped.given = SimpleNamespace(layer=layer)
    return wrapped
