"""Records full learning curves of random recurrent classifiers, for `benchmarks/pruning.py`.

    ATTN_TUNER_DATA=DATA python benchmarks/curves/record.py trec 32 benchmarks/curves/trec.json

DATA holds `trec/train.csv` and `chn_hotel/train.csv` with columns text and label. Every trial runs
all its epochs, whatever its curve looks like, and is validated after each quarter of an epoch.
"""

import json
import math
import os
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

EPOCHS, SLICES, VOCABULARY, STEPS = 9, 4, 5000, {"trec": 24, "chn_hotel": 100}


def corpus(name):
    """Padded ids and labels of a training and a validation part."""
    table = pd.read_csv(Path(os.environ["ATTN_TUNER_DATA"], name, "train.csv")).dropna()
    table = table.sample(frac=1, random_state=0)
    words = [re.findall(r"[a-z0-9']+|[^\sa-z0-9']", text.lower()) for text in table.text]
    held_out = len(words) // 6
    counts = Counter(word for text in words[held_out:] for word in text)
    ids = {word: i + 2 for i, (word, _) in enumerate(counts.most_common(VOCABULARY - 2))}
    padded = np.zeros((len(words), STEPS[name]), "int32")
    for row, text in zip(padded, words, strict=True):
        encoded = [ids.get(word, 1) for word in text[: len(row)]]
        row[: len(encoded)] = encoded
    labels = pd.factorize(table.label, sort=True)[0].astype("int32")
    return (padded[held_out:], labels[held_out:]), (padded[:held_out], labels[:held_out])


def sample(rng):
    return {
        "learning_rate": 10 ** rng.uniform(-4, -1.5),
        "batch_size": rng.choice([32, 64, 128]),
        "width": rng.choice([16, 32, 64, 128]),
        "encoder": rng.choice(["gru", "bigru"]),
        "units": rng.choice([16, 32, 64, 128]),
        "head": rng.choice(["last", "mean", "max", "additive"]),
        "dropout": rng.uniform(0, 0.6),
    }


def classifier(values, steps, classes):
    ids = keras.Input((steps,), dtype="int32")
    states = keras.layers.Embedding(VOCABULARY, values["width"], mask_zero=True)(ids)
    states = keras.layers.SpatialDropout1D(values["dropout"])(states)
    last = values["head"] == "last"
    encode = keras.layers.GRU(values["units"], return_sequences=not last)
    states = (keras.layers.Bidirectional(encode) if values["encoder"] == "bigru" else encode)(
        states
    )
    if values["head"] == "mean":
        states = keras.layers.GlobalAveragePooling1D()(states)
    elif values["head"] == "max":
        states = keras.layers.GlobalMaxPooling1D()(states)
    elif values["head"] == "additive":
        scores = keras.layers.Dense(1)(keras.layers.Dense(64, activation="tanh")(states))
        text = keras.ops.cast(keras.ops.not_equal(ids, 0), "float32")[..., None]
        weights = keras.layers.Softmax(axis=1)(scores - 1e9 * (1 - text))
        states = keras.ops.sum(weights * states, axis=1)
    states = keras.layers.Dropout(values["dropout"])(states)
    model = keras.Model(ids, keras.layers.Dense(classes, activation="softmax")(states))
    model.compile(
        keras.optimizers.Adam(values["learning_rate"]),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def curve(values, train, validation):
    """Validation accuracy after every slice, and the seconds that training took."""
    keras.utils.set_random_seed(7)
    texts, labels = train
    model = classifier(values, texts.shape[1], int(labels.max()) + 1)
    data = tf.data.Dataset.from_tensor_slices(train).cache().shuffle(len(texts), seed=7).repeat()
    per_slice = math.ceil(len(texts) / values["batch_size"] / SLICES)
    began = time.perf_counter()
    history = model.fit(
        data.batch(values["batch_size"]),
        epochs=EPOCHS * SLICES,
        steps_per_epoch=per_slice,
        validation_data=tf.data.Dataset.from_tensor_slices(validation).batch(256),
        verbose=0,
    )
    seconds = time.perf_counter() - began
    return [round(float(v), 4) for v in history.history["val_accuracy"]], seconds


def main(name, trials, path):
    train, validation = corpus(name)
    rng = random.Random(1)
    recorded = {"corpus": name, "epochs": EPOCHS, "slices": SLICES, "trials": []}
    for number in range(int(trials)):
        values = sample(rng)
        accuracy, seconds = curve(values, train, validation)
        recorded["trials"].append(
            {"values": values, "seconds": round(seconds, 1), "accuracy": accuracy}
        )
        print(number, values["head"], round(seconds, 1), accuracy[:4], max(accuracy), flush=True)
        rows = ",\n  ".join(json.dumps(trial) for trial in recorded["trials"])
        head = json.dumps({k: v for k, v in recorded.items() if k != "trials"})[:-1]
        Path(path).write_text(f'{head}, "trials": [\n  {rows}\n]}}\n')
        keras.utils.clear_session()


if __name__ == "__main__":
    main(*sys.argv[1:])
