"""Series of numbers: which of two machines vibrates, from two sensors of unlike lengths.

Usage: python examples/time_series.py [TRIALS] [FOLDER]     (4 runs/machines)

A worn bearing adds a short wave to the first sensor, somewhere; the second sensor only makes noise.
"""

import sys

import numpy as np

import attn_tuner


def recordings(number, seed=0):
    """Arrays `(steps, 2)` with NaN where a sensor failed, and what each machine was."""
    draw = np.random.default_rng(seed)
    series, labels = [], []
    for index in range(number):
        steps = draw.normal(20.0, 4.0, (draw.integers(30, 60), 2))
        if index % 2:
            begin = draw.integers(len(steps) - 12)
            steps[begin : begin + 12, 0] += 16 * np.sin(np.linspace(0, 4 * np.pi, 12))
        steps[draw.random(steps.shape) < 0.02] = np.nan
        series.append(steps)
        labels.append("worn" if index % 2 else "good")
    return series, labels


def main(trials=4, folder="runs/machines", count=400):
    result = attn_tuner.search(*recordings(count), max_trials=int(trials), directory=folder)
    print(result.leaderboard()[["name", "val_accuracy", "test_accuracy", "status"]])
    for answer in result.predict(recordings(2, seed=1)[0]):
        print(f"{answer.label} ({answer.probability:.0%})")
    return result


if __name__ == "__main__":
    main(*sys.argv[1:])
