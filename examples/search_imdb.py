"""Searches attention models for film reviews within half an hour, and exports the best one.

Usage: python examples/search_imdb.py [DATA] [TIME] [FOLDER]     (imdb_reviews 30m runs/imdb)
"""

import sys

import attn_tuner


def main(data="imdb_reviews", max_time="30m", folder="runs/imdb"):
    result = attn_tuner.search(data, max_time=max_time, directory=folder)
    print(result.leaderboard()[["name", "encoder", "head", "val_accuracy", "test_accuracy"]])
    print(f"test accuracy {result.test_metrics['accuracy']:.4f}")
    for answer in result.predict(["A wonderful film, I was moved.", "Two hours of boredom."]):
        print(f"{answer.label} ({answer.probability:.2f}): {answer.text}")
    return result


if __name__ == "__main__":
    main(*sys.argv[1:])
