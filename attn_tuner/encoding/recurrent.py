"""LSTM and GRU, one or both directions, one or several layers."""

from typing import Any

import keras

from attn_tuner.encoding.base import Encoder, encoders
from attn_tuner.layers.arguments import size
from attn_tuner.layers.both_directions import both_directions
from attn_tuner.layers.initializers import RoundedOrthogonal
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space import Choice, Int


class Recurrent(Encoder):
    """A stack of recurrent layers.

    A layer is made by `cell_layer(units)`. With `residual`, every layer above the first adds to
    its input: x + layer(norm(x)).

    Args:
        units: features of a state in one direction.
        layers: number of layers.
        residual: residual connections and layer normalisation above the first layer.
        dropout: share of the features dropped between layers while training.
    """

    directions = 1

    def __init__(
        self,
        units: int = 64,
        layers: int = 1,
        residual: bool = False,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.units = size("units", units)
        self.layers = size("layers", layers)
        self.residual = residual
        self.dropout = dropout
        policy = self.dtype_policy
        self.stack = [self.cell_layer(self.units) for _ in range(self.layers)]
        self.norms = [
            keras.layers.LayerNormalization(dtype=policy) for _ in self.stack[1:] if residual
        ]
        self.drops = [keras.layers.Dropout(dropout, dtype=policy) for _ in self.stack[1:]]

    def cell_layer(self, units: int) -> keras.layers.Layer:
        """Returns a layer that is called as layer(inputs, mask=mask) and returns all states."""
        raise NotImplementedError(f"{type(self).__name__} has no cell_layer(units).")

    def build(self, embedded_shape: Shape) -> None:
        self.stack[0].build(embedded_shape)
        inner = (*embedded_shape[:-1], self.features_out(embedded_shape[-1]))
        for layer in [*self.stack[1:], *self.norms]:
            layer.build(inner)

    def encode(self, embedded: Tensor, mask: Tensor, training: bool = False) -> Tensor:
        states = self.stack[0](embedded, mask=mask)
        for place, layer in enumerate(self.stack[1:]):
            given = self.drops[place](states, training=training)
            given = self.norms[place](given) if self.residual else given
            found = layer(given, mask=mask)
            states = states + found if self.residual else found
        return states

    def features_out(self, features: int) -> int:
        return self.units * self.directions


SPACE = {
    "units": Int(32, 256, step=32, default=64),
    "layers": Int(1, 2, default=1),
    "residual": Choice([False, True]),
}


@encoders.register("lstm", **SPACE)
class LSTMEncoder(Recurrent):
    """Long short-term memory, read from the first step to the last.

        i, f, o = sigmoid(W x_t + U h_{t-1} + b);  g = tanh(W_g x_t + U_g h_{t-1} + b_g)
        c_t = f * c_{t-1} + i * g
        h_t = o * tanh(c_t)

    Args:
        units: features of a state.
        layers: number of layers.
        residual: residual connections and layer normalisation above the first layer.

    Cost: O(T (d + units) 4 units) time, sequential in the steps.

    Reference:
        Hochreiter & Schmidhuber 1997. https://doi.org/10.1162/neco.1997.9.8.1735
    """

    def cell_layer(self, units: int) -> keras.layers.Layer:
        return keras.layers.LSTM(
            units,
            return_sequences=True,
            recurrent_initializer=RoundedOrthogonal(),
            dtype=self.dtype_policy,
        )


@encoders.register("gru", **SPACE)
class GRUEncoder(Recurrent):
    """Gated recurrent unit, read from the first step to the last.

        z, r = sigmoid(W x_t + U h_{t-1} + b);  g = tanh(W_g x_t + r * (U_g h_{t-1} + b_g))
        h_t = z * h_{t-1} + (1 - z) * g

    Args:
        units: features of a state.
        layers: number of layers.
        residual: residual connections and layer normalisation above the first layer.

    Cost: O(T (d + units) 3 units) time, sequential in the steps.

    Reference:
        Cho et al. 2014, eqs. 5-8. https://aclanthology.org/D14-1179
    """

    def cell_layer(self, units: int) -> keras.layers.Layer:
        return keras.layers.GRU(
            units,
            return_sequences=True,
            recurrent_initializer=RoundedOrthogonal(),
            dtype=self.dtype_policy,
        )


@encoders.register("bilstm", **SPACE)
class BiLSTMEncoder(LSTMEncoder):
    """An LSTM in each direction, concatenated, so that a state depends on both sides.

        h_t = [LSTM(x_1 .. x_t); LSTM(x_T .. x_t)]

    Args:
        units: features of a state in one direction; a state has twice as many.
        layers: number of layers.
        residual: residual connections and layer normalisation above the first layer.

    Cost: twice that of `lstm`.

    Reference:
        Graves & Schmidhuber 2005. https://doi.org/10.1016/j.neunet.2005.06.042
    """

    directions = 2

    def cell_layer(self, units: int) -> keras.layers.Layer:
        return both_directions(super().cell_layer(units))


@encoders.register("bigru", **SPACE)
class BiGRUEncoder(GRUEncoder):
    """A GRU in each direction, concatenated, so that a state depends on both sides.

        h_t = [GRU(x_1 .. x_t); GRU(x_T .. x_t)]

    Args:
        units: features of a state in one direction; a state has twice as many.
        layers: number of layers.
        residual: residual connections and layer normalisation above the first layer.

    Cost: twice that of `gru`.

    Reference:
        Yang et al. 2016, section 2.1. https://aclanthology.org/N16-1174
    """

    directions = 2

    def cell_layer(self, units: int) -> keras.layers.Layer:
        return both_directions(super().cell_layer(units))
