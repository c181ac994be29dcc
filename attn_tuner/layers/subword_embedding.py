"""Vectors of the parts of words, added to those of the words."""

from typing import Any

import keras
from keras import ops

from attn_tuner.layers.block import Block
from attn_tuner.layers.types import Member, Shape, Tensor
from attn_tuner.layers.word_parts import fixed_tables, hold_tables, part_buckets
from attn_tuner.text.distinct_ids import distinct_ids
from attn_tuner.text.subwords import NOTHING, PartTables


class SubwordEmbedding(Block):
    """Adds to the vector of each word the mean of the vectors of its character n-grams.

        e_w = u_w + 1/|G_w| sum over g in G_w of z_h(g)

    u_w is the vector of the word, or of unknown words; G_w are its n-grams of 3 to 5 characters,
    h(g) is the bucket of one, z the table of buckets. It begins with zeros, so that the model
    begins as one of words alone, and n-grams that no training text has add nothing. An id from
    `vocabulary_size` on stands for a word outside the vocabulary. Its vector u is that of unknown
    words, and its n-grams are those of its longest known beginning and end; see `text.subwords`.
    The buckets of each word are weights that are not trained; `hold` sets them.

    Args:
        vocabulary_size: ids of words.
        parts: buckets of a word at most.
        beginnings, ends: number of beginnings and ends of words, none included.
        affix_parts: buckets of a beginning or an end at most.
        buckets: rows of the table z.
        output_dim: width of a vector.
        table: layer that looks up buckets; a `keras.layers.Embedding` if not given.

    Shapes:
        vectors `(batch, steps, output_dim)` and ids `(batch, steps)` to vectors of the same shape.

    Reference:
        Bojanowski et al. 2017, section 3.2, of which the word is itself a part there.
        https://aclanthology.org/Q17-1010
    """

    def __init__(
        self,
        vocabulary_size: int,
        parts: int,
        beginnings: int,
        ends: int,
        affix_parts: int,
        buckets: int,
        output_dim: int,
        table: Member | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.parts = parts
        self.beginnings = beginnings
        self.ends = ends
        self.affix_parts = affix_parts
        self.buckets = buckets
        self.output_dim = output_dim
        if table is None:
            table = keras.layers.Embedding(
                buckets, output_dim, "zeros", dtype=self.dtype_policy, name="buckets"
            )
        elif isinstance(table, dict):
            table = keras.saving.deserialize_keras_object(table)
        self.table = table

    @classmethod
    def of(cls, tables: PartTables, output_dim: int, **kwargs: Any) -> "SubwordEmbedding":
        """Makes the layer for the parts of a vocabulary; call `hold` when it is built."""
        return cls(
            *tables.words.shape,
            len(tables.beginnings),
            *tables.ends.shape,
            tables.buckets,
            output_dim,
            **kwargs,
        )

    def build(self, vectors_shape: Shape, ids_shape: Shape | None = None) -> None:
        self.word_parts, self.beginning_parts, self.end_parts = fixed_tables(
            self,
            self.vocabulary_size,
            self.parts,
            self.beginnings,
            self.ends,
            self.affix_parts,
        )
        if not self.table.built:
            self.table.build((None, None))

    def hold(self, tables: PartTables) -> None:
        """Sets which buckets each word, beginning and end has."""
        hold_tables((self.word_parts, self.beginning_parts, self.end_parts), tables)

    @property
    def held(self) -> PartTables:
        """What `hold` has set."""
        held = (self.word_parts, self.beginning_parts, self.end_parts)
        return PartTables(*map(ops.convert_to_numpy, held), self.buckets)

    def call(self, vectors: Tensor, ids: Tensor) -> Tensor:
        shape = ops.shape(ids)
        ids = ops.reshape(ops.cast(ids, "int32"), (-1,))
        ids, places = distinct_ids(ids)
        buckets = part_buckets(ids, self.word_parts, self.beginning_parts, self.end_parts)
        if places is None:
            means = self._means_by_part(buckets)
        else:
            means = ops.take(self._means(buckets), places, axis=0)
        return vectors + ops.reshape(means, (*shape, self.output_dim))

    def _means(self, buckets: Tensor) -> Tensor:
        """Averages the vectors of buckets `(ids, parts)`: `(ids, output_dim)`."""
        return ops.sum(self._shares(buckets)[..., None] * self.table(_rows(buckets)), axis=1)

    def _means_by_part(self, buckets: Tensor) -> Tensor:
        """Averages as `_means` does, in a `parts`-th of the memory, for as many ids as tokens."""
        shares, rows = self._shares(buckets), _rows(buckets)
        total = 0.0
        for part in range(self.parts):
            total = total + shares[:, part : part + 1] * self.table(rows[:, part])
        return total

    def _shares(self, buckets: Tensor) -> Tensor:
        present = ops.cast(buckets != NOTHING, self.compute_dtype)
        return present / ops.maximum(ops.sum(present, axis=1, keepdims=True), 1)

    def compute_output_spec(self, vectors: Tensor, ids: Tensor) -> Any:
        return keras.KerasTensor(vectors.shape, dtype=self.compute_dtype)


def _rows(buckets: Tensor) -> Tensor:
    """Returns rows of the table; the share of row 0 is 0 where there is no bucket."""
    return ops.maximum(buckets, 0)
