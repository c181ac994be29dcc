"""Replays recorded learning curves under every pruner: what is saved, and what it costs.

    python benchmarks/pruning.py [CURVES.json ...] [--orders 40] [--workers 1]

The curves come from `benchmarks/curves/record.py`: trials that ran to their end. A replay takes
them in a random order, one after another (or several side by side), and stops a trial where the
pruner says so. Over all orders it prints

    saved     share of the epochs that were not trained
    regret    best score of all trials less the best score that was reached, mean and largest
    lost      share of the orders in which the winning trial was stopped before its best epoch
"""

import argparse
import json
import random
from functools import partial
from pathlib import Path

from attn_tuner.tuning.pruning import Pruner, make_pruner

HERE = Path(__file__).parent
CANDIDATES = [
    ("none", {}),
    ("median", {}),
    ("median", {"warmup": 0.25}),
    ("median", {"warmup": 1.0}),
    ("median", {"warmup": 2.0}),
    ("median", {"patience": 3}),
    ("median", {"warmup": 1.0, "patience": 3}),
    ("percentile", {}),
    ("percentile", {"warmup": 1.0}),
    ("percentile", {"warmup": 1.0, "patience": 2}),
    ("asha", {}),
    ("asha", {"first": 0.5}),
    ("asha", {"first": 0.5, "factor": 2.0}),
    ("asha", {"factor": 2.0}),
    ("asha", {"factor": 4.0}),
    ("asha", {"first": 2.0}),
]


class Extrapolating(Pruner):
    """Ends a trial whose curve, drawn on as a power law, stays under the best score so far.

        error_t = a + b t^-c,   c from a grid, a >= 0 and b by least squares over the best so far

    Not part of the package: it is here to be compared.

    Args:
        epochs: where the curve ends.
        margin: how far under the best the prediction must stay.
    """

    def __init__(self, epochs: float, margin: float = 0.02, **options):
        super().__init__(warmup=1.0, **options)
        self.epochs = epochs
        self.margin = margin

    def _judge(self, trial_id):
        import numpy as np

        curve = self._curves[trial_id]
        ended = [c[-1].best[0] for t, c in self._curves.items() if t in self._ended]
        if len(ended) < self.peers:
            return None
        steps = np.array([point.step for point in curve])
        errors = 1 - np.array([point.best[0] for point in curve])
        fits = []
        for c in (0.25, 0.5, 1.0, 2.0):
            basis = np.stack([np.ones_like(steps), steps**-c], axis=1)
            weights, *_ = np.linalg.lstsq(basis, errors, rcond=None)
            misfit = float(np.sum((basis @ weights - errors) ** 2))
            fits.append((misfit, 1 - max(0.0, weights[0] + weights[1] * self.epochs**-c)))
        reached = min(fits)[1]
        if reached > max(ended) - self.margin:
            return None
        return f"would end near {reached:.3f}; the best has {max(ended):.3f}"


def replay(trials, slices: int, pruner: Pruner, workers: int = 1):
    """Epochs trained, best score reached, and whether each trial was stopped before its best.

    Args:
        trials: curves in the order of their start.
        slices: points per epoch.
        pruner: asked after every point.
        workers: how many trials run side by side, a slice of each in turn.
    """
    waiting = list(enumerate(trials))[::-1]
    running, trained, best, stopped = [], 0, 0.0, {}
    while waiting or running:
        while waiting and len(running) < workers:
            running.append([*waiting.pop(), 0])
        for each in list(running):
            number, curve, at = each
            value = curve[at]
            each[2] = at = at + 1
            trained += 1
            best = max(best, value)
            pruner.report(str(number), at / slices, value)
            hopeless = pruner.hopeless(str(number)) is not None
            if hopeless or at == len(curve):
                pruner.finish(str(number), pruned=hopeless)
                stopped[number] = max(curve[:at]) < max(curve)
                running.remove(each)
    return trained / slices, best, stopped


def candidates(epochs: int):
    """Name of a row, and what makes its pruner."""
    for name, options in CANDIDATES:
        label = " ".join([name, *(f"{k}={v:g}" for k, v in options.items())])
        yield label, partial(make_pruner, name, **options)
    for margin in (0.02, 0.05):
        label = f"extrapolation margin={margin:g}"
        yield label, partial(Extrapolating, epochs, margin=margin)


def measured(recorded, make, orders: int, workers: int):
    """Share saved, mean and largest regret, and share of winners lost, over all orders."""
    curves = [trial["accuracy"] for trial in recorded["trials"]]
    slices, epochs = recorded["slices"], recorded["epochs"]
    top = max(max(curve) for curve in curves)
    saved, regrets, lost = [], [], []
    for seed in range(orders):
        shuffled = random.Random(seed).sample(curves, len(curves))
        trained, best, stopped = replay(shuffled, slices, make(), workers)
        saved.append(1 - trained / (epochs * len(curves)))
        regrets.append(top - best)
        lost.append(all(cut for n, cut in stopped.items() if max(shuffled[n]) == top))
    return sum(saved) / orders, sum(regrets) / orders, max(regrets), sum(lost) / orders


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("curves", nargs="*", default=sorted(HERE.glob("curves/*.json")))
    parser.add_argument("--orders", type=int, default=40)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    for path in given.curves:
        recorded = json.loads(Path(path).read_text())
        print(
            f"\n{recorded['corpus']}: {len(recorded['trials'])} trials of {recorded['epochs']} "
            f"epochs, {given.orders} orders, {given.workers} at a time"
        )
        print(f"{'pruner':34} {'saved':>6} {'regret':>8} {'largest':>8} {'lost':>6}")
        for label, make in candidates(recorded["epochs"]):
            orders = 1 if label == "none" else given.orders
            saved, mean, largest, lost = measured(recorded, make, orders, given.workers)
            print(f"{label:34} {saved:6.0%} {mean:8.4f} {largest:8.4f} {lost:6.0%}", flush=True)


if __name__ == "__main__":
    main()
