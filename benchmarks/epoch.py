"""How long an epoch takes in buckets and padded to one length, and what a trial adds to its fit.

    TFDS_DATA_DIR=... python benchmarks/epoch.py [--texts 25000] [--data imdb_reviews]

The padded epoch is what a tutorial does: every text cut and padded to 500 tokens, arrays given to
`Model.fit`. Both train the same model on the same tokens.
"""

import argparse
import tempfile
import time
from pathlib import Path

import keras
import keras_tuner
import numpy as np
from results import write_section

from attn_tuner.hypermodel import AttentionHyperModel, default_space
from attn_tuner.space.kerastuner import declare
from attn_tuner.storage.plan import Plan
from attn_tuner.text import Batches, TokenStore, Vectorizer, encode_parts, load
from attn_tuner.tuning.budget import Budget
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.trial.trial_trainer import TrialTrainer
from attn_tuner.tuning.tuner import TrialRunner

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
    bucketed = Batches(store, BATCH, LIMIT, vocabulary_size=WORDS)
    whole = Batches(store, len(store), LIMIT, vocabulary_size=WORDS, shuffle=False, bucket_count=1)
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
    return Batches(TokenStore.open(directory), BATCH, LIMIT, vocabulary_size=WORDS)[0]


def timed(work):
    """What `work` returns, with its wall and processor seconds."""
    begun = time.perf_counter(), time.process_time()
    result = work()
    return result, (time.perf_counter() - begun[0], time.process_time() - begun[1])


def trial_seconds(epochs: int, rounds: int) -> dict[str, tuple[float, float]]:
    """Wall and processor seconds of a trial, and of building and fitting its model without it.

    Both train on the same batches and are judged by the same ones after every epoch; they are
    run in turn, and the best of each counts. The first round, which warms up, is left out.
    """
    data = load("demo")
    seconds = {"trial": [], "bare": []}
    with tempfile.TemporaryDirectory() as folder:
        stored = EncodedData.prepare(data, Path(folder) / "data")
        space = default_space(stored.vocabulary_size)
        hypermodel = AttentionHyperModel(
            stored.vocabulary_size, len(data.classes), space=space.fix(space.defaults())
        )
        for number in range(rounds + 1):
            runner = TrialRunner(
                keras_tuner.oracles.RandomSearchOracle(
                    keras_tuner.Objective("val_accuracy", "max"), max_trials=1, seed=1
                ),
                TrialTrainer(hypermodel, stored.training, stored.validation),
                plan=Plan(
                    "demo",
                    data.fingerprint,
                    data.classes,
                    hypermodel.space.describe(),
                    epochs=epochs,
                    patience=epochs,
                ),
                budget=Budget(None),
                directory=folder,
                project_name=str(number),
            )
            seconds["trial"].append(timed(runner.search)[1])
            chosen = runner.oracle.get_best_trials(1)[0].hyperparameters
            seconds["bare"].append(timed(lambda: bare(hypermodel, stored, chosen, epochs))[1])  # noqa: B023
    return {name: tuple(np.min(taken[1:], axis=0)) for name, taken in seconds.items()}


def bare(hypermodel, stored: EncodedData, hyperparameters, epochs: int):
    """What a trial cannot do without: build the model, fit it, judge it after every epoch."""
    values = declare(hyperparameters, hypermodel.space)
    model = hypermodel.build(hyperparameters)
    batches, validation = stored.training(values, seed=0), stored.validation(values)
    model.fit(batches, epochs=epochs, validation_data=validation, verbose=0, shuffle=False)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="imdb_reviews")
    parser.add_argument("--texts", type=int, default=25_000, help="training texts to use")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--part", choices=["epoch", "trial"], help="one of the two tables alone")
    parser.add_argument("--epochs", type=int, default=4, help="of the trial that is measured")
    arguments = parser.parse_args()
    if arguments.part != "trial":
        report("Epochs in buckets", epoch_table(arguments))
    if arguments.part != "epoch":
        report("What a trial adds to its fit", trial_table(arguments))


def trial_table(arguments) -> str:
    """A trial and the bare fit of its model, side by side."""
    seconds = trial_seconds(arguments.epochs, arguments.rounds)
    rows = {
        f"trial of {arguments.epochs} epochs on the demo corpus": seconds["trial"],
        "building and fitting its model without the tuner": seconds["bare"],
    }
    more = np.divide(seconds["trial"], seconds["bare"]) - 1
    return table(rows) + (
        f"\n\nThe trial takes {100 * more[0]:+.1f} % of the time and {100 * more[1]:+.1f} % of the "
        f"processor's. Backend: {keras.backend.backend()}."
    )


def epoch_table(arguments) -> str:
    """Encoding, and an epoch both ways."""
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
    return table(rows) + (
        f"\n\nIn buckets an epoch takes {ratio[0]:.2f} of the time and {ratio[1]:.2f} of the "
        f"processor's; it computes {batches.padded_tokens() / (LIMIT * len(train)):.2f} of the "
        f"steps, of which {batches.lengths.sum() / batches.padded_tokens():.2f} hold text. "
        f"Lengths: {', '.join(map(str, batches.bucket_lengths))}. "
        f"Backend: {keras.backend.backend()}."
    )


def table(rows) -> str:
    """What was done -> wall and processor seconds, as a table in Markdown."""
    lines = ["| what | seconds | processor seconds |", "|---|---|---|"]
    lines += [
        f"| {what} | {wall:.2f} | {processor:.2f} |" for what, (wall, processor) in rows.items()
    ]
    return "\n".join(lines)


def report(title: str, text: str):
    """Prints the text, and puts it on the page of results."""
    print(f"{title}\n\n{text}\n", flush=True)
    write_section(title, f"`benchmarks/epoch.py`\n\n{text}")


if __name__ == "__main__":
    main()
