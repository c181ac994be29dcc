"""Reads the rows of `portfolio_record.py` as one table of sets and configurations."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from results import measured_rows

ROWS = Path(__file__).parent / "portfolio"
KNOWN, DRAWN = "known: ", "random "  # Begin the names of today's first points, and of draws.


@dataclass(frozen=True, eq=False)
class Table:
    """What was recorded of configurations that have a row on every set.

    Args:
        sets: names of the sets.
        configurations: names of the configurations.
        rows: by set and configuration, the row of the smallest seed.
        scores: `(sets, configurations)`, the highest validation accuracy, the mean over seeds; 0
            for one that failed.
    """

    sets: tuple[str, ...]
    configurations: tuple[str, ...]
    rows: Mapping[tuple[str, str], Mapping[str, Any]]
    scores: np.ndarray

    def others(self, number: int) -> list[int]:
        """The rows of all sets but one."""
        return [each for each in range(len(self.sets)) if each != number]

    @property
    def drawn(self) -> list[int]:
        """The columns of the random draws."""
        return [n for n, name in enumerate(self.configurations) if name.startswith(DRAWN)]

    @property
    def known(self) -> list[int]:
        """The columns of the points that a search tries first today."""
        return [n for n, name in enumerate(self.configurations) if name.startswith(KNOWN)]

    @property
    def seconds(self) -> np.ndarray:
        """`(sets, configurations)`, seconds of processor of a training."""
        return self._of_rows(lambda row: row["seconds"])

    @property
    def losses(self) -> np.ndarray:
        """`(sets, configurations)`, the lowest log loss of a curve; infinite of one that failed."""
        return self._of_rows(lambda row: min(row.get("curve", {}).get("log_loss", [np.inf])))

    def _of_rows(self, figure: Callable[[Mapping[str, Any]], float]) -> np.ndarray:
        return np.array(
            [[figure(self.rows[name, each]) for each in self.configurations] for name in self.sets]
        )

    def fact(self, name: str) -> np.ndarray:
        """Returns `(sets,)`, a fact known before any training."""
        first = self.configurations[0]
        return np.array([self.rows[each, first]["facts"][name] for each in self.sets], float)


def read(folder: Path = ROWS, sets: Sequence[str] | None = None) -> Table:
    """Reads the rows of a folder.

    Args:
        folder: holds `SET.jsonl` for each set.
        sets: names of the sets; None for all that have rows.
    """
    names = sets or sorted(path.stem for path in folder.glob("*.jsonl"))
    return table_of({name: measured_rows(folder / f"{name}.jsonl") for name in names})


def table_of(recorded: Mapping[str, Iterable[Mapping[str, Any]]]) -> Table:
    """Makes a table of rows by set.

    Args:
        recorded: dict of the name of a set to its rows.
    """
    groups: dict[tuple[str, str], list] = defaultdict(list)
    order: dict[str, None] = {}
    for name, rows in recorded.items():
        for row in rows:
            groups[name, row["configuration"]].append(row)
            order[row["configuration"]] = None
    shared = tuple(each for each in order if all((name, each) in groups for name in recorded))
    scores = [
        [float(np.mean([best(row) for row in groups[name, each]])) for each in shared]
        for name in recorded
    ]
    firsts = {
        (name, each): min(groups[name, each], key=lambda row: row["seed"])
        for name in recorded
        for each in shared
    }
    return Table(tuple(recorded), shared, firsts, np.array(scores).reshape(-1, len(shared)))


def best(row: Mapping[str, Any]) -> float:
    """Returns the highest accuracy of a row; 0 for one that failed."""
    return max(row.get("curve", {}).get("accuracy", [0.0]), default=0.0)
