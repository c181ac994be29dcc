"""Replays recorded learning curves under every pruner: what is saved, and what it costs.

    python benchmarks/pruning.py [CURVES.json ...] [--orders 100] [--trials 20] [--workers 1]
                                 [--patience 2]

The curves come from `benchmarks/curves/record.py`: trials that ran to their end. A replay is a
search of some of them, drawn and ordered by chance, so that another trial wins each time: one after
another, or several side by side. A trial ends after `--patience` epochs without a better score, as
in `search`, and where the pruner says so, of curves with a known level of chance as
`BeyondChance` lets it. Over all replays it prints, and writes to the page,

    saved     share of the epochs that were not trained, of those that patience leaves
    regret    best score of all trials less the best score that was reached, mean and largest
    lost      share of the replays in which the winning trial was stopped before its best epoch
"""

import argparse
import json
import random
from functools import partial
from pathlib import Path

from attn_tuner.tuning.chance_level import Scale
from attn_tuner.tuning.pruning import BeyondChance, PrunerPerRung, make_pruner

HERE = Path(__file__).parent
CANDIDATES = [
    ("none", {}),
    ("median", {}),
    ("median", {"warmup": 0.25}),
    ("median", {"warmup": 1.0}),
    ("median", {"patience": 2}),
    ("median", {"peers": 2}),
    ("median", {"peers": 3}),
    ("percentile", {}),
    ("percentile", {"percentile": 40.0}),
    ("asha", {}),
    ("asha", {"first": 0.5}),
    ("asha", {"factor": 2.0}),
    ("asha", {"peers": 8}),
    ("extrapolation", {}),
    ("extrapolation", {"margin": 0.0}),
    ("extrapolation", {"patience": 1}),
    ("extrapolation", {"patience": 3}),
]


def replay(trials, slices: int, pruner: BeyondChance, workers: int = 1):
    """Epochs trained, best score reached, and whether each trial was stopped before its best.

    Args:
        trials: curves in the order of their start, as `points` gives them.
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
            score, loss = curve[at]
            each[2] = at = at + 1
            trained += 1
            best = max(best, score)
            pruner.report(str(number), at / slices, score, loss)
            pruned = pruner.should_prune(str(number)) is not None
            if pruned or at == len(curve):
                pruner.finish(str(number), pruned=pruned)
                stopped[number] = highest(curve[:at]) < highest(curve)
                running.remove(each)
    return trained / slices, best, stopped


def candidates():
    """Name of a row, and what makes its pruner."""
    for name, options in CANDIDATES:
        label = " ".join([name, *(f"{k}={v:g}" for k, v in options.items())])
        yield label, partial(make_pruner, name, **options)


def points(trial) -> list[tuple[float, float | None]]:
    """The curve of a trial: each score with its loss, where that was recorded."""
    scores = trial["accuracy"]
    return list(zip(scores, trial.get("log_loss", [None] * len(scores)), strict=True))


def highest(curve) -> float:
    """The best score of a curve."""
    return max(score for score, loss in curve)


def patient(curve, points: int):
    """The curve as far as a trial goes that ends after so many points without a better one."""
    best = 0
    for at, (score, _) in enumerate(curve):
        if score > curve[best][0]:
            best = at
        if at - best >= points:
            return curve[: at + 1]
    return curve


def measured(recorded, make, orders: int, workers: int = 1, trials: int = 20, patience=2):
    """Share saved, mean and largest regret, and share of winners lost, over all replays."""
    slices = recorded["slices"]
    curves = [patient(points(each), patience * slices) for each in recorded["trials"]]
    scale = Scale(recorded["chance"], 1.0) if "chance" in recorded else None
    saved, regrets, lost = [], [], []
    for seed in range(orders):
        drawn = random.Random(seed).sample(curves, min(trials, len(curves)))
        top = max(map(highest, drawn))
        pruner = PrunerPerRung(make, scale).of(1.0)
        trained, best, stopped = replay(drawn, slices, pruner, workers)
        saved.append(1 - trained / (sum(map(len, drawn)) / slices))
        regrets.append(top - best)
        lost.append(all(cut for n, cut in stopped.items() if highest(drawn[n]) == top))
    return sum(saved) / orders, sum(regrets) / orders, max(regrets), sum(lost) / orders


def table(recorded, given) -> str:
    """What every pruner saves on one corpus and costs, in Markdown."""
    lines = [
        f"{recorded['corpus']}: {len(recorded['trials'])} curves of up to {recorded['epochs']} "
        "epochs",
        "",
        "| pruner | saved | regret | largest | winners lost |",
        "|---|---|---|---|---|",
    ]
    for label, make in candidates():
        options = (given.orders, given.workers, given.trials, given.patience)
        saved, mean, largest, lost = measured(recorded, make, *options)
        lines.append(f"| {label} | {saved:.0%} | {mean:.4f} | {largest:.4f} | {lost:.1%} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def main():
    from results import write_section

    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("curves", nargs="*", default=sorted(HERE.glob("curves/*.json")))
    parser.add_argument("--orders", type=int, default=100, help="replays")
    parser.add_argument("--trials", type=int, default=20, help="of a replay")
    parser.add_argument("--workers", type=int, default=1, help="trials at a time")
    parser.add_argument("--patience", type=int, default=2, help="epochs without a better score")
    given = parser.parse_args()
    tables = [table(json.loads(Path(path).read_text()), given) for path in given.curves]
    about = (
        f"`benchmarks/pruning.py`: {given.orders} replays of {given.trials} trials, "
        f"{given.workers} at a time, that end after {given.patience} epochs without a better score."
    )
    write_section("Pruners", "\n\n".join([about, *tables]))


if __name__ == "__main__":
    main()
