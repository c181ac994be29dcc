"""Measures which dimensions matter, from the table of `portfolio_record.py`.

Two measures. Of pairs of configurations that differ in one dimension alone, the difference of their
accuracy, with its standard error over sets. Of the random draws, the share of their variance that a
dimension explains by itself, in place of fANOVA (Hutter et al. 2014), which needs far more of them.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from portfolio_table import Table

SHUFFLES = 2_000
FEWEST = 8  # Draws in which a dimension is active, for its share of the variance.


def contrasts(table: Table) -> Iterator[tuple[str, str, str, np.ndarray]]:
    """Yields each pair of configurations that differ in one dimension alone, on every set.

    Yields:
        Name of the dimension, the two configurations, and `(sets,)`, the accuracy of the second
        less that of the first.
    """
    for one, other in combinations(range(len(table.configurations)), 2):
        names = table.configurations[one], table.configurations[other]
        changed = {
            frozenset(_changed(*(table.rows[each, n]["values"] for n in names)))
            for each in table.sets
        }
        if len(changed) == 1 and len(alone := next(iter(changed))) == 1:
            yield next(iter(alone)), *names, table.scores[:, other] - table.scores[:, one]


def _changed(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


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
        if len(active) < FEWEST or len(set(groups)) < 2:
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


def importance_page(table: Table) -> str:
    """Writes both measures, in Markdown."""
    lines = [
        "Pairs that differ in one dimension: difference of accuracy in points, mean over sets and "
        "its standard error.",
        "",
        "| dimension | from | to | difference |",
        "|---|---|---|---:|",
    ]
    for name, one, other, found in sorted(contrasts(table), key=lambda each: each[:3]):
        mean, error = 100 * found.mean(), 100 * found.std(ddof=1) / np.sqrt(len(found))
        lines.append(f"| `{name}` | {one} | {other} | {mean:+.2f} ± {error:.2f} |")
    return "\n".join([*lines, "", _explained_page(table)])


def _explained_page(table: Table) -> str:
    found = importance(table)
    if not found:
        return (
            f"The {len(table.drawn)} random draws are too few for the share of the variance that a "
            f"dimension explains: no dimension is active in {FEWEST} of them."
        )
    lines = [
        "Share of the variance of the random draws' mean rank that a dimension explains by itself, "
        "less what it would by chance; p of a permutation test, not corrected for their number:",
        "",
        "| dimension | draws | explained | p |",
        "|---|---:|---:|---:|",
    ]
    lines += [f"| `{name}` | {n} | {share:+.2f} | {p:.3f} |" for name, n, share, p in found]
    return "\n".join(lines)
