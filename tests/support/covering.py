"""Few combinations of many choices, in which every two choices meet."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence


def pairs_of(row: Mapping) -> set[frozenset]:
    """All that meets in one combination, by twos."""
    return {frozenset(pair) for pair in itertools.combinations(row.items(), 2)}


def all_pairs(choices: Mapping[str, Sequence]) -> set[frozenset]:
    """Every two values of different factors."""
    return {
        frozenset([(first, one), (second, other)])
        for first, second in itertools.combinations(choices, 2)
        for one, other in itertools.product(choices[first], choices[second])
    }


def covering(choices: Mapping[str, Sequence]) -> list[dict]:
    """Combinations such that each two values of different factors meet in at least one.

    There is one for each pair of the first two factors, which should be the largest, and more
    only where the others still lack a pair. Of the last factor the later values are taken where
    nothing new is met, so the cheapest should stand last; of the others those that met the fewest
    of these.
    """
    first, second, *others = choices
    rest = list(itertools.product(*(choices[name] for name in others)))
    wanted = list(itertools.product(choices[first], choices[second]))
    missing, rows, used = all_pairs(choices), [], Counter()
    while wanted or missing:
        begin = wanted.pop(0) if wanted else _lacking(missing, choices, first, second)
        candidates = [dict(zip(choices, (*begin, *end), strict=True)) for end in rest]

        worth = [
            (
                len(pairs_of(row) & missing),
                choices[others[-1]].index(row[others[-1]]),
                -used[tuple(row[name] for name in others)],
            )
            for row in candidates
        ]
        rows.append(candidates[worth.index(max(worth))])
        missing -= pairs_of(rows[-1])
        used[tuple(rows[-1][name] for name in others)] += 1
    return rows


def _lacking(missing, choices, first, second) -> tuple:
    """Values of the two first factors of which one lacks a pair, or any."""
    known = dict(min(missing, key=sorted))
    return known.get(first, choices[first][0]), known.get(second, choices[second][0])
