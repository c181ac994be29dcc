"""Makes batches of inputs of similar length, padded to one of a few bucket lengths."""

from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import ArrayLike

from attn_tuner.errors import DataError
from attn_tuner.inputs.bucket_lengths import choose_bucket_lengths
from attn_tuner.inputs.prefetch import VaryingBatches
from attn_tuner.inputs.truncation import head_tail_lengths


class Store(Protocol):
    """Encoded inputs of one part, one behind the other."""

    def __len__(self) -> int: ...

    @property
    def offsets(self) -> np.ndarray: ...

    @property
    def labels(self) -> np.ndarray: ...

    @property
    def lengths(self) -> np.ndarray: ...


class EpochBatches(VaryingBatches):
    """Batches in a new order every epoch, which can begin in the middle of one.

    A subclass has `_plan`, the batches of an epoch as indices into its rows, and `_batch`, which
    makes one of them. It calls `begin(0)` at the end of its constructor.

    Attributes:
        rows: `(inputs,)`, the inputs that an epoch has.
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


class LengthBatches(EpochBatches):
    """Yields every input of a store once per epoch, for `Model.fit` on any backend.

    A batch is `(inputs, labels)`, with weights `(inputs, labels, sample_weight)`: what `inputs_of`
    returns for its rows, and labels (batch, ...) as the store has them. All batches but the last
    of an epoch are full. The order depends on `seed` and the number of the epoch alone.

    Args:
        store: the inputs.
        batch_size: int, inputs per batch.
        max_length: steps kept of an input, or None for all.
        truncation: "head", "tail" or "ends" of an input over the limit.
        shuffle: bool, whether each epoch has its own random order; without, inputs are sorted by
            length.
        seed: int, for the random orders.
        rows: `(n,)` int, indices of the inputs to use; all by default. An index may occur several
            times.
        bucket_count: int, maximum number of bucket lengths. Defaults to one per 16 batches, between
            8 and 48, and to 6 on JAX.
        sample_weight: `(inputs of the store,)` float, weight of each input in the loss.
    """

    def __init__(
        self,
        store: Store,
        batch_size: int = 32,
        max_length: int | None = None,
        truncation: str = "head",
        shuffle: bool = True,
        seed: int = 0,
        rows: ArrayLike | None = None,
        bucket_count: int | None = None,
        sample_weight: ArrayLike | None = None,
    ):
        super().__init__()
        rows = np.arange(len(store)) if rows is None else np.asarray(rows, np.int64)
        if not len(rows):
            raise DataError("There are no texts to make batches of.")
        if batch_size < 1:
            raise DataError(f"The batch size is {batch_size}. It should be at least 1.")
        self.store: Any = store
        self.rows = rows
        self.batch_size = int(batch_size)
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

    def inputs_of(self, chosen: np.ndarray) -> np.ndarray:
        """Returns inputs as in a batch: `(inputs, steps, ...)`.

        Args:
            chosen: `(inputs,)` int, indices into `rows`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no inputs_of(chosen).")

    @property
    def labels(self) -> np.ndarray:
        """Labels in the order of `rows`: `(inputs, ...)`."""
        return self.store.labels[self.rows]

    def examples(self) -> list:
        """Returns two batches of an epoch, of different lengths if there are any."""
        return [self._batch(chosen) for chosen in self._batches[:2]]

    def padded_tokens(self) -> int:
        """Counts the time steps that an epoch computes, padding included."""
        return int(
            sum(len(b) * self.bucket_lengths[self._bucket[b].max()] for b in self._plan(self.epoch))
        )

    def places_of(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Locates the steps of inputs in the store, cut and padded to one length.

        Args:
            chosen: `(inputs,)` int, indices into `rows`.

        Returns:
            `(inputs, steps)` bool, where there is a step of the input and no padding; and of equal
            shape the place of each step in the arrays of the store.
        """
        steps = np.arange(self.bucket_lengths[self._bucket[chosen].max()])
        own = self.lengths[chosen, None]
        there = steps < own
        places = self._starts[chosen, None] + steps
        if self._first is not None:
            # After the head, continue with the tail of the input.
            skipped = self._whole[chosen, None] - own
            places = places + np.where(steps < self._first, 0, skipped)
        return there, places

    def _batch(self, chosen):
        batch = self.inputs_of(chosen), self.store.labels[self.rows[chosen]]
        return batch if self._weights is None else (*batch, self._weights[chosen])

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

    Each bucket needs several batches, or the same inputs meet in a batch every epoch. JAX compiles
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
