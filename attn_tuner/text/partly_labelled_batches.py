"""Makes batches of labelled texts with as many texts without labels behind them."""

from typing import Any

import numpy as np

from attn_tuner.text.batches import Batches
from attn_tuner.text.token_ids import PADDING
from attn_tuner.text.token_store import TokenStore


class PartlyLabelledBatches(Batches):
    """Yields batches of labelled texts, each followed by as many texts without labels.

    A batch is `(ids, labels, sample_weight)`. Texts without labels have a weight of 0 and labels of
    0; the weights of the others are doubled, so that a mean over the batch is the mean over the
    labelled texts. The labelled texts come as in `Batches`. The others are drawn anew for each
    batch, by the seed, from those whose lengths fall into its bucket.

    Args:
        store: `TokenStore` of the labelled texts.
        unlabelled: `TokenStore` of the others, not empty; its labels are not read.
        batch_size: int, labelled texts per batch.
        options: as of `Batches`, but `shuffle`.
    """

    def __init__(
        self, store: TokenStore, unlabelled: TokenStore, batch_size: int = 32, **options: Any
    ):
        reading = ("max_length", "truncation", "vocabulary_size", "subwords")
        alike = {name: options[name] for name in reading if name in options}
        self.others = Batches(unlabelled, batch_size, shuffle=False, **alike)
        self._by_length = np.argsort(self.others.lengths, kind="stable")
        self._lengths = self.others.lengths[self._by_length]
        super().__init__(store, batch_size, **options)

    def _batch(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        ids, labels, *weights = super()._batch(chosen)
        more = self._drawn(chosen, ids.shape[1])
        weight = weights[0] if weights else np.ones(len(ids), "float32")
        return (
            np.concatenate([ids, more]),
            np.concatenate([labels, np.zeros_like(labels)]),
            np.concatenate([2 * weight, np.zeros_like(weight)]),
        )

    def _drawn(self, chosen: np.ndarray, steps: int) -> np.ndarray:
        """Returns the ids of texts without labels, `(len(chosen), steps)`."""
        random = np.random.default_rng((self.seed, self.epoch, int(chosen[0])))
        shorter = self.bucket_lengths[self.bucket_lengths < steps].max(initial=-1)
        first, last = np.searchsorted(self._lengths, (shorter, steps), side="right")
        last = max(last, 1)  # The shortest text, cut, where all are longer.
        first = max(0, min(first, last - len(chosen)))
        texts = self._by_length[random.integers(first, last, len(chosen))]
        found = self.others.ids_of(texts)[:, :steps]
        missing = steps - found.shape[1]
        return np.pad(found, ((0, 0), (0, missing)), constant_values=PADDING)
