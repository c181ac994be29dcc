"""Hashed n-grams of tokens: their bucket ids, and the sum of their vectors at each token."""

from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.text.ngram_hashing import BUCKETS, next_bucket
from attn_tuner.text.token_ids import PADDING

SHORT_LENGTH = 100.0  # Tokens.
NO_NGRAM = 0  # Bucket id at tokens behind which the text ends.


def hashed_ngrams(ids: Tensor, longest: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields, for each length from 2 to `longest`, the n-grams that begin at each token.

    Args:
        ids: `(batch, steps)` int32, 0 is padding.
        longest: tokens in the longest n-gram.

    Yields:
        Their hashes `(batch, steps)`, from `text.ngram_hashing.next_bucket`, and whether the text
        goes on as far, `(batch, steps)` bool.
    """
    bucket, following = ids, ids
    whole = ops.not_equal(ids, PADDING)
    for length in range(2, longest + 1):
        following = ops.concatenate([following[:, 1:], ops.zeros_like(ids[:, :1])], axis=1)
        whole = ops.logical_and(whole, ops.not_equal(following, PADDING))
        bucket = next_bucket(bucket, following, length)
        yield bucket, whole


@keras.saving.register_keras_serializable(package="attn_tuner")
class NGramIds(keras.layers.Layer):
    """Maps the n-grams of 2 to `longest` tokens that begin at each token to ids of buckets.

        b_{t,n} = max(h(id_t, ..., id_{t+n-1}) mod buckets, 1),     0 where the text ends before

    h is `text.ngram_hashing.next_bucket`. There is no table of n-grams: two may share a bucket.
    With a divisor of `buckets` in its place, all that shared a bucket still do.

    Args:
        buckets: number of ids, `NO_NGRAM` included, 2 to 2^20.
        longest: tokens in the longest n-gram, from 2.

    Shapes:
        ids `(batch, steps)`, 0 is padding, to bucket ids `(batch, steps, longest - 1)`, int32.

    Reference:
        Joulin et al. 2017, section 2.3. https://aclanthology.org/E17-2068
    """

    def __init__(self, buckets: int, longest: int = 2, **kwargs: Any):
        super().__init__(**kwargs)
        self.buckets = size("buckets", buckets, least=2)
        self.longest = size("longest", longest, least=2)
        if self.buckets > BUCKETS:
            raise SpaceError(f"buckets is {self.buckets:,}. It should be at most {BUCKETS:,}.")

    def build(self, ids_shape: Shape) -> None:
        pass

    def call(self, ids: Tensor) -> Tensor:
        found = [
            ops.where(whole, ops.maximum(bucket % self.buckets, 1), NO_NGRAM)
            for bucket, whole in hashed_ngrams(ops.cast(ids, "int32"), self.longest)
        ]
        return ops.stack(found, axis=-1)

    def compute_output_spec(self, ids: Tensor) -> Any:
        return keras.KerasTensor((*ids.shape, self.longest - 1), dtype="int32")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "buckets": self.buckets, "longest": self.longest}


@keras.saving.register_keras_serializable(package="attn_tuner")
class NGramSum(keras.layers.Layer):
    """Adds the vectors of the n-grams that begin at each token, and scales the sum.

        p_t = gain sum_n [b_{t,n} != 0] v_{t,n}

    Adam moves every weight by about the learning rate. With a gain g the vectors that are read
    move g times as far, which n-grams need: each is in few batches.

    Args:
        gain: float, factor of the sum.

    Shapes:
        vectors `(batch, steps, n, width)` and bucket ids `(batch, steps, n)` to
        `(batch, steps, width)`.
    """

    def __init__(self, gain: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.gain = float(gain)

    def build(self, shapes: Sequence[Shape]) -> None:
        pass

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        vectors, buckets = inputs
        there = ops.cast(ops.not_equal(buckets, NO_NGRAM), vectors.dtype)
        return self.gain * ops.sum(vectors * there[..., None], axis=2)

    def compute_output_spec(self, inputs: Sequence[Tensor]) -> Any:
        vectors, _ = inputs
        return keras.KerasTensor((*vectors.shape[:2], vectors.shape[3]), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gain": self.gain}


@keras.saving.register_keras_serializable(package="attn_tuner")
class LengthScale(keras.layers.Layer):
    """Scales the mean over the tokens of a long text by the root of their number.

        c = m max(1, sqrt(T / short)),     so for T > short: c = sum_t p_t / sqrt(T short)

    In a mean, an n-gram counts the less, the longer its text is. A sum over the root of the length
    has the same spread for texts of every length, as the rows of length 1 of TF-IDF have.

    Args:
        short: float, tokens of a text up to which its mean stays as it is.

    Shapes:
        mean `(batch, width)` and mask `(batch, steps)`, True where there is text, to
        `(batch, width)`.
    """

    def __init__(self, short: float = SHORT_LENGTH, **kwargs: Any):
        super().__init__(**kwargs)
        self.short = float(short)

    def build(self, shapes: Sequence[Shape]) -> None:
        pass

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        mean, mask = inputs
        tokens = ops.sum(ops.cast(mask, "float32"), axis=1, keepdims=True)
        factor = ops.maximum(ops.sqrt(tokens / self.short), 1.0)
        return mean * ops.cast(factor, mean.dtype)

    def compute_output_spec(self, inputs: Sequence[Tensor]) -> Any:
        mean, _ = inputs
        return keras.KerasTensor(mean.shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "short": self.short}


def folded(table: np.ndarray, buckets: int) -> np.ndarray:
    """Returns a table of fewer buckets: of the rows that fall together, the longest.

    Args:
        table: `(rows, width)`, indexed by `NGramIds`.
        buckets: rows of the result, a divisor of the rows of `table`.
    """
    groups = table.reshape(-1, buckets, table.shape[1])
    if len(groups) == 1:
        return table
    longest = np.linalg.norm(groups, axis=2).argmax(axis=0)
    rows = groups[longest, np.arange(buckets)]
    rows[NO_NGRAM] = table[NO_NGRAM]
    return rows
