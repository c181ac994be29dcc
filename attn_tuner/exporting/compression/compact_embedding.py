"""An embedding layer in fewer bytes: fewer rows, narrower numbers, or two factors."""

from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.exporting.compression.product_quantization import (
    CODEBOOK_SIZE,
    GROUP_SIZES,
    quantize,
)

ROW_FORMATS = ("float32", "float16", "int8", "int4", *GROUP_SIZES)
_GREATEST = {"int8": 127, "int4": 7}  # Largest integer; each row has its own scale.


@keras.saving.register_keras_serializable("attn_tuner")
class CompactEmbedding(keras.layers.Layer):
    """Looks up vectors in a table of narrow numbers, and converts them to floats.

        e_i = s_i (T_i U)       s_i only with int8 and int4 rows, U only with a rank

    Two int4 numbers share a byte, b = 16 (high + 8) + (low + 8) - 128, the first half of the row in
    the high bits, the second in the low bits. With pairs, triples and fours, so many neighbours
    share a byte, an index into a codebook of 256 such groups.

    Args:
        input_dim: int, number of ids.
        output_dim: int, width of a vector.
        rows: format of the table T: `"float32"`, `"float16"`, `"int8"`, `"int4"`, `"pairs"`,
            `"triples"` or `"fours"`.
        rank: int, width of T; None for `output_dim`, without U.
        mask_zero: bool, whether id 0 is masked, as in `keras.layers.Embedding`.

    Shapes:
        ids `(batch, steps)` to `(batch, steps, output_dim)`.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        rows: str = "int8",
        rank: int | None = None,
        mask_zero: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.rows = rows
        self.rank = rank
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero

    @property
    def width(self) -> int:
        """Numbers in a row of the table."""
        return self.rank or self.output_dim

    @property
    def group(self) -> int:
        """Numbers that share a column of the table."""
        return 2 if self.rows == "int4" else GROUP_SIZES.get(self.rows, 1)

    def build(self, ids_shape: tuple) -> None:
        def fixed(name, shape, dtype):
            return self.add_weight(
                name=name, shape=shape, dtype=dtype, initializer="zeros", trainable=False
            )

        group = self.group
        kind = self.rows if group == 1 else "int8"
        self.table = fixed("table", (self.input_dim, -(-self.width // group)), kind)
        if self.rows in GROUP_SIZES:
            self.books = fixed("books", (self.table.shape[1] * CODEBOOK_SIZE, group), "float32")
        if self.rows in _GREATEST:
            self.scale = fixed("scale", (self.input_dim, 1), "float32")
        if self.rank is not None:
            self.factor = fixed("factor", (self.rank, self.output_dim), "float32")

    def call(self, ids: Any) -> Any:
        ids = ops.cast(ids, "int32")
        taken = ops.take(self.table, ids, axis=0)
        if self.rows in GROUP_SIZES:
            vectors = self._looked_up(taken, ops.shape(ids))
        else:
            vectors = ops.cast(taken, "float32")
        if self.rows == "int4":
            # In floats, which are exact here, as not every format divides integers.
            high = ops.floor((vectors + 128.0) / 16.0)
            low = vectors + 128.0 - 16.0 * high
            vectors = ops.concatenate([high, low], axis=-1)[..., : self.width] - 8.0
        if self.rows in _GREATEST:
            vectors = vectors * ops.take(self.scale, ids, axis=0)
        if self.rank is not None:
            vectors = ops.matmul(vectors, self.factor)
        return ops.cast(vectors, self.compute_dtype)

    def _looked_up(self, codes, shape):
        """Decodes codes (batch, steps, places) with their codebooks."""
        places = codes.shape[-1]
        begins = ops.arange(places, dtype="int32") * CODEBOOK_SIZE + CODEBOOK_SIZE // 2
        groups = ops.take(self.books, ops.cast(codes, "int32") + begins, axis=0)
        return ops.reshape(groups, (*shape, places * self.group))[..., : self.width]

    def assign_table(self, table: np.ndarray) -> None:
        """Compresses a full table (input_dim, output_dim) into this layer."""
        if self.rank is not None:
            left, strengths, right = np.linalg.svd(table, full_matrices=False)
            self.factor.assign(right[: self.rank])
            table = left[:, : self.rank] * strengths[: self.rank]
        if self.rows in _GREATEST:
            greatest = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12)
            scale = greatest / _GREATEST[self.rows]
            self.scale.assign(scale)
            table = np.round(table / scale)
        if self.rows == "int4":
            table = np.pad(table, [(0, 0), (0, table.shape[1] % 2)])
            high, low = np.split(table, 2, axis=1)
            table = 16 * (high + 8) + low + 8 - 128
        if self.rows in GROUP_SIZES:
            table, books = quantize(table, self.group)
            self.books.assign(books)
        self.table.assign(table.astype(self.rows if self.group == 1 else "int8"))

    def compute_mask(self, ids: Any, mask: Any = None) -> Any:
        return ops.not_equal(ids, 0) if self.mask_zero else None

    def compute_output_spec(self, ids: Any) -> keras.KerasTensor:
        return keras.KerasTensor((*ids.shape, self.output_dim), dtype=self.compute_dtype)

    def get_config(self) -> dict:
        names = ("input_dim", "output_dim", "rows", "rank", "mask_zero")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
