"""How long an epoch takes in buckets and padded to one length, and what a trial adds to its fit.

    TFDS_DATA_DIR=... python benchmarks/epoch.py [--texts 25000] [--data imdb_reviews]

The padded epoch is what a tutorial does: every text cut and padded to 500 tokens, arrays given to
`Model.fit`. Both train the same model on the same tokens.
"""

import argparse
import importlib
import statistics
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from attn_tuner.text import Batches, TokenStore, Vectorizer, encode_parts, load

LIMIT, BATCH, WORDS, UNITS = 500, 32, 20_000, 64


def model_of(classes: int):
    """Embedding, bidirectional GRU, mean, the same for both ways of padding."""
    keras.utils.set_random_seed(0)
    ids = keras.Input((None,), dtype="int32")
    embedded = keras.layers.Embedding(WORDS, 64)(ids)
    states = keras.layers.Bidirectional(keras.layers.GRU(UNITS, return_sequences=True))(embedded)
    pooled = keras.layers.GlobalMaxPooling1D()(states)
    output = keras.layers.Dense(classes, activation="softmax")(pooled)
    model = keras.Model(ids, output)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def epoch_seconds(store: TokenStore, classes: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Wall and processor seconds of an epoch, both ways in turn and the best of each.

    In turn and the best, because other work on the machine slows down either at any time; the
    first round, which compiles, is left out.
    """
    bucketed = Batches(store, BATCH, LIMIT, vocabulary_limit=WORDS)
    whole = Batches(store, len(store), LIMIT, vocabulary_limit=WORDS, shuffle=False, rungs=1)
    ids, labels = whole[0]
    ids = np.pad(ids, [(0, 0), (0, LIMIT - ids.shape[1])])
    model = model_of(classes)
    ways = {
        "padded": lambda: model.fit(ids, labels, BATCH, verbose=0),
        "bucketed": lambda: model.fit(bucketed, verbose=0),
    }
    seconds = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, fit in ways.items():
            begun = time.perf_counter(), time.process_time()
            fit()
            ended = time.perf_counter(), time.process_time()
            seconds[name].append(np.subtract(ended, begun))
    return {name: tuple(np.min(taken[1:], axis=0)) for name, taken in seconds.items()}


def first_batch(directory: Path):
    """What a trial does before it can train: open the store, make the first batch."""
    return Batches(TokenStore.open(directory), BATCH, LIMIT, vocabulary_limit=WORDS)[0]


def timed(work):
    """What `work` returns, with its wall and processor seconds."""
    begun = time.perf_counter(), time.process_time()
    result = work()
    return result, (time.perf_counter() - begun[0], time.process_time() - begun[1])


def trial_overhead(overhead, repeats: int = 5) -> tuple[float, float]:
    """Median seconds of a trial and of a bare fit on the same batches.

    Args:
        overhead: a function without arguments that returns the two, measured once.
    """
    pairs = [overhead() for _ in range(repeats)]
    return tuple(statistics.median(column) for column in zip(*pairs, strict=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="imdb_reviews")
    parser.add_argument("--texts", type=int, default=25_000, help="training texts to use")
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    data = load(arguments.data)
    with tempfile.TemporaryDirectory() as folder:
        vectorizer, built = timed(lambda: Vectorizer.build(data.train.texts))
        tokens = Path(folder) / "tokens"
        stores, encoded = timed(lambda: encode_parts(data, vectorizer, tokens))
        started = timed(lambda: first_batch(tokens / "train"))[1]
        train = stores["train"]
        if arguments.texts < len(train):
            share = arguments.texts / len(train)
            train = TokenStore.encode(data.train.take(train.fraction(share)), vectorizer)
        seconds = epoch_seconds(train, len(data.classes), arguments.rounds)
        batches = Batches(train, BATCH, LIMIT)
    texts = sum(map(len, data.parts().values()))
    rows = {
        f"vocabulary of {len(data.train):,} texts": built,
        f"encoding {texts:,} texts to disk": encoded,
        "a trial's first batch from the store": started,
        f"epoch of {len(train):,} texts padded to {LIMIT}": seconds["padded"],
        "the same epoch in buckets": seconds["bucketed"],
    }
    ratio = np.divide(seconds["bucketed"], seconds["padded"])
    lines = [
        "| what | seconds | processor seconds |",
        "|---|---|---|",
        *(f"| {what} | {wall:.2f} | {processor:.2f} |" for what, (wall, processor) in rows.items()),
        "",
        f"In buckets an epoch takes {ratio[0]:.2f} of the time and {ratio[1]:.2f} of the "
        f"processor's; it computes {batches.padded_tokens() / (LIMIT * len(train)):.2f} of the "
        f"steps, of which {batches.lengths.sum() / batches.padded_tokens():.2f} hold text. "
        f"Lengths: {', '.join(map(str, batches.ladder))}. Backend: {keras.backend.backend()}.",
    ]
    text = "\n".join(lines)
    print(text)
    write_result("Epochs in buckets", text)


def write_result(title: str, text: str):
    """Adds the table to the page of results, where the benchmarks have one."""
    try:
        results = importlib.import_module("results")
    except ImportError:
        return
    results.write_section(title, text)


if __name__ == "__main__":
    main()
