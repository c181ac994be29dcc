"""Makes batches of texts of similar length, padded to one of a few bucket lengths."""

from typing import Any

import numpy as np

from attn_tuner.inputs.batches import LengthBatches
from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.text.token_store import TokenStore


class Batches(LengthBatches):
    """Yields every text of a store once per epoch, for `Model.fit` on any backend.

        model.fit(Batches(train, 32, max_length=400), epochs=3)
        validation = Batches(part, 64, shuffle=False)
        probabilities = validation.in_store_order(model.predict(validation))

    A batch is `(ids, labels)`, with weights `(ids, labels, sample_weight)`: ids (batch, steps)
    int32 with 0 behind each text, labels (batch, ...) as the store has them.

    Args:
        store: `TokenStore` of the texts.
        batch_size: int, texts per batch.
        max_length: tokens kept of a text, or None for all.
        truncation: "head", "tail" or "ends" of a text over the limit.
        vocabulary_size: ids from here on are read as unknown.
        subwords: bool, whether words outside the vocabulary have ids that say their parts.
        options: as of `LengthBatches`: `shuffle`, `seed`, `rows`, `bucket_count`,
            `sample_weight`.
    """

    def __init__(
        self,
        store: TokenStore,
        batch_size: int = 32,
        max_length: int | None = None,
        truncation: str = "head",
        vocabulary_size: int | None = None,
        subwords: bool = False,
        **options: Any,
    ):
        self.vocabulary_size = vocabulary_size
        self.subwords = subwords
        super().__init__(store, batch_size, max_length, truncation, **options)

    def inputs_of(self, chosen: np.ndarray) -> np.ndarray:
        return self.ids_of(chosen)

    def ids_of(self, chosen: np.ndarray) -> np.ndarray:
        """Returns the ids of texts, as in a batch: `(texts, steps)`.

        Args:
            chosen: `(texts,)` int, indices into `rows`.
        """
        there, places = self.places_of(chosen)
        ids = np.full(there.shape, PADDING, np.int32)
        ids[there] = self.store.at(places[there], self.subwords)
        if self.vocabulary_size is not None:
            ids[ids >= self.vocabulary_size] = UNKNOWN
        return ids
