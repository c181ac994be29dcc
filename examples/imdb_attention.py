"""The tutorial's model with a correct attention layer: Embedding, LSTM(100), attention, sigmoid.

Usage: python examples/imdb_attention.py [DATA]     (imdb_reviews)

The layer needs no length fixed in advance and no weight that is never used, and padding cannot
change an answer.
"""

import sys

import keras
import numpy as np

from attn_tuner.attention import FeedForwardHead, attention_model
from attn_tuner.text import Batches, TokenStore, Vectorizer, load

WORDS, STEPS, KEEP = 20_000, 400, "tail"  # The verdict stands at the end of a review.


def tutorial_model():
    """Ids to the probability of the second class; id 0 is padding."""
    ids = keras.Input((None,), dtype="int32")
    mask = keras.ops.not_equal(ids, 0)
    states = keras.layers.Embedding(WORDS, 64)(ids)
    states = keras.layers.LSTM(100, return_sequences=True, dropout=0.2)(states, mask=mask)
    context = FeedForwardHead(name="attention")(states, mask=mask)
    return keras.Model(ids, keras.layers.Dense(1, activation="sigmoid")(context))


def attention_of(model, vectorizer, text):
    """The tokens of a text as the model reads it, each with its weight, the heaviest first."""
    ids = vectorizer.padded([text], STEPS, KEEP)
    weights = attention_model(model).predict(ids, verbose=0)
    tokens = vectorizer.tokens(text)[-STEPS:]
    return sorted(zip(weights["attention"][0, 0], tokens, strict=True), reverse=True)


def main(data="imdb_reviews", epochs=2):
    keras.utils.set_random_seed(0)
    dataset = load(data)
    vectorizer = Vectorizer.build(dataset.train.texts, size=WORDS)
    train, test = (TokenStore.encode(part, vectorizer) for part in (dataset.train, dataset.test))
    batches = Batches(train, 32, STEPS, KEEP)
    rate = keras.optimizers.schedules.CosineDecay(2e-3, epochs * len(batches))
    model = tutorial_model()
    model.compile(keras.optimizers.Adam(rate), "binary_crossentropy", metrics=["accuracy"])
    model.fit(batches, epochs=epochs, verbose=2)
    _, accuracy = model.evaluate(Batches(test, 128, STEPS, KEEP, shuffle=False), verbose=0)
    print(f"test accuracy {accuracy:.4f}")
    review = dataset.test.texts[int(np.argmin([len(text) for text in dataset.test.texts[:50]]))]
    print(review)
    for weight, token in attention_of(model, vectorizer, review)[:8]:
        print(f"{weight:.3f} {token}")
    return accuracy


if __name__ == "__main__":
    main(*sys.argv[1:])
