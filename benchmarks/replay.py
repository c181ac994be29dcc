"""Replays searches on the table of `portfolio_record.py`, in seconds instead of hours.

    python benchmarks/replay.py [--set trec subj ...] [--orders 50] [--points 8]

A replay tries recorded trials one after another: first points, then random draws. A trial ends as
in `search`: after `patience` epochs without a better score, or when the pruner says so, of trials
that have left the level of chance. Printed, and written to RESULTS.md, for each kind of first
points, pruner and patience, the mean over sets and orders of

    regret    best accuracy of the table less the best that was reached, in points, after so many
              seconds of processor (one thread, tracing and evaluations included)
    saved     share of the processor time of all trials that was not needed
    lost      share of the replays in which the best trial was ended before its best evaluation

Points are chosen without the set on which they are tried (`portfolio_choose.py`). Trials were
recorded twice an epoch, where a search asks its pruner four times.
"""

import argparse
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from portfolio_choose import greedy, normalised
from portfolio_table import Table, best, read
from results import write_section

from attn_tuner.tuning.chance_level import Scale
from attn_tuner.tuning.pruning import Pruner, PrunerPerRung, make_pruner

BUDGETS = (15.0, 30.0, 60.0, 120.0)  # Seconds of processor.
PRUNERS = ("none", "median", "percentile", "asha", "extrapolation")
PATIENCE = 2.0  # Of a search.
FIRST = "chosen without the set"
ABOUT = (
    "`benchmarks/replay.py`: searches of recorded trials, one after another, of at most 4,000 "
    "training texts. Regret in points of validation accuracy after so many seconds of processor."
)


@dataclass(frozen=True)
class Replay:
    """What a replayed search reached.

    Args:
        seconds: of processor until each evaluation.
        scores: the best accuracy until then.
        used: float, seconds of processor of all trials.
        lost: whether the best trial was ended before its best evaluation.
    """

    seconds: tuple[float, ...]
    scores: tuple[float, ...]
    used: float
    lost: bool

    def score_after(self, seconds: float) -> float:
        """Returns the best accuracy after so many seconds; 0 before the first evaluation."""
        done = int(np.searchsorted(self.seconds, seconds, side="right"))
        return self.scores[done - 1] if done else 0.0


def replayed(
    rows: Sequence[Mapping[str, Any]], make: Callable[[], Pruner], patience: float
) -> Replay:
    """Replays a search of these trials in this order.

    Args:
        rows: recorded trials of one set.
        make: makes a pruner.
        patience: float, epochs without a better score after which a trial ends.
    """
    pruner = PrunerPerRung(make, Scale(rows[0]["facts"]["chance"], 1.0)).of(1.0)
    seconds: list[float] = []
    scores: list[float] = []
    spent, reached = 0.0, 0.0
    tops = [0.0] * len(rows)
    for number, row in enumerate(rows):
        curve = row.get("curve")
        if curve is None:  # It failed.
            spent += row["seconds"]
            continue
        top_epoch, used = 0.0, 0.0
        for epochs, score, loss, used in zip(
            curve["epochs"], curve["accuracy"], curve["log_loss"], curve["seconds"], strict=True
        ):
            if score > tops[number]:
                tops[number], top_epoch = score, epochs
            reached = max(reached, score)
            seconds.append(spent + used)
            scores.append(reached)
            pruner.report(str(number), epochs, score, loss)
            pruned = pruner.should_prune(str(number)) is not None
            if pruned or epochs - top_epoch >= patience:
                pruner.finish(str(number), pruned=pruned)
                break
        else:
            pruner.finish(str(number), pruned=False)
        spent += used
    highest = max(map(best, rows))
    return Replay(tuple(seconds), tuple(scores), spent, lost=max(tops) < highest)


def first_points(table: Table, number: int, points: int) -> dict[str, list[int]]:
    """Returns the columns that are tried first on a set, by the name of a rule.

    Args:
        table: the table.
        number: int, the set.
        points: int, points chosen at most.
    """
    others = table.others(number)
    return {
        "random": [],
        "today's": table.known,
        FIRST: greedy(normalised(table.scores)[others], points),
    }


def order(table: Table, first: Sequence[int], seed: int) -> list[int]:
    """Returns first points, then the random draws in an order of their own."""
    drawn = [each for each in table.drawn if each not in first]
    return [*first, *random.Random(seed).sample(drawn, len(drawn))]


def measured(
    table: Table, rule: str, pruner: str, patience: float, orders: int, points: int
) -> list[float]:
    """Returns regrets after each budget, then the shares saved and lost, means over all replays."""
    found = []
    for number, name in enumerate(table.sets):
        first = first_points(table, number, points)[rule]
        for seed in range(orders):
            columns = order(table, first, seed)
            rows = [table.rows[name, table.configurations[each]] for each in columns]
            played = replayed(rows, partial(make_pruner, pruner), patience)
            top = table.scores[number].max()
            all_seconds = sum(_whole(row) for row in rows)
            found.append(
                [100 * (top - played.score_after(limit)) for limit in BUDGETS]
                + [1 - played.used / all_seconds, float(played.lost)]
            )
    return [float(each) for each in np.mean(found, axis=0)]


def _whole(row: Mapping[str, Any]) -> float:
    """Returns the seconds of a trial that nothing ends."""
    return row["curve"]["seconds"][-1] if "curve" in row else row["seconds"]


def cases() -> list[tuple[str, str, float]]:
    """Returns first points, pruner and patience of each row of the table."""
    usual = "median"
    return [
        *((rule, usual, PATIENCE) for rule in ("random", "today's", FIRST)),
        *((FIRST, pruner, PATIENCE) for pruner in PRUNERS if pruner != usual),
        *((FIRST, usual, patience) for patience in (1.0, 3.0)),
    ]


def page(table: Table, orders: int, points: int) -> str:
    """Writes the table of replays, in Markdown."""
    head = [f"{limit:.0f} s" for limit in BUDGETS]
    lines = [
        f"{len(table.sets)} sets, {orders} orders; {len(table.configurations)} configurations, "
        f"{len(table.drawn)} of them random.",
        "",
        f"| first points | pruner | patience | {' | '.join(head)} | saved | lost |",
        "|---|---|---:" + "|---:" * (len(head) + 2) + "|",
    ]
    for rule, pruner, patience in cases():
        *regret, saved, lost = measured(table, rule, pruner, patience, orders, points)
        cells = " | ".join(f"{each:.2f}" for each in regret)
        lines.append(f"| {rule} | {pruner} | {patience:g} | {cells} | {saved:.0%} | {lost:.0%} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--set", nargs="+", help="sets; all that have rows if not given")
    parser.add_argument("--orders", type=int, default=50, help="of the random draws")
    parser.add_argument("--points", type=int, default=8, help="points to choose at most")
    given = parser.parse_args()
    text = page(read(sets=given.set), given.orders, given.points)
    print(text)
    write_section("Replayed searches", f"{ABOUT}\n\n{text}")


if __name__ == "__main__":
    main()
