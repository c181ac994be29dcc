"""Uses an exported SavedModel with TensorFlow alone: labels, probabilities, and what it looked at.

python serve_saved_model.py FOLDER "a text" "another text"
"""

import sys

import tensorflow as tf


def highlighted(tokens, weights, share=0.15):
    """The text with the tokens in **stars** that hold more than `share` of the attention."""
    words = [token.decode() for token in tokens if token]
    return " ".join(
        f"**{word}**" if weight > share else word
        for word, weight in zip(words, weights, strict=False)
    )


def main(folder, texts):
    model = tf.saved_model.load(folder)
    classes = [name.decode() for name in model.signatures["classes"]()["classes"].numpy()]
    answer = model.signatures["serving_default"](text=tf.constant(texts))
    for text, label, probabilities in zip(
        texts, answer["label"].numpy(), answer["probabilities"].numpy(), strict=True
    ):
        shown = ", ".join(f"{name} {p:.3f}" for name, p in zip(classes, probabilities, strict=True))
        print(f"{label.decode():<10} {shown}   {text[:60]}")

    if "explain" in model.signatures:  # A model without attention has none.
        why = model.signatures["explain"](text=tf.constant(texts))
        for tokens, weights in zip(why["tokens"].numpy(), why["weights"].numpy(), strict=True):
            print(highlighted(tokens, weights.mean(axis=0)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:] or ["A wonderful film.", "I fell asleep twice."])
