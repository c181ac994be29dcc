"""Will it sell? A description, a price and a country in one model, searched and exported.

Usage: python examples/text_and_numbers.py [FOLDER] [TRIALS] [EPOCHS]   (runs/offers 3 8)
"""

import sys

import keras
import keras_tuner
import numpy as np
import tensorflow as tf

from attn_tuner import AttentionHyperModel, export, text
from attn_tuner.model_space import default_space

COUNTRIES = ["fr", "de", "it"]


def offers(count, random):
    """Descriptions, prices, countries, and whether each was sold; what is broken or dear is not."""
    states = random.choice(["new", "used", "broken", "rare"], count)
    things = random.choice(["lamp", "chair", "table", "clock"], count)
    texts = [f"a {state} {thing} to collect" for state, thing in zip(states, things, strict=True)]
    prices = random.gamma(2.0, 20.0, (count, 1)).astype("float32")
    countries = random.choice(COUNTRIES, (count, 1))
    sold = (states != "broken") & (prices < np.where(countries == "fr", 60, 40))[:, 0]
    return texts, prices, countries, sold.astype("int32")


def main(folder="runs/offers", trials=3, epochs=8):
    texts, prices, countries, sold = offers(900, np.random.default_rng(0))
    vectorizer = text.Vectorizer.build(texts[:600])
    space = default_space(len(vectorizer), max_lengths=[64]).narrow(encoder=["bigru", "none"])
    described = AttentionHyperModel(len(vectorizer), space=space, name="description")
    scale = keras.layers.Normalization(mean=40.0, variance=800.0)

    def build(hp):
        ids = keras.Input((None,), dtype="int32", name="description")
        price = keras.Input((1,), name="price")
        country = keras.Input((1,), dtype="string", name="country")
        where = keras.layers.StringLookup(vocabulary=COUNTRIES, output_mode="one_hot")(country)
        joined = keras.layers.Concatenate()([described.features(hp, ids), scale(price), where])
        joined = keras.layers.Dense(32, activation="relu")(joined)
        model = keras.Model([ids, price, country], keras.layers.Dense(2, "softmax")(joined))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    data = [tf.constant(each) for each in (vectorizer.padded(texts), prices, countries)]
    x, held_out = [part[:600] for part in data], ([part[600:] for part in data], sold[600:])
    options = {"max_trials": int(trials), "directory": folder, "project_name": "search"}
    tuner = keras_tuner.RandomSearch(build, "val_accuracy", **options)
    tuner.search(x, sold[:600], epochs=int(epochs), validation_data=held_out, verbose=0)
    print(f"validation accuracy: {tuner.oracle.get_best_trials()[0].score:.3f}")
    model, given = tuner.get_best_models()[0], {"description": vectorizer}
    return export(model, f"{folder}/best", given, ["unsold", "sold"])


if __name__ == "__main__":
    print(*main(*sys.argv[1:]))
