"""An embedding in fewer bytes: fewer rows, narrower numbers, or a product of two tables."""

import keras
import numpy as np
from keras import ops

ROWS = ("float32", "float16", "int8", "int4")
_GREATEST = {"int8": 127, "int4": 7}  # Of the whole numbers in a row; its scale does the rest.


@keras.saving.register_keras_serializable("attn_tuner")
class CompactEmbedding(keras.layers.Layer):
    """Looks up vectors in a table of narrow numbers, and widens them.

        e_i = s_i (T_i U)       s_i only with int8 and int4 rows, U only with a rank

    Of int4 rows two numbers share a byte, b = 16 (high + 8) + (low + 8) - 128, the first half of
    the row in the high places, the second in the low ones.

    Args:
        input_dim: number of ids.
        output_dim: width of a vector.
        rows: numbers of the table T, `"float32"`, `"float16"`, `"int8"` or `"int4"`.
        rank: width of the table T; None for `output_dim`, without U.
        mask_zero: whether id 0 is masked, as in `keras.layers.Embedding`.

    Shapes:
        ids `(batch, steps)` to `(batch, steps, output_dim)`.
    """

    def __init__(self, input_dim, output_dim, rows="int8", rank=None, mask_zero=False, **kwargs):
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

    def build(self, ids_shape):
        def fixed(name, shape, dtype):
            return self.add_weight(
                name=name, shape=shape, dtype=dtype, initializer="zeros", trainable=False
            )

        packed = self.rows == "int4"
        columns = (self.width + 1) // 2 if packed else self.width
        self.table = fixed("table", (self.input_dim, columns), "int8" if packed else self.rows)
        if self.rows in _GREATEST:
            self.scale = fixed("scale", (self.input_dim, 1), "float32")
        if self.rank is not None:
            self.factor = fixed("factor", (self.rank, self.output_dim), "float32")

    def call(self, ids):
        ids = ops.cast(ids, "int32")
        vectors = ops.cast(ops.take(self.table, ids, axis=0), "float32")
        if self.rows == "int4":
            # In floats, which are exact here: not every format divides whole numbers.
            high = ops.floor((vectors + 128.0) / 16.0)
            low = vectors + 128.0 - 16.0 * high
            vectors = ops.concatenate([high, low], axis=-1)[..., : self.width] - 8.0
        if self.rows in _GREATEST:
            vectors = vectors * ops.take(self.scale, ids, axis=0)
        if self.rank is not None:
            vectors = ops.matmul(vectors, self.factor)
        return ops.cast(vectors, self.compute_dtype)

    def hold(self, table: np.ndarray):
        """Takes the values of a full table (input_dim, output_dim), as near as it can."""
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
        self.table.assign(table.astype("int8" if self.rows == "int4" else self.rows))

    def compute_mask(self, ids, mask=None):
        return ops.not_equal(ids, 0) if self.mask_zero else None

    def compute_output_spec(self, ids):
        return keras.KerasTensor((*ids.shape, self.output_dim), dtype=self.compute_dtype)

    def get_config(self):
        names = ("input_dim", "output_dim", "rows", "rank", "mask_zero")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
