"""Makes batches of texts of similar length, padded to one of a few bucket lengths."""

import keras
import numpy as np
from numpy.typing import ArrayLike

from attn_tuner.errors import DataError
from attn_tuner.text.bucket_lengths import choose_bucket_lengths
from attn_tuner.text.prefetch import VaryingBatches
from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.text.token_store import TokenStore
from attn_tuner.text.truncation import head_tail_lengths


class EpochBatches(VaryingBatches):
    """Batches in a new order every epoch, which can begin in the middle of one.

    A subclass has `_plan`, the batches of an epoch as indices into its rows, and `_batch`, which
    makes one of them. It calls `begin(0)` at the end of its constructor.

    Attributes:
        rows: `(texts,)`, the texts that an epoch has.
        epoch: int, number of the epoch, from 0.
    """

    rows: np.ndarray
    shuffle: bool

    def begin(self, epoch: int, batch: int = 0) -> None:
        """Moves to an epoch, after `batch` of its batches.

        `len` then counts the batches that remain in this epoch; later epochs are complete again. As
        `fit` reads the number of batches once, the rest of an epoch needs a `fit` of its own.

        Args:
            epoch: int, from 0.
            batch: int, batches of that epoch to skip.
        """
        self.epoch = epoch
        self._batches = self._plan(epoch)
        self._order = self._batches[batch:]
        self._running = self._complete = False

    def __len__(self) -> int:
        return len(self._order)

    def __getitem__(self, index: int):
        self._complete |= index == len(self._order) - 1
        return self._batch(self._order[index])

    def on_epoch_begin(self) -> None:
        self._running, self._complete = True, False

    def on_epoch_end(self) -> None:
        # Keras also calls this when it inspects the data before the first epoch.
        if self._running and self._complete:
            self.begin(self.epoch + 1)

    def in_store_order(self, predictions: ArrayLike) -> np.ndarray:
        """Reorders predictions from the order of these batches to that of `rows`."""
        predictions = np.asarray(predictions)
        if self.shuffle:
            raise DataError("Shuffled batches have no order to restore. Use shuffle=False.")
        restored = np.empty_like(predictions)
        restored[np.concatenate(self._order)] = predictions
        return restored

    def _plan(self, epoch: int) -> list[np.ndarray]:
        """Returns the batches of an epoch, each as indices into `rows`."""
        raise NotImplementedError

    def _batch(self, chosen: np.ndarray) -> tuple:
        """Returns the batch of these indices into `rows`."""
        raise NotImplementedError


