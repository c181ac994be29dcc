"""Makes batches of pairs whose texts have similar lengths on both sides."""

from collections.abc import Sequence

import keras
import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.inputs.batches import EpochBatches
from attn_tuner.text.token_ids import PADDING, UNKNOWN

_STEP = 4  # Lengths that differ by less are alike when pairs are sorted.
_COMPILED_STEP = 16  # JAX compiles the model for every length.


class IdRows:
    """Texts as ids, one behind the other.

    Args:
        ids: (tokens,) int32.
        offsets: (texts + 1,) int64, where each text begins.
    """

    def __init__(self, ids: np.ndarray, offsets: np.ndarray):
        self.ids, self.offsets = ids, offsets
        self.lengths = np.diff(offsets)

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> "IdRows":
        """Joins lists of ids."""
        offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        flat = np.fromiter((each for row in rows for each in row), np.int32, int(offsets[-1]))
        return cls(flat, offsets)

    def padded(self, rows: np.ndarray) -> np.ndarray:
        """Returns texts as (texts, steps) int32, 0 behind each."""
        lengths = self.lengths[rows]
        longest = int(lengths.max(initial=1))
        if keras.backend.backend() == "jax":
            longest = -(-longest // _COMPILED_STEP) * _COMPILED_STEP
        there = np.arange(longest) < lengths[:, None]
        found = np.full(there.shape, PADDING, np.int32)
        found[there] = self.ids[(self.offsets[rows][:, None] + np.arange(longest))[there]]
        return found

    def __len__(self) -> int:
        return len(self.lengths)


class PairBatches(EpochBatches):
    """Yields every pair once an epoch, for `Model.fit` on any backend.

    A batch for training is `({"source", "copied", "target"}, following)`, see
    `PairVocabularies.arrays`. One to be measured is `({"source", "copied", "target",
    "following"},)`. The order depends on `seed` and the number of the epoch alone.

    Args:
        sources, targets: ids between marks; targets in the extended vocabulary.
        copied: the ids of the sources in the extended vocabulary.
        known: int, ids of the target vocabulary.
        batch_size: pairs of a batch.
        seed: int, for the order.
        measured: whether the batches are to be measured: in one order, sorted by length.
    """

    def __init__(
        self,
        sources: IdRows,
        targets: IdRows,
        copied: IdRows,
        known: int,
        batch_size: int = 64,
        seed: int = 0,
        measured: bool = False,
    ):
        super().__init__()
        if not len(sources):
            raise DataError("There are no pairs to make batches of.")
        self.sources, self.targets, self.copied, self.known = sources, targets, copied, known
        self.batch_size, self.seed, self.measured = int(batch_size), seed, measured
        self.shuffle = not measured
        self.rows = np.arange(len(sources))
        self.begin(0)

    def examples(self) -> list:
        """Returns two batches of different lengths on both sides."""
        first = self._batch(self._batches[0])
        return [first, keras.tree.map_structure(_one_step_longer, first)]

    def _plan(self, epoch: int) -> list[np.ndarray]:
        pairs = self.rows
        if self.shuffle:
            random = np.random.default_rng((self.seed, epoch))
            pairs = random.permutation(len(pairs))
        # A step of the decoder costs more than one of the encoder.
        by_length = np.lexsort(
            (self.sources.lengths[pairs] // _STEP, self.targets.lengths[pairs] // _STEP)
        )
        pairs = pairs[by_length]
        batches = np.split(pairs, range(self.batch_size, len(pairs), self.batch_size))
        if self.shuffle:
            return [batches[place] for place in random.permutation(len(batches))]
        return batches

    def _batch(self, chosen: np.ndarray) -> tuple:
        written = self.targets.padded(chosen)
        read = {
            "source": self.sources.padded(chosen),
            "copied": self.copied.padded(chosen),
            "target": np.where(written < self.known, written, UNKNOWN)[:, :-1],
        }
        if self.measured:
            return ({**read, "following": written[:, 1:]},)
        return read, written[:, 1:]


def _one_step_longer(ids: np.ndarray) -> np.ndarray:
    return np.pad(ids, ((0, 0), (0, 1)), constant_values=PADDING)
