"""The features of MiniRocket: shares of the steps at which convolutions exceed a bias.

`layers.minirocket.ConvolutionShares` computes the same in a graph.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from attn_tuner.series.scaler import SeriesScaler

LENGTH = 9  # Weights of a kernel.
MOST_DILATIONS = 32
PADDINGS = ("same", "valid")
RESOLUTION = 10  # Whole numbers in a standard deviation, as a power of two.
LARGEST = 16_384.0  # 9 features, weighed by 18 in all, stay far below 2^24.
_EXPONENTS = (-120, 120)  # Of float32.
_AT_ONCE = 16_384  # Steps of the series that are transformed together; they fit into a cache.
_GOLDEN = (np.sqrt(5) + 1) / 2


def kernels() -> np.ndarray:
    """Returns the kernels of MiniRocket, `(9, 84)`: three weights are 2, the others -1."""
    places = np.array(list(combinations(range(LENGTH), 3)))
    found = np.full((LENGTH, len(places)), -1.0, "float32")
    found[places.T, np.arange(len(places))] = 2.0
    return found


@dataclass(frozen=True, eq=False)
class WholeNumbers:
    """Converts the values of each feature to whole numbers, about 1,024 a standard deviation.

        q = clip(floor(2^k x) - m, -16384, 16384)

    k and m follow from the deviation and the mean of the training series. A product with a power of
    two is exact, so q is the same in every library. What is missing stays missing.

    Args:
        factor: `(features,)` float32, 2^k.
        middle: `(features,)` float32, m.
    """

    factor: np.ndarray
    middle: np.ndarray

    @classmethod
    def fit(cls, series: Sequence[np.ndarray]) -> "WholeNumbers":
        """Measures series `(steps, features)`, NaN where a value is missing."""
        scale = SeriesScaler.fit(series, tuple(map(str, range(series[0].shape[1]))))
        exponent = np.clip(np.round(RESOLUTION - np.log2(scale.deviation)), *_EXPONENTS)
        factor = np.exp2(exponent)
        middle = np.floor(factor * scale.mean)
        return cls(factor.astype("float32"), middle.astype("float32"))

    def __call__(self, series: np.ndarray) -> np.ndarray:
        """Converts values `(..., features)` float32."""
        whole = np.floor(self.factor * np.asarray(series, "float32")) - self.middle
        return np.clip(whole, -LARGEST, LARGEST)


@dataclass(frozen=True, eq=False)
class Convolutions:
    """The convolutions of one dilation and one padding.

    Args:
        dilation: int, steps between two weights of a kernel.
        padding: "same" adds zeros on both sides, "valid" none.
        weights: `(9, features, kernels)` float32, of -1, 2 and 0.
        biases: `(kernels, biases)` float32, each half-way between two whole numbers.
    """

    dilation: int
    padding: str
    weights: np.ndarray
    biases: np.ndarray


@dataclass(frozen=True, eq=False)
class RandomConvolutions:
    """Computes the features of series of one length.

        x_kb = mean_t [ c_kt > b ],   c = w_k *_d s,   s padded on both sides or not

    The values of the series are whole numbers, see `WholeNumbers`. Convolutions of such are exact
    in float32, in any order of the sum, and no bias is a whole number. So every library and every
    device counts the same steps; with other values rounding would decide on a convolution that
    is as large as a bias, as it is on series that are constant over a stretch.

    Args:
        groups: the convolutions, of each dilation first those with padding, then those without.

    Reference:
        Dempster et al. 2021, section 3.1. https://arxiv.org/abs/2012.08791
    """

    groups: tuple[Convolutions, ...]

    @property
    def size(self) -> int:
        """Number of features of a series."""
        return sum(group.biases.size for group in self.groups)

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Computes the features: `(series, size)` float32.

        Args:
            values: `(series, steps, features)` float32, whole numbers of `WholeNumbers`.
        """
        found = np.empty((len(values), self.size), "float32")
        together = max(1, _AT_ONCE // values.shape[1])
        for start in range(0, len(values), together):
            some = values[start : start + together]
            shares = [_shares(group, some) for group in self.groups]
            found[start : start + together] = np.concatenate(shares, axis=1)
        return found

    def arrays(self) -> dict[str, Any]:
        """Returns the convolutions as arrays by name, for a file."""
        return {
            "dilations": np.array([each.dilation for each in self.groups[::2]], "int64"),
            "counts": np.array([each.biases.shape[1] for each in self.groups[::2]], "int64"),
            "kernels": np.stack([each.weights for each in self.groups]),
            "biases": np.concatenate([each.biases.ravel() for each in self.groups]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> "RandomConvolutions":
        """Makes the convolutions of what `arrays` returned."""
        weights, biases = arrays["kernels"], arrays["biases"]
        groups, start = [], 0
        for index, each in enumerate(weights):
            dilation, count = (int(arrays[name][index // 2]) for name in ("dilations", "counts"))
            end = start + each.shape[-1] * count
            own = biases[start:end].reshape(each.shape[-1], count)
            groups.append(Convolutions(dilation, PADDINGS[index % 2], each, own))
            start = end
        return cls(tuple(groups))


def fit_convolutions(
    values: np.ndarray, features: int, random: np.random.Generator
) -> RandomConvolutions:
    """Draws the features that each kernel reads, and takes the biases from the series.

    A kernel reads the sum of a random choice of features, of 1 to 9 and few more often than many.
    Its biases are quantiles of its convolution with one series.

    Args:
        values: `(series, steps, features)` float32, whole numbers, at least 9 steps.
        features: int, about how many features are computed: a multiple of 84.
        random: draws features and series.
    """
    basis = kernels()
    count, width = basis.shape[1], values.shape[2]
    dilations, counts = spread_dilations(values.shape[1], max(1, features // count))
    ranks = (np.arange(1, count * sum(counts) + 1) * _GOLDEN) % 1
    groups: list[Convolutions] = []
    start = 0
    for dilation, each in zip(dilations, counts, strict=True):
        weights = basis[:, None, :] * _features_read(width, count, random)
        drawn = values[random.integers(len(values), size=count)]
        windows = _windows(drawn, dilation, "same").reshape(LENGTH * width, count, -1)
        found = np.einsum("wk,wkt->kt", weights.reshape(LENGTH * width, count), windows)
        quantiles = ranks[start : start + count * each].reshape(count, each)
        start += count * each
        biases = np.stack([np.quantile(*pair) for pair in zip(found, quantiles, strict=True)])
        alternate = len(groups) // len(PADDINGS)
        groups += both_paddings(alternate, dilation, weights, biases)
    return RandomConvolutions(tuple(groups))


def both_paddings(
    index: int, dilation: int, weights: np.ndarray, biases: np.ndarray
) -> list[Convolutions]:
    """Divides the kernels of a dilation: every second one has padding, at the next the others.

    Args:
        index: int, number of the dilation.
        dilation: int, steps between two weights.
        weights: `(9, features, 84)`, of -1, 2 and 0.
        biases: `(84, biases)`, any numbers.
    """
    biases = np.floor(biases).astype("float32") + np.float32(0.5)  # As many are above them.
    rows = slice(index % 2, None, 2), slice(1 - index % 2, None, 2)
    return [
        Convolutions(dilation, padding, weights[:, :, row], biases[row])
        for padding, row in zip(PADDINGS, rows, strict=True)
    ]


def spread_dilations(steps: int, features: int) -> tuple[list[int], list[int]]:
    """Returns dilations, spaced exponentially up to the length of a series, and biases of each.

    Args:
        steps: int, length of the series, at least 9.
        features: int, biases of each kernel over all dilations.
    """
    most = min(features, MOST_DILATIONS)
    exponents = np.linspace(0, np.log2((steps - 1) / (LENGTH - 1)), most)
    dilations, found = np.unique((2**exponents).astype(int), return_counts=True)
    counts = (found * (features / most)).astype(int)
    counts[: features - counts.sum()] += 1
    return dilations.tolist(), counts.tolist()


def _features_read(width: int, count: int, random: np.random.Generator) -> np.ndarray:
    """Draws the features that each kernel reads: `(width, count)` of 0 and 1."""
    sizes = 2 ** random.uniform(0, np.log2(min(width, LENGTH) + 1), count)
    found = np.zeros((width, count), "float32")
    for kernel, size in enumerate(sizes.astype(int)):
        found[random.choice(width, size, replace=False), kernel] = 1.0
    return found


def _windows(values: np.ndarray, dilation: int, padding: str) -> np.ndarray:
    """Returns what each weight of a kernel meets: `(9, features, series, steps)`."""
    half = (LENGTH // 2) * dilation
    if padding == "same":
        values = np.pad(values, ((0, 0), (half, half), (0, 0)))
    steps = values.shape[1] - 2 * half
    shifted = [values[:, start * dilation :][:, :steps] for start in range(LENGTH)]
    return np.stack(shifted).transpose(0, 3, 1, 2)


def _shares(group: Convolutions, values: np.ndarray) -> np.ndarray:
    """Computes the features of one group: `(series, kernels * biases)`."""
    windows = _windows(values, group.dilation, group.padding)
    count = group.weights.shape[-1]
    rows = windows.reshape(-1, windows.shape[2] * windows.shape[3])
    found = (group.weights.reshape(-1, count).T @ rows).reshape(count, len(values), -1)
    shares = [
        np.greater(sums[None], biases[:, None, None]).mean(axis=2, dtype="float32")
        for sums, biases in zip(found, group.biases, strict=True)
    ]
    return np.concatenate(shares).T
