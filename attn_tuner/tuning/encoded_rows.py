"""Holds the encoded texts of a run with the columns beside them."""

from typing import Any, ClassVar

import numpy as np

from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.inputs.kinds import COLUMNS
from attn_tuner.space import SearchSpace
from attn_tuner.text import TextDataset, Vectorizer
from attn_tuner.text.batches import Batches
from attn_tuner.text.columns.batches import RowBatches
from attn_tuner.text.columns.encoder import ColumnEncoder
from attn_tuner.text.columns.vectorizer import RowVectorizer
from attn_tuner.text.token_store import TokenStore
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.encoded_texts import EncodedTexts


class EncodedRows(EncodedTexts):
    """The encoded texts of a run, whose stores have columns.

    Args:
        stores: as of `EncodedTexts`.
        vectorizer: the `RowVectorizer` that encoded them.
    """

    vectorizer: RowVectorizer

    input: ClassVar[str] = COLUMNS.name
    batch_class: ClassVar[type[Batches]] = RowBatches

    @classmethod
    def build_vectorizer(cls, dataset: TextDataset) -> Vectorizer:
        texts = Vectorizer.build(dataset.train.texts, further=dataset.unlabelled)
        rows = dataset.train.columns or []
        columns = ColumnEncoder.fit(rows, list(rows[0]), dataset.name)
        return RowVectorizer(texts.vocabulary, texts.split, columns=columns)

    def model_options(self, space: SearchSpace) -> dict[str, Any]:
        return {**super().model_options(space), "columns": self.vectorizer.columns}

    def shuffled(
        self, store: TokenStore, values: dict, seed: int, rows: np.ndarray | None = None
    ) -> LengthBatches:
        """Returns batches for training, of labelled rows alone: other texts have no columns."""
        return EncodedData.shuffled(self, store, values, seed, rows)
