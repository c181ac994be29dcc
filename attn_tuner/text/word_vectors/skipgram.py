"""Trains word vectors by skip-grams with negative sampling, using gensim."""

import os
import time
from collections.abc import Iterable

import numpy as np

from attn_tuner.errors import need
from attn_tuner.storage.atomic_files import scratch
from attn_tuner.text.token_store import TokenStore
from attn_tuner.text.word_vectors.stored_texts import stored_texts, word_counts

WINDOW = 5
NEGATIVE = 5
SAMPLE = 1e-4  # Below gensim's default, so that more frequent words are skipped.
FEW_TOKENS = 1_000_000  # With fewer tokens none is skipped.
MAX_RATE, MIN_RATE = 0.025, 0.0001
MAX_RATE_FOR_MANY = 0.05  # Needs half as many tokens; at 0.2 the vectors are useless.
TOTAL_TOKENS = 15_000_000
MAX_PASSES = 20
_CHUNK = 1_000_000


def skipgram_vectors(
    stores: Iterable[TokenStore],
    vocabulary_size: int,
    dimension: int,
    seed: int = 0,
    seconds: float | None = None,
    workers: int | None = None,
) -> np.ndarray:
    """Trains vectors that distinguish the context of a word from randomly drawn words.

        L = log sigmoid(u_c . v_w) + sum over k random words of log sigmoid(-u_k . v_w)

    Reads the texts in random order, up to 20 times, about 15 million tokens in all, and no longer
    than `seconds`. The learning rate decays with the share of the tokens or of the time, whichever
    is greater. Without `seconds` one thread works, and results are reproducible for a seed; several
    threads, and a time limit, make them vary slightly.

    Args:
        stores: iterable with `ids` and `offsets`, as `TokenStore`.
        vocabulary_size: int; larger ids are read as unknown.
        dimension: int, width of a vector.
        seed: int, for the order and the initial values.
        seconds: float, time limit; None for none.
        workers: int, threads; defaults to 1, or to the number of cores if there is a time limit and
            over a million tokens.

    Shapes:
        `(vocabulary_size, dimension)`, float32; zeros for words that do not occur.

    Raises:
        MissingExtra: gensim is not installed.

    Reference:
        Mikolov et al. 2013, eq. 4. https://arxiv.org/abs/1310.4546
    """
    word2vec = need("gensim.models.word2vec", "vectors")
    began = time.monotonic()
    texts = [text for store in stores for text in stored_texts(store, vocabulary_size)]
    counts = word_counts(texts, vocabulary_size)
    vectors = np.zeros((vocabulary_size, dimension), "float32")
    seen = np.flatnonzero(counts)
    seen = seen[seen > 0]
    if not len(seen):
        return vectors
    names = [str(number) for number in range(vocabulary_size)]
    tokens = int(counts.sum())
    planned = min(MAX_PASSES * tokens, max(TOTAL_TOKENS, tokens))
    pressed = seconds is not None and planned > FEW_TOKENS
    fastest = MAX_RATE_FOR_MANY if tokens > FEW_TOKENS else MAX_RATE
    model = word2vec.Word2Vec(
        vector_size=dimension,
        window=WINDOW,
        sg=1,
        negative=NEGATIVE,
        sample=SAMPLE if tokens > FEW_TOKENS else 0,
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
            following = max(MIN_RATE, fastest * (1 - max(done / planned, spent)))
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


def _in_random_order(texts, planned, seed):
    """Yields lists of texts of about one chunk each, until `planned` tokens are reached."""
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
    """Writes one text per line, as gensim reads files; returns the number of tokens."""
    lines = (" ".join([names[number] for number in text.tolist()]) for text in part)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return sum(map(len, part))