class Batches(EpochBatches):
    """Yields every text of a store once per epoch, for `Model.fit` on any backend.

        model.fit(Batches(train, 32, max_length=400), epochs=3)
        validation = Batches(part, 64, shuffle=False)
        probabilities = validation.in_store_order(model.predict(validation))

    A batch is `(ids, labels)`, with weights `(ids, labels, sample_weight)`: ids (batch, steps)
    int32 with 0 behind each text, labels (batch, ...) as the store has them. All batches but the
    last of an epoch are full. The order depends on `seed` and the number of the epoch alone.

    Args:
        store: `TokenStore` of the texts.
        batch_size: int, texts per batch.
        max_length: tokens kept of a text, or None for all.
        truncation: "head", "tail" or "ends" of a text over the limit.
        vocabulary_size: ids from here on are read as unknown.
        shuffle: bool, whether each epoch has its own random order; without, texts are sorted by
            length.
        seed: int, for the random orders.
        rows: `(texts,)` int, indices of the texts to use, such as from `TokenStore.fraction`; all
            by default.
        bucket_count: int, maximum number of bucket lengths. Defaults to one per 16 batches, between
            8 and 48, and to 6 on JAX.
        sample_weight: `(texts of the store,)` float, weight of each text in the loss.
        subwords: bool, whether words outside the vocabulary have ids that say their parts.
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
        rows: ArrayLike | None = None,
        bucket_count: int | None = None,
        sample_weight: ArrayLike | None = None,
        subwords: bool = False,
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
        self.subwords = subwords
        self.shuffle = shuffle
        self.seed = seed
        whole = store.lengths[rows]
        self._starts, self._whole = store.offsets[:-1][rows], whole
        self._first = None if max_length is None else head_tail_lengths(max_length, truncation)[0]
        self.lengths = whole if max_length is None else np.minimum(whole, max_length)
        bucket_count = bucket_count or _default_bucket_count(len(rows) // self.batch_size)
        self.bucket_lengths = choose_bucket_lengths(self.lengths, bucket_count, max_length)
        self._bucket = np.searchsorted(self.bucket_lengths, self.lengths)
        self._weights = (
            None if sample_weight is None else np.asarray(sample_weight, "float32")[rows]
        )
        self.begin(0)

    @property
    def labels(self) -> np.ndarray:
        """Labels in the order of `rows`: `(texts, ...)`."""
        return self.store.labels[self.rows]

    def examples(self) -> list:
        """Returns two batches of an epoch, of different lengths if there are any."""
        return [self._batch(chosen) for chosen in self._batches[:2]]

    def padded_tokens(self) -> int:
        """Counts the time steps that an epoch computes, padding included."""
        return int(
            sum(len(b) * self.bucket_lengths[self._bucket[b].max()] for b in self._plan(self.epoch))
        )

    def _batch(self, chosen):
        batch = self.ids_of(chosen), self.store.labels[self.rows[chosen]]
        return batch if self._weights is None else (*batch, self._weights[chosen])

    def ids_of(self, chosen: np.ndarray) -> np.ndarray:
        """Returns the ids of texts, as in a batch: `(texts, steps)`.

        Args:
            chosen: `(texts,)` int, indices into `rows`.
        """
        steps = np.arange(self.bucket_lengths[self._bucket[chosen].max()])
        own = self.lengths[chosen, None]
        there = steps < own
        places = self._starts[chosen, None] + steps
        if self._first is not None:
            # After the head, continue with the tail of the text.
            skipped = self._whole[chosen, None] - own
            places = places + np.where(steps < self._first, 0, skipped)
        ids = np.full(there.shape, PADDING, np.int32)
        ids[there] = self.store.at(places[there], self.subwords)
        if self.vocabulary_size is not None:
            ids[ids >= self.vocabulary_size] = UNKNOWN
        return ids

    def _plan(self, epoch: int) -> list[np.ndarray]:
        return _two_lengths_first(self._shuffled_or_sorted(epoch), self._bucket)

    def _shuffled_or_sorted(self, epoch: int) -> list[np.ndarray]:
        random = np.random.default_rng((self.seed, epoch)) if self.shuffle else None
        if random is None:
            texts = np.argsort(self.lengths, kind="stable")
        else:
            texts = random.permutation(len(self.rows))
            texts = texts[np.argsort(self._bucket[texts], kind="stable")]
        # The rest of a bucket starts the next bucket's batches, so only the last is not full.
        batches = np.split(texts, range(self.batch_size, len(texts), self.batch_size))
        if random is None:
            return batches
        return [batches[place] for place in random.permutation(len(batches))]


def _default_bucket_count(batches: int) -> int:
    """Chooses the number of bucket lengths for so many batches.

    Each bucket needs several batches, or the same texts meet in a batch every epoch. JAX compiles
    the model for every length; on other backends a length costs nothing.
    """
    if keras.backend.backend() == "jax":
        return 6
    return min(48, max(8, batches // 16))


def _two_lengths_first(batches, rung) -> list[np.ndarray]:
    """Puts two batches of different lengths first, if there are any.

    On TensorFlow, Keras learns from the first two batches which dimensions vary.
    """
    widths = np.array([rung[batch].max() for batch in batches])
    other = np.flatnonzero(widths != widths[:1])
    if len(other):
        batches = list(batches)
        batches[1], batches[other[0]] = batches[other[0]], batches[1]
    return batches
