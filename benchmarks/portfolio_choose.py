"""Chooses the first points of a search from the table of `portfolio_record.py`.

    python benchmarks/portfolio_choose.py [--set trec subj ...] [--points 8]

Greedily: each point added lowers the mean over sets of the normalised regret of the best point so
far as much as any can (Feurer et al. 2022, section 4.1, https://jmlr.org/papers/v23/21-0992.html).
The regret of a configuration on a set is the best accuracy of all configurations there less its
own; normalised, it is divided by that of the median configuration and at most 1.

Printed, and written to RESULTS.md:

- the table of configurations, and the points chosen with all sets;
- leave-one-set-out regret, in points of accuracy: for each set points are chosen without it, then
  tried on it. Beside them today's first points, followed by random draws, and random draws alone;
- the same where points are chosen only with sets on the same side of the median of a fact that is
  known before training;
- how much of the variance of the random draws each dimension explains, with a permutation test.
"""

import argparse
from collections.abc import Mapping, Sequence
from itertools import product
from math import comb
from typing import Any

import numpy as np
from portfolio_points import KNOWN_GOOD
from portfolio_table import Table, read
from results import write_section

AFTER = (1, 3, 6, 10)  # Trials.
FACTS = ("texts", "classes", "median_tokens", "unknown_share")
SHUFFLES = 2_000
ABOUT = (
    "`benchmarks/portfolio_choose.py` on the rows of `benchmarks/portfolio_record.py`: at most "
    "4,000 training texts of a set, one seed, highest validation accuracy of a curve, test parts "
    "unread."
)


def regrets(scores: np.ndarray) -> np.ndarray:
    """Returns `(sets, configurations)`, the distance from the best of each set."""
    return scores.max(axis=1, keepdims=True) - scores


def normalised(scores: np.ndarray) -> np.ndarray:
    """Returns regrets as shares of that of the median configuration, at most 1."""
    found = regrets(scores)
    usual = np.median(found, axis=1, keepdims=True)
    return np.minimum(found / np.maximum(usual, 1e-9), 1.0)


def greedy(loss: np.ndarray, points: int) -> list[int]:
    """Chooses columns one after another, each for the lowest mean over rows of the row's minimum.

    Of equal columns the first is taken.

    Args:
        loss: `(sets, configurations)`.
        points: int, columns to choose at most; none is chosen that lowers nothing.
    """
    chosen: list[int] = []
    reached = np.full(len(loss), np.inf)
    while len(chosen) < min(points, loss.shape[1]):
        means = np.minimum(reached[:, None], loss).mean(axis=0)
        column = int(means.argmin())
        if chosen and means[column] >= reached.mean():
            break
        chosen.append(column)
        reached = np.minimum(reached, loss[:, column])
    return chosen


def expected_least(values: np.ndarray, draws: int) -> float:
    """Returns the expectation of the least of so many values drawn without replacement."""
    ordered, count = np.sort(values), len(values)
    draws = min(draws, count)
    ways = [comb(count - 1 - place, draws - 1) for place in range(count)]
    return float(np.dot(ordered, ways) / comb(count, draws))


def after(regret: np.ndarray, first: Sequence[int], drawn: Sequence[int], trials: int) -> float:
    """Returns the expected regret after so many trials: first points, then random draws.

    Args:
        regret: `(configurations,)` of one set.
        first: columns tried first, in this order.
        drawn: columns of the random draws.
        trials: int.
    """
    known = regret[list(first[:trials])]
    left = trials - len(known)
    others = regret[[each for each in drawn if each not in first]]
    if not left or not len(others):
        return float(known.min())
    top = known.min() if len(known) else np.inf
    return expected_least(np.minimum(others, top), left)


def left_out(table: Table, points: int, fact: str | None = None) -> np.ndarray:
    """Returns `(sets, len(AFTER))`, regrets of points chosen without the set.

    Args:
        table: the table.
        points: int, points chosen at most.
        fact: name of the fact by which the sets to choose with are selected; None for all.
    """
    loss, found = normalised(table.scores), []
    for number in range(len(table.sets)):
        others = [each for each in range(len(table.sets)) if each != number]
        first = greedy(loss[alike(table, number, others, fact)], points)
        found.append(_row(table, number, first))
    return np.array(found)


def alike(table: Table, number: int, others: Sequence[int], fact: str | None) -> list[int]:
    """Returns the other sets that are on the same side of their median of a fact as this one."""
    if fact is None:
        return list(others)
    known = table.fact(fact)
    middle = np.median(known[list(others)])
    return [each for each in others if (known[each] > middle) == (known[number] > middle)]


def fixed(table: Table, first: Sequence[int]) -> np.ndarray:
    """Returns `(sets, len(AFTER))`, regrets of given first points, then random draws."""
    return np.array([_row(table, number, first) for number in range(len(table.sets))])


def _row(table: Table, number: int, first: Sequence[int]) -> list[float]:
    regret = regrets(table.scores)[number]
    return [after(regret, first, table.drawn, trials) for trials in AFTER]


