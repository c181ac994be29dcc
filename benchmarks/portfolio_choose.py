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
- how much each dimension matters (`portfolio_importance.py`).
"""

import argparse
from collections.abc import Mapping, Sequence
from itertools import product
from math import comb

import numpy as np
from portfolio_importance import importance_page
from portfolio_table import Table, read
from results import write_section

AFTER = (1, 3, 6, 10)  # Trials.
FACTS = ("texts", "classes", "median_tokens", "unknown_share")
ABOUT = (
    "`benchmarks/portfolio_choose.py` on the rows of `benchmarks/portfolio_record.py`: one seed, "
    "highest validation accuracy of a curve, test parts unread. Today's first points were set by "
    "hand while these sets were in use; those chosen without a set have not seen it."
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
        others = table.others(number)
        first = greedy(loss[alike(table, number, others, fact)], points)
        found.append(_row(table, number, first))
    return np.array(found)


def alike(table: Table, number: int, others: Sequence[int], fact: str | None) -> list[int]:
    """Returns the other sets on the same side of their median of a fact as this one; else all."""
    if fact is None:
        return list(others)
    known = table.fact(fact)
    middle = np.median(known[list(others)])
    found = [each for each in others if (known[each] > middle) == (known[number] > middle)]
    return found or list(others)


def fixed(table: Table, first: Sequence[int]) -> np.ndarray:
    """Returns `(sets, len(AFTER))`, regrets of given first points, then random draws."""
    return np.array([_row(table, number, first) for number in range(len(table.sets))])


def _row(table: Table, number: int, first: Sequence[int]) -> list[float]:
    regret = regrets(table.scores)[number]
    return [after(regret, first, table.drawn, trials) for trials in AFTER]


def page(table: Table, points: int) -> str:
    """Writes what was found, in Markdown."""
    chosen = greedy(normalised(table.scores), points)
    rows = [
        ("today's first points, then random", fixed(table, table.known)),
        (f"up to {points} points chosen without the set, then random", left_out(table, points)),
        ("random", fixed(table, [])),
        *((f"chosen without the set, by {fact}", left_out(table, points, fact)) for fact in FACTS),
        ("chosen with all sets (optimistic)", fixed(table, chosen)),
    ]
    return "\n\n".join(
        [
            _recorded(table),
            _configurations(table, chosen),
            _left_out_table(rows),
            _difference(rows[1][1] - rows[0][1]),
            _per_set(table, dict(rows[:3])),
            importance_page(table),
        ]
    )


def _recorded(table: Table) -> str:
    """Says what was recorded of each set, and beside what."""
    first = table.configurations[0]
    sizes = [
        f"{name} {facts['texts']:,} and {facts['validation_texts']:,}"
        for name in table.sets
        for facts in [table.rows[name, first]["facts"]]
    ]
    loads = [each for row in table.rows.values() for each in row["load"]]
    dates = sorted({row["date"] for row in table.rows.values()})
    return (
        f"Training and validation texts: {', '.join(sizes)}. One thread, recorded beside other "
        f"work, load {min(loads):.1f} to {max(loads):.1f}, {' and '.join(dates)}."
    )


def _configurations(table: Table, chosen: Sequence[int]) -> str:
    points = 100 * regrets(table.scores)
    losses, seconds = table.losses.mean(axis=0), table.seconds.mean(axis=0)
    lines = [
        "Regret in points of accuracy. Of it, of the lowest log loss of a curve and of the seconds "
        f"of processor the mean over {len(table.sets)} sets. Chosen with all sets, in this order: "
        f"{', '.join(table.configurations[each] for each in chosen)}.",
        "",
        f"| configuration | {' | '.join(table.sets)} | mean | log loss | seconds |",
        "|---" + "|---:" * (len(table.sets) + 3) + "|",
    ]
    for column in points.mean(axis=0).argsort(kind="stable"):
        cells = " | ".join(f"{each:.1f}" for each in points[:, column])
        mean = points[:, column].mean()
        name = table.configurations[column]
        costs = f"{losses[column]:.3f} | {seconds[column]:.0f}"
        lines.append(f"| {name} | {cells} | {mean:.2f} | {costs} |")
    best = " | ".join(f"{each:.4f}" for each in table.scores.max(axis=1))
    lines.append(f"| best accuracy | {best} | | | |")
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


def _difference(found: np.ndarray) -> str:
    """Says how far points chosen without the set are from today's, with what sets differ by."""
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    cells = [
        f"{100 * mean:+.2f} ± {100 * each:.2f} after {trials}"
        for mean, each, trials in zip(found.mean(axis=0), error, AFTER, strict=True)
    ]
    better = all(found.mean(axis=0)[1:] + 2 * error[1:] < 0)
    verdict = "are" if better else "are not"
    return (
        "Regret of points chosen without the set less that of today's, with its standard error "
        f"over sets: {', '.join(cells)}. From {AFTER[1]} trials on they {verdict} better by two "
        "standard errors."
    )


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
