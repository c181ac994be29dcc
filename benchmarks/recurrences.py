"""Tokens a second in training, and what is learnt: Keras' LSTM against encoders without a loop.

    TFDS_DATA_DIR=... python benchmarks/recurrences.py [--backends tensorflow,jax] [--epochs 2]

Speed: each cell in a process of its own, all cores, `train_on_batch` on sequences of 512 steps, the
median of the steps after those that compile; the recurrent layer and a mean over the steps are the
whole model. Accuracy: Embedding, the layer, additive attention and a sigmoid on IMDb, the official
test part, read once at the end of training.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np

UNITS, STEPS, BATCH = 128, 512, 32
LAYERS = ("keras LSTM", "keras GRU", "our minGRU", "our minLSTM")
WORDS, LIMIT, KEEP = 20_000, 300, "tail"


def layer_of(name):
    """An unnamed layer of one direction from (batch, steps, features) to (batch, steps, UNITS)."""
    import keras

    from attn_tuner.encoding import encoders

    if name == "keras LSTM":
        return keras.layers.LSTM(UNITS, return_sequences=True)
    if name == "keras GRU":
        return keras.layers.GRU(UNITS, return_sequences=True)
    return encoders[name.removeprefix("our ").lower()](UNITS, both_ways=False)


def speed(name) -> float:
    """Tokens a second that one `train_on_batch` after another works off, in this process."""
    import keras

    keras.utils.set_random_seed(0)
    steps = keras.Input((STEPS, UNITS))
    pooled = keras.layers.GlobalAveragePooling1D()(layer_of(name)(steps))
    model = keras.Model(steps, keras.layers.Dense(1, activation="sigmoid")(pooled))
    model.compile("adam", "binary_crossentropy")
    states = np.random.default_rng(0).normal(size=(BATCH, STEPS, UNITS)).astype("float32")
    labels = np.arange(BATCH)[:, None] % 2
    seconds, begun = [], time.perf_counter()
    while len(seconds) < 8 or time.perf_counter() - begun < 10:
        start = time.perf_counter()
        model.train_on_batch(states, labels)
        seconds.append(time.perf_counter() - start)
    return BATCH * STEPS / float(np.median(seconds[3:]))


def accuracy(name, epochs: int) -> dict[str, float]:
    """Test accuracy on IMDb after so many epochs, and the seconds that an epoch took."""
    import keras

    from attn_tuner.attention import AdditiveHead
    from attn_tuner.text import Batches, TokenStore, Vectorizer, load

    keras.utils.set_random_seed(0)
    data = load("imdb_reviews")
    vectorizer = Vectorizer.build(data.train.texts, size=WORDS)
    train, test = (TokenStore.encode(part, vectorizer) for part in (data.train, data.test))
    ids = keras.Input((None,), dtype="int32")
    mask = keras.ops.not_equal(ids, 0)
    states = layer_of(name)(keras.layers.Embedding(WORDS, 64)(ids), mask=mask)
    context = AdditiveHead(units=64)(states, mask=mask)
    context = keras.layers.Dropout(0.3)(context)
    model = keras.Model(ids, keras.layers.Dense(1, activation="sigmoid")(context))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    begun = time.perf_counter()
    model.fit(Batches(train, 32, LIMIT, KEEP), epochs=epochs, verbose=0)
    seconds = (time.perf_counter() - begun) / epochs
    _, found = model.evaluate(Batches(test, 128, LIMIT, KEEP, shuffle=False), verbose=0)
    return {"accuracy": float(found), "seconds": seconds}


def elsewhere(backend, *cell):
    """What a cell gives in a fresh process on that backend; None where it cannot be had."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, __file__, "--cell", json.dumps(cell)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        print(f"{cell} on {backend}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backends", default="tensorflow,jax,torch")
    parser.add_argument("--epochs", type=int, default=2, help="on IMDb; 0 leaves it out")
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.cell:
        what, *rest = json.loads(given.cell)
        print(json.dumps({"speed": speed, "accuracy": accuracy}[what](*rest)))
        return
    backends = given.backends.split(",")
    speeds = {(name, on): elsewhere(on, "speed", name) for name in LAYERS for on in backends}
    learnt = {}
    if given.epochs:
        for name in ("keras LSTM", "our minGRU"):
            learnt[name] = elsewhere("tensorflow", "accuracy", name, given.epochs)
    text = report(speeds, learnt, backends, given.epochs)
    print(text)
    import results

    results.write_section("Recurrences", text)


def report(speeds, learnt, backends, epochs) -> str:
    """The tables as Markdown, and the ratio of the best of each."""
    lines = [f"| layer | {' | '.join(backends)} |", f"|---|{'---|' * len(backends)}"]
    for name in LAYERS:
        found = [speeds[name, on] for on in backends]
        lines.append(
            f"| {name} | {' | '.join(f'{each:,.0f}' if each else '-' for each in found)} |"
        )
    best = {name: max(speeds[name, on] or 0.0 for on in backends) for name in LAYERS}
    ratio = best["our minGRU"] / max(best["keras LSTM"], 1e-9)
    lines += ["", f"minGRU trains {ratio:.1f} times as many tokens a second, each on its best."]
    if learnt:
        lines += ["", f"| IMDb, {epochs} epochs, one seed | test accuracy | seconds an epoch |"]
        lines += ["|---|---|---|"]
        for name, found in learnt.items():
            if found:
                lines.append(f"| {name} | {found['accuracy']:.4f} | {found['seconds']:.0f} |")
    return (
        f"`python benchmarks/recurrences.py`: tokens a second in training, {UNITS} units, {STEPS} "
        f"steps, batch {BATCH}, all cores.\n\n" + "\n".join(lines)
    )


if __name__ == "__main__":
    main()
