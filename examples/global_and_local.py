"""Global and local attention over sequences of numbers, in plain Keras.

Usage: python examples/global_and_local.py

Each sequence holds a short bump somewhere in noise; the class is the bump's sign. Both heads find
it, whatever the length, and their weights say where it was.
"""

import keras
import numpy as np

from attn_tuner.attention import GlobalHead, LocalHead, attention_model

FEATURES, WIDTH = 8, 5


def bumps(number, steps, seed):
    """Sequences (number, steps, FEATURES), their classes, and the step at which the bump stands."""
    draw = np.random.default_rng(seed)
    sequences = draw.normal(size=(number, steps, FEATURES)).astype("float32")
    classes = draw.integers(2, size=number)
    places = draw.integers(WIDTH, steps - WIDTH, size=number)
    for sequence, label, place in zip(sequences, classes, places, strict=True):
        sequence[place - 2 : place + 3, :2] += (2.0, 4.0 if label else -4.0)
    return sequences, classes, places


def model_of(head):
    """Any number of steps to the probability of class 1."""
    inputs = keras.Input((None, FEATURES))
    states = keras.layers.Dense(16)(inputs)
    output = keras.layers.Dense(1, activation="sigmoid")(head(states))
    model = keras.Model(inputs, output)
    model.compile(keras.optimizers.Adam(1e-2), "binary_crossentropy", metrics=["accuracy"])
    return model


def main(epochs=15):
    keras.utils.set_random_seed(0)
    sequences, classes, _ = bumps(1000, steps=40, seed=0)
    longer, truth, places = bumps(200, steps=60, seed=1)
    accuracies = {}
    for head in (
        GlobalHead(units=16, name="global"),
        LocalHead(width=WIDTH, fusion="concat", name="local"),
    ):
        model = model_of(head)
        model.fit(sequences, classes, epochs=epochs, verbose=0)
        accuracies[head.name] = model.evaluate(longer, truth, verbose=0)[1]
        weights = attention_model(model).predict(longer, verbose=0)[head.name][:, 0]
        near = np.abs(np.argmax(weights, axis=1) - places) <= 2
        print(f"{head.name}: accuracy {accuracies[head.name]:.3f}, ", end="")
        print(f"looks at the bump in {near.mean():.0%} of the sequences")
    return accuracies


if __name__ == "__main__":
    main()
