"""Learns word vectors whose sums over regions of a text tell the words beside the region."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.special import expit

from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.text.token_store import TokenStore
from attn_tuner.text.word_vectors.cache import cached_vectors
from attn_tuner.text.word_vectors.stored_texts import stored_texts, word_counts

FAR = 5  # Tokens between the end of a region and a word that it is to tell, at most.
NEGATIVE = 5  # Weight of the words drawn at random, against one word of the text.
DRAWN = 256  # Words drawn at random for a block.
SAMPLE = 1e-4  # Of many tokens, more frequent words are seldom told, as in skip-grams.
FEW_TOKENS = 1_000_000  # With fewer tokens nothing is learnt.
RATE, LAST_RATE = 0.1, 0.002
BLOCK = 3_200  # Tokens of a step.
TOTAL_TOKENS = 20_000_000
MAX_PASSES = 20
TOKENS_PER_SECOND = 200_000  # On one core or two, at 128 columns.
FIRST = 0.05  # Standard deviation of the first vectors.
_FORMAT = 1


def region_vectors(
    stores: Sequence[TokenStore],
    vocabulary_size: int,
    dimension: int,
    region_size: int,
    seed: int = 0,
    *,
    cache: str | Path | None = None,
    seconds: float | None = None,
) -> np.ndarray | None:
    """Learns vectors of words by what the sum of a region's says of the words near it.

        u_t = relu(sum_j v_{t+j}),     |j| <= (region_size - 1) / 2
        L = log sigmoid(o_c . u_t) + 5 mean over words k at random of log sigmoid(-o_k . u_t)

    c stands 1 to `FAR` tokens before or behind the region, o are further vectors, which are not
    kept. Reads the texts in random order, up to 20 times, about 20 million tokens in all, and no
    longer than `seconds`, by steps of Adagrad; its rate falls with the share of the tokens or of
    the time, whichever is greater.

    Args:
        stores: of token ids: the training part and unlabelled texts, never validation or test.
        vocabulary_size: larger ids are read as unknown.
        dimension: width of a vector.
        region_size: tokens in a region, an odd number.
        seed: for all random choices.
        cache: folder that keeps the vectors; equal calls then read them from there.
        seconds: time limit; None for none.

    Returns:
        `(vocabulary_size, dimension)`, float32; zeros for padding and for words that do not occur.
        None for texts of fewer than `FEW_TOKENS` in all, and where there is time for less than half
        of what would be read.

    Reference:
        Johnson & Zhang 2015, section 3, with bag-of-words regions and a vocabulary of neighbouring
        words; the loss is that of Mikolov et al. 2013, eq. 4.
        https://arxiv.org/abs/1504.01255 ; https://arxiv.org/abs/1310.4546
    """
    key = (_FORMAT, "regions", vocabulary_size, dimension, region_size, seed)

    def learnt() -> np.ndarray | None:
        ends = None if seconds is None else time.monotonic() + seconds
        tokens = sum(len(store.ids) for store in stores)
        planned = min(MAX_PASSES * tokens, max(TOTAL_TOKENS, tokens))
        hasty = seconds is not None and seconds * TOKENS_PER_SECOND < planned / 2
        if tokens < FEW_TOKENS or hasty:
            return None
        texts = [text for store in stores for text in stored_texts(store, vocabulary_size)]
        learner = _Learner(texts, vocabulary_size, dimension, region_size // 2, seed)
        if not learner.noise[-1]:
            return None
        learner.learn(planned, ends)
        return learner.words.rows

    return cached_vectors(stores, key, (vocabulary_size, dimension), cache, learnt)


class _Table:
    """Vectors that are moved row by row, by Adagrad (Duchi et al. 2011)."""

    def __init__(self, rows: np.ndarray):
        self.rows = rows
        self._squares = np.full_like(rows, 1e-8)

    def move(self, places: np.ndarray, slopes: np.ndarray, rate: float) -> None:
        """Moves the rows at places, some of them several times, against their slopes, added up."""
        rows, which = np.unique(places, return_inverse=True)
        ones = np.ones(len(places), "float32")
        adding = sparse.csr_matrix((ones, (which, np.arange(len(places)))))
        total = adding @ slopes
        self._squares[rows] += total * total
        self.rows[rows] -= rate * total / np.sqrt(self._squares[rows])


class _Learner:
    """The vectors of words within regions, and of words near them, while they are learnt."""

    def __init__(self, texts: list[np.ndarray], words: int, width: int, side: int, seed: int):
        self.texts, self.side = texts, side
        self.random = np.random.default_rng(seed)
        counts = word_counts(texts, words)
        known = counts.copy()
        known[[PADDING, UNKNOWN]] = 0
        share = known / max(known.sum(), 1.0)
        self.told = np.where(known, np.minimum(1, np.sqrt(SAMPLE / np.maximum(share, 1e-12))), 0)
        self.noise = np.cumsum(share**0.75)
        first = self.random.normal(0.0, FIRST, (words, width)).astype("float32")
        self.words = _Table(np.where(counts[:, None] > 0, first, 0))
        self.near = _Table(np.zeros((words, width), "float32"))

    def learn(self, planned: int, ends: float | None) -> None:
        """Takes steps until so many tokens are read, or the clock shows `ends`."""
        began, done = time.monotonic(), 0
        for ids in self._blocks():
            spent = 0.0 if ends is None else (time.monotonic() - began) / max(ends - began, 1e-9)
            gone = max(done / planned, spent)
            if gone >= 1:
                return
            self._step(ids, max(RATE * (1 - gone), LAST_RATE))
            done += int((ids != PADDING).sum())

    def _blocks(self) -> Iterator[np.ndarray]:
        """Yields ids of texts in random order, with padding between them, in blocks, for ever."""
        gap = np.full(self.side + FAR, PADDING, "int32")
        while True:
            order = self.random.permutation(len(self.texts))
            stream = np.concatenate([part for row in order for part in (self.texts[row], gap)])
            for start in range(0, len(stream), BLOCK):
                yield stream[start : start + BLOCK]

    def _step(self, ids: np.ndarray, rate: float) -> None:
        present = ids != PADDING
        at, told = self._pairs(ids, present)
        if not len(at):
            return
        drawn = np.searchsorted(self.noise, self.random.random(DRAWN) * self.noise[-1])
        vectors = self.words.rows[ids]
        vectors[~present] = 0
        sums = self._around(vectors)[at]
        regions = np.maximum(sums, 0)
        near, others = self.near.rows[told], self.near.rows[drawn]
        right = -expit(-np.einsum("pd,pd->p", regions, near))[:, None]
        wrong = NEGATIVE / DRAWN * expit(regions @ others.T)
        back = np.zeros_like(vectors)
        back[at] = (right * near + wrong @ others) * (sums > 0)
        slopes = np.concatenate([right * regions, wrong.T @ regions])
        self.near.move(np.concatenate([told, drawn]), slopes, rate)
        self.words.move(ids[present], self._around(back)[present], rate)

    def _pairs(self, ids: np.ndarray, present: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Draws the steps whose regions tell a word, and those words."""
        random, steps = self.random, np.arange(len(ids))
        away = random.integers(self.side + 1, self.side + 1 + FAR, len(ids))
        places = steps + away * random.choice([-1, 1], len(ids))
        inside = (places >= 0) & (places < len(ids)) & present
        told = ids[np.where(inside, places, 0)]
        chosen = inside & (random.random(len(ids)) < self.told[told])
        return steps[chosen], told[chosen]

    def _around(self, vectors: np.ndarray) -> np.ndarray:
        """Adds up the vectors of the region of each step."""
        side = self.side
        padded = np.pad(vectors, ((side, side), (0, 0)))
        total = padded[: len(vectors)].copy()
        for start in range(1, 2 * side + 1):
            total += padded[start : start + len(vectors)]
        return total
