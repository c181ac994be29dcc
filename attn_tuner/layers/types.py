"""Types of what layers are given, for annotations."""

from typing import Any, TypeAlias

import keras

# Keras has no type for a tensor of whichever backend, or for its own symbolic ones.
Tensor: TypeAlias = Any
# Sizes; None where one is free, as those of batch and steps may be.
Shape: TypeAlias = tuple[Any, ...]
# A part of a layer: its name in a registry, its saved config, or the layer itself.
Member: TypeAlias = str | dict[str, Any] | keras.layers.Layer
