"""MiniRocket and ridge as a Keras model of raw series, so that it can be exported.

`baselines.series.minirocket` fits it.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.baselines.series.equal_lengths import WAYS
from attn_tuner.baselines.series.random_convolutions import (
    LARGEST,
    LENGTH,
    PADDINGS,
    Convolutions,
    RandomConvolutions,
    kernels,
)
from attn_tuner.errors import SpaceError
from attn_tuner.layers.arguments import size
from attn_tuner.layers.missing_values import known
from attn_tuner.layers.series_input import step_mask
from attn_tuner.layers.types import Shape, Tensor

_AT_ONCE = 1_024  # Steps times biases that are compared together; all at once take much memory.


def minirocket_model(learnt: dict[str, Any]) -> keras.Model:
    """Returns MiniRocket and ridge as a model of raw series, with the same predictions.

    Args:
        learnt: `Baseline.learnt`, arrays by name.
    """
    inputs = keras.Input((None, len(learnt["factor"])), name="series")
    whole = WholeSteps(learnt["factor"], learnt["middle"], name="whole_numbers")(inputs)
    equal = EqualLengths(int(learnt["steps"]), str(learnt["way"]), name="equal_lengths")(whole)
    counts = learnt["counts"].tolist()
    shares = ConvolutionShares(learnt["dilations"].tolist(), counts, name="convolutions")
    answer = keras.layers.Dense(
        len(learnt["bias"]),
        activation=str(learnt["answers"]),
        dtype="float32",
        trainable=False,
        name="ridge",
    )
    model = keras.Model(inputs, answer(shares(equal)), name="minirocket")
    shares.hold(RandomConvolutions.from_arrays(learnt).groups, learnt["centre"])
    answer.set_weights([learnt["weights"], learnt["bias"]])
    return model


@keras.saving.register_keras_serializable(package="attn_tuner")
class WholeSteps(keras.layers.Layer):
    """Converts series to whole numbers, see `random_convolutions.WholeNumbers`.

        q = clip(floor(2^k x) - m, -16384, 16384)

    Args:
        factor: 2^k of each feature.
        middle: m of each feature.

    Shapes:
        `(batch, steps, features)` to the same, float32. NaN stays NaN.
    """

    def __init__(self, factor: Sequence[float], middle: Sequence[float], **kwargs: Any):
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        self.factor = [float(each) for each in factor]
        self.middle = [float(each) for each in middle]

    def build(self, series_shape: Shape) -> None:
        pass

    def call(self, series: Tensor) -> Tensor:
        scaled = series * ops.convert_to_tensor(self.factor, "float32")
        whole = ops.floor(scaled) - ops.convert_to_tensor(self.middle, "float32")
        # Not `ops.clip`, which on some backends makes a number of NaN.
        whole = ops.where(whole > LARGEST, LARGEST, whole)
        return ops.where(whole < -LARGEST, -LARGEST, whole)

    def compute_output_spec(self, series: Tensor) -> Any:
        return keras.KerasTensor(series.shape, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "middle": self.middle}


@keras.saving.register_keras_serializable(package="attn_tuner")
class EqualLengths(keras.layers.Layer):
    """Brings series to one length without changing a value, as `equal_lengths.with_length`.

        stretched   y_j = x_i,   i the step that is nearest to j (T - 1) / (steps - 1)
        padded      y_j = x_j, 0 behind the last step; steps past the length are cut

    T is the length of a series, up to its last step with a value. In the place of a missing value
    stands the last one before it, or else the first one; 0 in a feature without any.

    Args:
        steps: length of all series, at least 2.
        way: "stretched" or "padded".

    Shapes:
        `(batch, any, features)`, NaN where a value is missing and behind the last step, to
        `(batch, steps, features)`, float32.
    """

    def __init__(self, steps: int, way: str = "stretched", **kwargs: Any):
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        if way not in WAYS:
            raise SpaceError(f"way is '{way}'. It should be one of {', '.join(WAYS)}.")
        self.steps, self.way = size("steps", steps, least=2), way

    def build(self, series_shape: Shape) -> None:
        pass

    def call(self, series: Tensor) -> Tensor:
        there = ops.cast(step_mask(series), "int32")
        length = ops.maximum(ops.sum(there, axis=1, keepdims=True), 1)
        at = ops.arange(self.steps, dtype="int32")[None]
        if self.way == "padded":
            values = _carried(series, ops.minimum(at, length - 1))
            return ops.where((at < length)[:, :, None], values, 0.0)
        apart = self.steps - 1
        return _carried(series, (2 * at * (length - 1) + apart) // (2 * apart))

    def compute_output_spec(self, series: Tensor) -> Any:
        shape = (series.shape[0], self.steps, series.shape[2])
        return keras.KerasTensor(shape, dtype="float32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "steps": self.steps, "way": self.way}


def _carried(series: Tensor, at: Tensor) -> Tensor:
    """Takes the values at steps `(batch, n)`, or the last ones before them."""
    present = ops.cast(ops.logical_not(ops.isnan(series)), "int32")
    steps = ops.shape(series)[1]
    index = ops.arange(steps, dtype="int32")[None, :, None]
    # The steps with a value come first, in their order.
    places = ops.sort(index + steps * (1 - present), axis=1)
    rank = ops.take_along_axis(ops.cumsum(present, axis=1), at[:, :, None], axis=1)
    places = ops.take_along_axis(places, ops.maximum(rank - 1, 0), axis=1)
    return ops.take_along_axis(known(series), ops.minimum(places, steps - 1), axis=1)


@keras.saving.register_keras_serializable(package="attn_tuner")
class ConvolutionShares(keras.layers.Layer):
    """Computes the features of MiniRocket, with numbers that were fitted before.

        x_kb = mean_t [ c_kt > b ] - centre_kb,   c = w_k *_d s,   s padded on both sides or not

    84 kernels w of length 9 for each dilation d, half of them on series that are padded by zeros,
    the others on series that are not; `RandomConvolutions` says where weights and biases come from.
    The layer is not trainable. The centre is the mean over the training series: without it the sums
    of the next layer would be larger, and rounded more.

    Args:
        dilations: steps between two weights of a kernel, for each group of kernels.
        counts: number of biases of each kernel at that dilation.

    Shapes:
        `(batch, steps, features)`, whole numbers of `WholeSteps`, at least 8 times the largest
        dilation and 1 steps, to `(batch, 84 * sum(counts))`, float32.

    Reference:
        Dempster et al. 2021, section 3.1. https://arxiv.org/abs/2012.08791
    """

    def __init__(self, dilations: Sequence[int], counts: Sequence[int], **kwargs: Any):
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        self.dilations = [size("dilations", each) for each in dilations]
        self.counts = [size("counts", each) for each in counts]
        if len(self.dilations) != len(self.counts):
            raise SpaceError(
                f"ConvolutionShares takes one count for each dilation; got {len(self.counts)} "
                f"counts and {len(self.dilations)} dilations."
            )

    def build(self, series_shape: Shape) -> None:
        half = kernels().shape[1] // len(PADDINGS)

        def fixed(name: str, *shape: int) -> keras.Variable:
            return self.add_weight(name=name, shape=shape, initializer="zeros", trainable=False)

        self.kernels, self.biases = [], []
        for dilation, count in zip(self.dilations, self.counts, strict=True):
            for padding in PADDINGS:
                name = f"{dilation}_{padding}"
                self.kernels.append(fixed(f"kernels_{name}", LENGTH, series_shape[-1], half))
                self.biases.append(fixed(f"biases_{name}", half, count))
        self.centre = fixed("centre", len(PADDINGS) * half * sum(self.counts))

    def hold(self, groups: Sequence[Convolutions], centre: np.ndarray) -> None:
        """Sets the weights.

        Args:
            groups: the convolutions, with and without padding for each dilation.
            centre: mean of each feature.
        """
        pairs = zip(self.kernels, self.biases, strict=True)
        for (weights, biases), group in zip(pairs, groups, strict=True):
            weights.assign(group.weights)
            biases.assign(group.biases)
        self.centre.assign(centre)

    def call(self, series: Tensor) -> Tensor:
        dilations, shares = np.repeat(self.dilations, len(PADDINGS)), []
        groups = zip(dilations, self.kernels, self.biases, strict=True)
        for index, (dilation, weights, biases) in enumerate(groups):
            found = ops.conv(
                series,
                weights,
                padding=PADDINGS[index % len(PADDINGS)],
                data_format="channels_last",
                dilation_rate=int(dilation),
            )
            shares.append(_shares(found, ops.convert_to_tensor(biases)))
        return ops.concatenate(shares, axis=-1) - self.centre

    def compute_output_spec(self, series: Tensor) -> Any:
        width = kernels().shape[1] * sum(self.counts)
        return keras.KerasTensor((series.shape[0], width), dtype="float32")

    def get_config(self) -> dict[str, Any]:
        own = {"dilations": self.dilations, "counts": self.counts}
        return {**super().get_config(), **own}


def _shares(found: Tensor, biases: Tensor) -> Tensor:
    """Averages `(batch, steps, kernels)` above each bias: `(batch, kernels * biases)`."""
    kernel_count, count = biases.shape
    together = max(1, _AT_ONCE // found.shape[1])
    above = [
        ops.cast(found[..., None] > biases[:, start : start + together], "float32")
        for start in range(0, count, together)
    ]
    above = [ops.mean(each, axis=1) for each in above]
    return ops.reshape(ops.concatenate(above, axis=-1), (-1, kernel_count * count))
