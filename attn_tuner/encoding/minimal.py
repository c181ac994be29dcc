"""Recurrent networks whose gates depend on the input alone, so that steps run in parallel."""

from typing import Any

import keras
from keras import ops

from attn_tuner.encoding.base import encoders
from attn_tuner.encoding.recurrent import Recurrent
from attn_tuner.encoding.scan import recurrence
from attn_tuner.layers.arguments import size
from attn_tuner.layers.block import Block
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space import Choice, Int

SPACE = {
    "units": Int(32, 256, step=32, default=64),
    "layers": Int(1, 3, default=1),
    "residual": Choice([True, False]),
    "both_ways": Choice([True, False]),
}


class MinimalLayer(Block):
    """One layer of a minimal network: h_t = keep_t * h_{t-1} + take_t * candidate_t.

    At padding keep is 1 and take is 0.

    Args:
        units: features of a state in one direction.
        both_ways: whether to read in both directions.
        gates: 1 for minGRU's, 2 for minLSTM's.
    """

    def __init__(self, units: int, both_ways: bool = False, gates: int = 1, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.units = size("units", units)
        self.both_ways = both_ways
        self.gates = size("gates", gates)

    def build(self, inputs_shape: Shape) -> None:
        # One product for candidate and gates of both directions.
        width = (1 + self.both_ways) * (1 + self.gates) * self.units
        self.W = self.add_weight(
            shape=(inputs_shape[-1], width), initializer="glorot_uniform", name="W"
        )
        self.b = self.add_weight(shape=(width,), initializer="zeros", name="b")

    def call(self, inputs: Tensor, mask: Tensor) -> Tensor:
        mapped = ops.matmul(inputs, self.W) + self.b
        forward, *backward = ops.split(mapped, 1 + self.both_ways, axis=-1)
        states = self._read(forward, mask)
        if not self.both_ways:
            return states
        turned = self._read(ops.flip(backward[0], axis=1), ops.flip(mask, axis=1))
        return ops.concatenate([states, ops.flip(turned, axis=1)], axis=-1)

    def _read(self, mapped: Tensor, mask: Tensor) -> Tensor:
        candidate, *gates = ops.split(mapped, 1 + self.gates, axis=-1)
        if self.gates == 1:
            logit = gates[0]
        else:
            # i / (f + i) as one sigmoid of log i - log f, which cannot divide by zero.
            forget, take = gates
            logit = ops.log_sigmoid(take) - ops.log_sigmoid(forget)
        take = ops.where(mask[:, :, None], ops.sigmoid(logit), ops.zeros_like(logit))
        return recurrence(1.0 - take, take * candidate)


class Minimal(Recurrent):
    """What minGRU and minLSTM share; they differ only in their gates."""

    gates = 1

    def __init__(
        self,
        units: int = 64,
        layers: int = 1,
        residual: bool = True,
        both_ways: bool = True,
        dropout: float = 0.0,
        **kwargs: Any,
    ):
        # Before super().__init__, which makes the layers; Keras tracks attributes only after it.
        object.__setattr__(self, "both_ways", both_ways)
        super().__init__(units, layers, residual, dropout, **kwargs)
        self.directions = 2 if both_ways else 1

    def cell_layer(self, units: int) -> keras.layers.Layer:
        return MinimalLayer(units, self.both_ways, self.gates, dtype=self.dtype_policy)


@encoders.register("mingru", **SPACE)
class MinGRUEncoder(Minimal):
    """A GRU whose gate and candidate depend on the input alone; all steps are computed at once.

        z_t = sigmoid(W_z x_t + b_z);  g_t = W_h x_t + b_h
        h_t = (1 - z_t) * h_{t-1} + z_t * g_t

    Args:
        units: features of a state in one direction.
        layers: number of layers; only a layer above the first relates a step to earlier ones.
        residual: residual connections and layer normalisation above the first layer.
        both_ways: whether to read in both directions, which makes a state twice as wide.

    Cost: O(T d 2 units) time, in O(log block + T / block) dependent steps.

    Reference:
        Feng et al. 2024, section 3.1. https://arxiv.org/abs/2410.01201
    """


@encoders.register("minlstm", **SPACE)
class MinLSTMEncoder(Minimal):
    """An LSTM whose gates depend on the input alone and are normalised to sum to 1.

        f, i = sigmoid(W x_t + b);  g_t = W_h x_t + b_h
        h_t = f / (f + i) * h_{t-1} + i / (f + i) * g_t

    Args:
        units: features of a state in one direction.
        layers: number of layers; only a layer above the first relates a step to earlier ones.
        residual: residual connections and layer normalisation above the first layer.
        both_ways: whether to read in both directions, which makes a state twice as wide.

    Cost: O(T d 3 units) time, in O(log block + T / block) dependent steps.

    Reference:
        Feng et al. 2024, section 3.2. https://arxiv.org/abs/2410.01201
    """

    gates = 2
