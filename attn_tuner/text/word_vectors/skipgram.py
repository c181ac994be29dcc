"""Word vectors by skip-grams with negative sampling, through gensim."""

import os
import time
from itertools import pairwise

import numpy as np

from attn_tuner.errors import need
from attn_tuner.storage.atomic_files import scratch

WINDOW = 5
NEGATIVE = 5
SAMPLE = 1e-4  # Frequent words are skipped more often than by gensim's default, for speed.
FEW = 1_000_000  # Of fewer tokens none is skipped.
FASTEST, SLOWEST = 0.025, 0.0001
FASTEST_OF_MANY = 0.05  # Learns from half as many tokens as much; at 0.2 the vectors are no use.
TOKENS_IN_ALL = 15_000_000
MOST_PASSES = 20
_CHUNK = 1_000_000


def skipgram_vectors(
    stores,
    vocabulary_size: int,
    dimension: int,
    seed: int = 0,
    seconds: float | None = None,
    workers: int | None = None,
) -> np.ndarray:
    """Vectors that tell the words around a word from words drawn at random.

        L = log sigmoid(u_c . v_w) + sum over k random words of log sigmoid(-u_k . v_w)

    The texts are read in random order, up to twenty times, for about 15 million tokens in all, and
    no longer than `seconds`: the learning rate falls with whichever share is greater, that of the
    tokens or that of the time. Without `seconds` one thread works, and the same seed gives the same
    vectors; threads that race, and time, give slightly others each time.

    Args:
        stores: each with `ids` and `offsets`, the tokens of its texts.
        vocabulary_size: ids from here on read as unknown.
        dimension: width of a vector.
        seed: of the order and the start.
        seconds: when to end; None for all passes.
        workers: threads; when not given one, or as many as cores where `seconds` presses and the
            texts are many.

    Shapes:
        `(vocabulary_size, dimension)`, float32; zeros for words that stand nowhere.

    Raises:
        MissingExtra: gensim is not installed.

    Reference:
        Mikolov et al. 2013, eq. 4. https://arxiv.org/abs/1310.4546
    """
    word2vec = need("gensim.models.word2vec", "vectors")
    began = time.monotonic()
    texts = [text for store in stores for text in _texts(store, vocabulary_size)]
    counts = sum(np.bincount(text, minlength=vocabulary_size) for text in _parts(texts))
    vectors = np.zeros((vocabulary_size, dimension), "float32")
    seen = np.flatnonzero(counts)
    seen = seen[seen > 0]
    if not len(seen):
        return vectors
    names = [str(number) for number in range(vocabulary_size)]
    tokens = int(counts.sum())
    planned = min(MOST_PASSES * tokens, max(TOKENS_IN_ALL, tokens))
    pressed = seconds is not None and planned > FEW
    fastest = FASTEST_OF_MANY if tokens > FEW else FASTEST
    model = word2vec.Word2Vec(
        vector_size=dimension,
        window=WINDOW,
        sg=1,
        negative=NEGATIVE,
        sample=SAMPLE if tokens > FEW else 0,
        min_count=1,
        alpha=fastest,
        seed=seed,
        workers=workers or (os.cpu_count() or 1 if pressed else 1),
    )
    model.build_vocab_from_freq({names[number]: int(counts[number]) for number in seen})
    done, rate = 0, fastest
    with scratch() as folder:
        for part in _in_random_order(texts, planned, seed):
            file = folder / "texts"
            size = _write(part, names, file)
            done += size
            spent = (time.monotonic() - began) / seconds if seconds else 0.0
            following = max(SLOWEST, fastest * (1 - max(done / planned, spent)))
            model.train(
                corpus_file=str(file),
                total_words=size,
                total_examples=len(part),
                epochs=1,
                start_alpha=rate,
                end_alpha=following,
            )
            rate = following
            if seconds and time.monotonic() - began > seconds:
                break
    vectors[seen] = model.wv[[names[number] for number in seen]]
    return vectors


def _texts(store, words):
    """The ids of each text that has any, rare ones as unknown."""
    ids = np.asarray(store.ids)
    ids = np.where(ids < words, ids, 1)
    return [ids[start:stop] for start, stop in pairwise(store.offsets) if stop > start]


def _parts(texts, size=1_000):
    """The texts joined a thousand at a time."""
    return [np.concatenate(texts[start : start + size]) for start in range(0, len(texts), size)]


def _in_random_order(texts, planned, seed):
    """Lists of texts, each about a chunk long, until so many tokens are planned out."""
    generator = np.random.default_rng(seed)
    part, size = [], 0
    while planned > 0:
        for index in generator.permutation(len(texts)):
            part.append(texts[index])
            size += len(texts[index])
            planned -= len(texts[index])
            if size >= _CHUNK or planned <= 0:
                yield part
                part, size = [], 0
            if planned <= 0:
                return


def _write(part, names, file) -> int:
    """A line a text, as gensim reads files; returns the number of tokens."""
    lines = (" ".join([names[number] for number in text.tolist()]) for text in part)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return sum(map(len, part))