def importance(table: Table, seed: int = 0) -> list[tuple[str, int, float, float]]:
    """Measures what each dimension explains of the random draws.

    Of a dimension with values v, ranges divided at their median,

        eta^2 = sum_v n_v (mean_v - mean)^2 / sum (rank - mean)^2

    of the mean rank of a draw over the sets. The null hypothesis permutes the draws. Interactions
    are not seen.

    Returns:
        Name, draws in which it is active, eta^2 less its mean under permutation, and p; the most
        important first.
    """
    random = np.random.default_rng(seed)
    drawn = table.drawn
    ranks = table.scores[:, drawn].argsort(axis=1).argsort(axis=1).mean(axis=0)
    # Ranges differ between sets; a draw has the same place in all of them.
    values = [table.rows[table.sets[0], table.configurations[each]]["values"] for each in drawn]
    found = []
    for name in sorted({name for each in values for name in each}):
        active = [n for n, each in enumerate(values) if name in each]
        groups = _groups([values[n][name] for n in active])
        if len(active) < 4 or len(set(groups)) < 2:
            continue
        explained = _explained(ranks[active], groups)
        null = [_explained(random.permutation(ranks[active]), groups) for _ in range(SHUFFLES)]
        p = (1 + sum(each >= explained - 1e-12 for each in null)) / (1 + SHUFFLES)
        found.append((name, len(active), explained - float(np.mean(null)), p))
    return sorted(found, key=lambda each: -each[2])


def _groups(values: Sequence[Any]) -> np.ndarray:
    """Returns a group for each value: itself, or of many numbers whether it is above the median."""
    if len(set(values)) > 4 and not any(isinstance(each, str) for each in values):
        return (np.array(values, float) > np.median(values)).astype(int)
    return np.unique([str(each) for each in values], return_inverse=True)[1]


def _explained(scores: np.ndarray, groups: np.ndarray) -> float:
    middle = scores.mean()
    between = sum(
        (groups == each).sum() * (scores[groups == each].mean() - middle) ** 2
        for each in np.unique(groups)
    )
    return float(between / max(((scores - middle) ** 2).sum(), 1e-12))


def page(table: Table, points: int) -> str:
    """Writes what was found, in Markdown."""
    chosen = greedy(normalised(table.scores), points)
    known = [table.column(name) for name in KNOWN_GOOD]
    rows = [
        ("today's first points, then random", fixed(table, known)),
        (f"up to {points} points chosen without the set, then random", left_out(table, points)),
        ("random", fixed(table, [])),
        *((f"chosen without the set, by {fact}", left_out(table, points, fact)) for fact in FACTS),
        ("chosen with all sets (optimistic)", fixed(table, chosen)),
    ]
    return "\n\n".join(
        [
            _configurations(table, chosen),
            _left_out_table(rows),
            _per_set(table, dict(rows[:3])),
            _importances(importance(table)),
        ]
    )


def _configurations(table: Table, chosen: Sequence[int]) -> str:
    points = 100 * regrets(table.scores)
    seconds = table.seconds.mean(axis=0)
    lines = [
        f"Regret in points of accuracy; seconds of processor, the mean over {len(table.sets)} "
        "sets. Chosen with all sets, in this order: "
        f"{', '.join(table.configurations[each] for each in chosen)}.",
        "",
        f"| configuration | {' | '.join(table.sets)} | mean | seconds |",
        "|---" + "|---:" * (len(table.sets) + 2) + "|",
    ]
    for column in points.mean(axis=0).argsort(kind="stable"):
        cells = " | ".join(f"{each:.1f}" for each in points[:, column])
        mean = points[:, column].mean()
        name = table.configurations[column]
        lines.append(f"| {name} | {cells} | {mean:.2f} | {seconds[column]:.0f} |")
    best = " | ".join(f"{each:.4f}" for each in table.scores.max(axis=1))
    lines.append(f"| best accuracy | {best} | | |")
    return "\n".join(lines)


def _left_out_table(rows: Sequence[tuple[str, np.ndarray]]) -> str:
    lines = [
        "Mean regret over sets, in points of accuracy, after so many trials:",
        "",
        f"| first points | {' | '.join(map(str, AFTER))} |",
        "|---" + "|---:" * len(AFTER) + "|",
    ]
    for title, found in rows:
        cells = " | ".join(f"{each:.2f}" for each in 100 * found.mean(axis=0))
        lines.append(f"| {title} | {cells} |")
    return "\n".join(lines)


def _per_set(table: Table, found: Mapping[str, np.ndarray]) -> str:
    lines = [
        "The same for each set:",
        "",
        f"| first points, trials | {' | '.join(table.sets)} |",
        "|---" + "|---:" * len(table.sets) + "|",
    ]
    for (title, regret), (number, trials) in product(found.items(), enumerate(AFTER)):
        cells = " | ".join(f"{each:.2f}" for each in 100 * regret[:, number])
        lines.append(f"| {title}, {trials} | {cells} |")
    return "\n".join(lines)


def _importances(found: Sequence[tuple[str, int, float, float]]) -> str:
    lines = [
        "Share of the variance of the random draws' mean rank that a dimension explains by itself, "
        "less what it would by chance; p of a permutation test, not corrected for their number:",
        "",
        "| dimension | draws | explained | p |",
        "|---|---:|---:|---:|",
    ]
    lines += [f"| `{name}` | {n} | {share:+.2f} | {p:.3f} |" for name, n, share, p in found]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--set", nargs="+", help="sets; all that have rows if not given")
    parser.add_argument("--points", type=int, default=8, help="points to choose at most")
    given = parser.parse_args()
    text = page(read(sets=given.set), given.points)
    print(text)
    write_section("First points chosen from recorded trials", f"{ABOUT}\n\n{text}")


if __name__ == "__main__":
    main()
