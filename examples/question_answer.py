"""Does the answer fit the question? Two texts in one model, searched and exported.

Usage: python examples/question_answer.py [FOLDER] [TRIALS] [EPOCHS]   (runs/pairs 3 20)
"""

import sys

import keras
import keras_tuner
import numpy as np

from attn_tuner import AttentionHyperModel, export, text
from attn_tuner.model_space import default_space

COOKING = ["pan", "oven", "salt", "soup", "bread", "onion", "butter", "stew"]
SAILING = ["mast", "wind", "harbour", "anchor", "deck", "knot", "tide", "keel"]


def pairs(count, random):
    """Questions, answers, and whether both are of one topic."""
    topics = random.integers(0, 2, (2, count))
    q, a = ([" ".join(random.choice([COOKING, SAILING][n], 4)) for n in row] for row in topics)
    questions = [f"what do i do with the {words} ?" for words in q]
    answers = [f"you need the {words} first ." for words in a]
    return questions, answers, (topics[0] == topics[1]).astype("int32")


def main(folder="runs/pairs", trials=3, epochs=20):
    *texts, fits = pairs(900, np.random.default_rng(0))
    vectorizer = text.Vectorizer.build(texts[0][:600] + texts[1][:600])
    size = len(vectorizer)
    space = default_space(size, max_lengths=[64]).narrow(encoder=["bigru", "none"])

    def build(hp):
        names = ("question", "answer")
        inputs = [keras.Input((None,), dtype="int32", name=name) for name in names]
        hypermodels = [AttentionHyperModel(size, space=space, name=name) for name in names]
        q, a = (each.features(hp, ids) for each, ids in zip(hypermodels, inputs, strict=True))
        both = keras.layers.Concatenate()([q, a, q * a])
        both = keras.layers.Dense(32, activation="relu")(both)
        model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(both))
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model

    ids = [vectorizer.padded(each) for each in texts]
    x, held_out = [part[:600] for part in ids], [part[600:] for part in ids]
    options = {"max_trials": int(trials), "directory": folder, "project_name": "search"}
    tuner = keras_tuner.RandomSearch(build, "val_accuracy", **options)
    validation = (held_out, fits[600:])
    tuner.search(x, fits[:600], epochs=int(epochs), validation_data=validation, verbose=0)
    print(f"validation accuracy: {tuner.oracle.get_best_trials()[0].score:.3f}")
    model, classes = tuner.get_best_models()[0], ["does not fit", "fits"]
    return export(model, f"{folder}/best", vectorizer, classes)  # It reads both inputs.


if __name__ == "__main__":
    print(*main(*sys.argv[1:]))
