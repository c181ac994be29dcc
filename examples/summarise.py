"""Short orders to a line that sums them up: the attention is searched, the best model exported.

Usage: python examples/summarise.py [FOLDER] [TIME] [TRIALS]   (runs/summarise 3m)
"""

import sys

import attn_tuner
from attn_tuner.text.orders_corpus import orders_corpus


def main(folder="runs/summarise", time="3m", trials=None):
    parts = {
        role: ([pair.source for pair in pairs], [pair.target for pair in pairs])
        for role, pairs in orders_corpus().items()
    }
    result = attn_tuner.search(
        (parts["train"], parts["validation"], parts["test"]),
        task="sequence",
        split="word",
        objective="exact_match",
        max_time=time,
        max_trials=trials and int(trials),
        directory=folder,
    )
    print(result.summary())
    for order in parts["test"][0][:3]:
        print(order, "->", result.predict(order)[0])
    print("The report is", result.report())
    return result


if __name__ == "__main__":
    main(*sys.argv[1:])
