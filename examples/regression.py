"""A number for a text: how many minutes a generated recipe takes.

Usage: python examples/regression.py [TRIALS] [FOLDER]     (4 runs/regression)

Each step adds its minutes, whatever words stand between them.
"""

import sys

import numpy as np

import attn_tuner

MINUTES = {"bake": 40.5, "boil": 12.0, "fry": 7.5, "chop": 4.0, "rest": 25.0}
FILLER = ["then", "the", "onions", "dough", "and", "it", "slowly", "again", "carrots"]


def recipes(number, seed=0):
    """Texts, and the minutes that each takes."""
    draw = np.random.default_rng(seed)
    texts, minutes = [], []
    for _ in range(number):
        steps = draw.choice(list(MINUTES), draw.integers(1, 4))
        words = [*steps, *draw.choice(FILLER, 6)]
        texts.append(" ".join(draw.permutation(words)))
        minutes.append(sum(MINUTES[step] for step in steps) + draw.normal(0, 1))
    return texts, minutes


def main(trials=4, folder="runs/regression", count=900):
    result = attn_tuner.search(
        recipes(count),
        task="regression",
        max_trials=int(trials),
        space={"epochs": 8, "batch_size": 32, "max_length": 32, "learning_rate": 5e-3},
        directory=folder,
    )
    print(result.leaderboard()[["name", "val_rmse", "val_r2", "status"]])
    tested = result.test_metrics
    print(f"test error {tested['rmse']:.1f} minutes, R2 {tested['r2']:.3f}")
    for answer in result.predict(["bake the dough", "chop onions then fry it and boil again"]):
        print(f"{answer.text}: {answer.value:.0f} minutes")
    return result


if __name__ == "__main__":
    main(*sys.argv[1:])
