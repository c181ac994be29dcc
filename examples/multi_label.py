"""Texts that have any number of labels: which topics a generated message is about.

Usage: python examples/multi_label.py [TRIALS] [FOLDER]     (4 runs/multi_label)

A label is tuned by itself: a text may have one, several or none.
"""

import sys

import numpy as np

import attn_tuner

WORDS = {
    "sport": ["goal", "match", "coach"],
    "money": ["bank", "price", "tax"],
    "weather": ["rain", "storm", "sun"],
}
FILLER = ["today", "the", "a", "there", "is", "and", "some", "very", "with"]


def messages(number, seed=0):
    """Texts, and for each the list of its labels."""
    draw = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(number):
        topics = [topic for topic in WORDS if draw.random() < 0.4]
        words = [str(draw.choice(WORDS[topic])) for topic in topics] + list(draw.choice(FILLER, 7))
        texts.append(" ".join(draw.permutation(words)))
        labels.append(topics)
    return texts, labels


def main(trials=4, folder="runs/multi_label", count=900):
    result = attn_tuner.search(
        messages(count),
        max_trials=int(trials),
        objective="f1_macro",
        space={"epochs": 6, "batch_size": 32, "max_length": 32},
        directory=folder,
    )
    print(result.leaderboard()[["name", "val_f1_macro", "val_subset_accuracy", "status"]])
    print(f"test macro F1 {result.test_metrics['f1_macro']:.3f}")
    for answer in result.predict(
        ["the match and the storm", "some tax with the price", "there is a"]
    ):
        print(f"{answer.text}: {answer.label or 'no label'}")
    return result


if __name__ == "__main__":
    main(*sys.argv[1:])
