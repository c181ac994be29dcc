"""Batches of texts of like length, padded to a short ladder of lengths."""

import keras
import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.text.bucket_lengths import ladder
from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.text.token_store import TokenStore
from attn_tuner.text.truncation import ends_kept


class Batches(keras.utils.PyDataset):
    """Every text of a store once an epoch, for `Model.fit` on any backend.

        model.fit(Batches(train, 32, max_length=400), epochs=3)
        validation = Batches(part, 64, shuffle=False)
        probabilities = validation.restore(model.predict(validation))   # in the store's order

    A batch is `(ids, labels)`, with weights `(ids, labels, sample_weight)`: ids (batch, steps)
    int32 with 0 behind each text, labels (batch, ...) as the store has them. All batches but the
    last of an epoch are full. The order depends on `seed` and the number of the epoch alone.

    Args:
        store: the encoded texts.
        batch_size: texts in a batch.
        max_length: tokens kept of a text, or None for all.
        truncation: "head", "tail" or "ends" of a text over the limit.
        vocabulary_size: ids from here on are read as unknown.
        shuffle: whether each epoch has an order of its own; without, it is fixed.
        seed: of the orders.
        rows: which texts of the store to use, as from `TokenStore.fraction`; all by default.
        rungs: how many lengths the ladder has at most; by default 8 to 48, one for
            16 batches, and 6 on JAX.
        sample_weight: (texts of the store,) weight of each text in the loss.
    """

    def __init__(
        self,
        store: TokenStore,
        batch_size: int = 32,
        max_length: int | None = None,
        truncation: str = "head",
        vocabulary_size: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        rows=None,
        rungs: int | None = None,
        sample_weight=None,
    ):
        super().__init__()
        rows = np.arange(len(store)) if rows is None else np.asarray(rows, np.int64)
        if not len(rows):
            raise DataError("There are no texts to make batches of.")
        if batch_size < 1:
            raise DataError(f"The batch size is {batch_size}. It should be at least 1.")
        self.store = store
        self.rows = rows
        self.batch_size = int(batch_size)
        self.vocabulary_size = vocabulary_size
        self.shuffle = shuffle
        self.seed = seed
        whole = store.lengths[rows]
        self._starts, self._whole = store.offsets[:-1][rows], whole
        self._first = None if max_length is None else ends_kept(max_length, truncation)[0]
        self.lengths = whole if max_length is None else np.minimum(whole, max_length)
        rungs = rungs or _usual_rungs(len(rows) // self.batch_size)
        self.ladder = ladder(self.lengths, rungs, max_length)
        self._rung = np.searchsorted(self.ladder, self.lengths)
        self._weights = (
            None if sample_weight is None else np.asarray(sample_weight, "float32")[rows]
        )
        self.begin(0)

    @property
    def labels(self) -> np.ndarray:
        """(texts, ...) in the order of `rows`, which is that of `restore`."""
        return self.store.labels[self.rows]

    def begin(self, epoch: int, batch: int = 0):
        """Sets where to go on: at an epoch, and behind so many of its batches.

        `len` then counts what is left of that epoch; the epochs behind it are whole again. As
        `fit` takes the number of batches once, what is left of an epoch needs its own `fit`.
        """
        self.epoch = epoch
        self._every = _apart(self._plan(epoch), self._rung)
        self._order = self._every[batch:]
        self._running = self._complete = False

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int):
        self._complete |= index == len(self._order) - 1
        return self._batch(self._order[index])

    def examples(self) -> list:
        """Two batches of different lengths where the epoch has any, as what is left may not."""
        return [self._batch(chosen) for chosen in self._every[:2]]

    def on_epoch_begin(self):
        self._running, self._complete = True, False

    def on_epoch_end(self):
        # Keras calls this around its first look at the data too, when no epoch has run.
        if self._running and self._complete:
            self.begin(self.epoch + 1)

    def restore(self, predictions) -> np.ndarray:
        """Predictions, one row per text in the order of these batches, in the order of `rows`."""
        predictions = np.asarray(predictions)
        if self.shuffle:
            raise DataError("Shuffled batches have no order to restore. Use shuffle=False.")
        restored = np.empty_like(predictions)
        restored[np.concatenate(self._order)] = predictions
        return restored

    def padded_tokens(self) -> int:
        """Steps that an epoch computes, padding included."""
        return int(sum(len(b) * self.ladder[self._rung[b].max()] for b in self._plan(self.epoch)))

    def _batch(self, chosen):
        batch = self._ids(chosen), self.store.labels[self.rows[chosen]]
        return batch if self._weights is None else (*batch, self._weights[chosen])

    def _ids(self, chosen) -> np.ndarray:
        steps = np.arange(self.ladder[self._rung[chosen].max()])
        own = self.lengths[chosen, None]
        there = steps < own
        places = self._starts[chosen, None] + steps
        if self._first is not None:
            # Behind what is kept of the beginning, the text goes on at its end.
            skipped = self._whole[chosen, None] - own
            places = places + np.where(steps < self._first, 0, skipped)
        ids = np.full(there.shape, PADDING, np.int32)
        ids[there] = self.store.ids[places[there]]
        if self.vocabulary_size is not None:
            ids[ids >= self.vocabulary_size] = UNKNOWN
        return ids

    def _plan(self, epoch: int) -> list[np.ndarray]:
        """The batches of an epoch, each as places in `rows`."""
        random = np.random.default_rng((self.seed, epoch)) if self.shuffle else None
        if random is None:
            texts = np.argsort(self.lengths, kind="stable")
        else:
            texts = random.permutation(len(self.rows))
            texts = texts[np.argsort(self._rung[texts], kind="stable")]
        # What a rung leaves over begins the next rung's batches, so only the last is not full.
        batches = np.split(texts, range(self.batch_size, len(texts), self.batch_size))
        if random is None:
            return batches
        return [batches[place] for place in random.permutation(len(batches))]


def _usual_rungs(batches: int) -> int:
    """So few lengths that each has batches enough for another mixture of texts every epoch.

    JAX compiles the model for every length; to the others a length costs nothing.
    """
    if keras.backend.backend() == "jax":
        return 6
    return min(48, max(8, batches // 16))


def _apart(batches, rung) -> list[np.ndarray]:
    """The same batches, the first two of different lengths wherever there are two lengths.

    On TensorFlow, Keras learns from the first two batches which dimensions vary.
    """
    widths = np.array([rung[batch].max() for batch in batches])
    other = np.flatnonzero(widths != widths[:1])
    if len(other):
        batches = list(batches)
        batches[1], batches[other[0]] = batches[other[0]], batches[1]
    return batches
