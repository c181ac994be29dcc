"""Makes batches of texts with the columns beside them."""

import numpy as np

from attn_tuner.text.batches import Batches


class RowBatches(Batches):
    """Batches of texts of similar length, whose inputs are `(ids, columns)`.

    ids are as of `Batches`; columns `(batch, columns)` float32 as `ColumnEncoder.read` makes them.

    Args:
        store, batch_size, options: as of `Batches`; the store has columns.
    """

    def inputs_of(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.ids_of(chosen), self.store.columns[self.rows[chosen]]
