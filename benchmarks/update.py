"""What an update with new classes costs, and how near it comes to a search on all data.

    ATTN_TUNER_DATA=../shared/data python benchmarks/update.py run --set trec --seed 0
    python benchmarks/update.py table

A tenth of the classes of a set, at least one, drawn by the seed, is kept back. `run` searches on
the training texts of the other classes, then adds the texts of the classes kept back by
`attn_tuner.update`, and measures what that exports on the whole test part. It is compared with a
search on all training texts for as long, of the same seed. The texts that the update holds out to
check itself are texts of training. With `--folder` searches are kept, and not run again.
"""

import argparse
import json
import math
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from data_sets import DATA_SETS, labelled, source, write_labelled
from results import (
    add_row,
    conditions,
    measured_rows,
    processor_seconds,
    table_of,
    write_section,
)

TITLE = "Updates with new classes"
ROWS = Path(__file__).with_name("update.jsonl")
MINUTES, SHARE = 5.0, 0.1
COST = "cost.json"  # Of a search, in its run folder.
EXPLAINED = """\
`benchmarks/update.py`: a tenth of the classes of a set, drawn by the seed, is kept back from a
search of some minutes, then added by `attn_tuner.update`. Accuracies on the whole test part, in
percent: of the updated model, of a search for as long on all training texts, and the difference;
then those of the updated model on the test texts of the old and of the new classes. `before` is the
accuracy of the first search on the test texts of the old classes alone. Seconds, and seconds of
processors, are those of the whole update, export included, beside those of the search on all texts;
the load is the machine's, which has 2 cores. All of it ran beside other work. Rows without seconds
of processors are of before an update took the settings of the linear model from the search and
trained by work instead of by the clock; their searches on all texts are of an earlier commit. In
the fifth row searches and update had one core of the two. In the rows below it an update replays
fewer texts, in larger batches, and traces models less often; the searches of these rows had run
before, at a load of 4 to 5 and with less of the processors, and the updates also loaded the
libraries."""


def kept_back(rows: Sequence[tuple[str, str]], seed: int) -> set[str]:
    """Draws the classes that the search does not see."""
    classes = sorted({label for _, label in rows})
    count = math.ceil(SHARE * len(classes))
    return set(np.random.default_rng(seed).choice(classes, count, replace=False).tolist())


def search_on(table: str, test: str, minutes: float, seed: int, run: Path) -> Any:
    """Searches, unless the run folder has that search; writes what it cost there.

    Args:
        table, test: paths of training and test texts.
        minutes: float, the time limit.
        seed: of the search.
        run: the run folder.
    """
    import attn_tuner

    if not (run / COST).exists():
        began, used = time.monotonic(), processor_seconds()
        options = {"seed": seed, "progress": False, "max_time": 60 * minutes, "directory": run}
        attn_tuner.search(table, test=test, **options)
        seconds, used = time.monotonic() - began, processor_seconds() - used
        cost = {"seconds": round(seconds, 1), "processor_seconds": round(used, 1)}
        (run / COST).write_text(json.dumps(cost), encoding="utf-8")
    return attn_tuner.load(run)


def searched(name: str, minutes: float, seed: int, folder: Path) -> tuple[Any, Path, set[str]]:
    """Searches on the old classes.

    Args:
        name: key of `DATA_SETS`.
        minutes: float, the time limit.
        seed: of the search, and for the classes that are kept back.
        folder: of the run folder and the tables.

    Returns:
        The result, the table of the new classes, and their names.
    """
    given = source(name)
    train, test = labelled(given["data"]), labelled(given["test"])
    new = kept_back(train, seed)
    folder.mkdir(parents=True, exist_ok=True)
    old = write_labelled(folder / "old.csv", [row for row in train if row[1] not in new])
    old_test = write_labelled(folder / "old_test.csv", [row for row in test if row[1] not in new])
    more = write_labelled(folder / "more.csv", [row for row in train if row[1] in new])
    return search_on(old, old_test, minutes, seed, folder / "run"), Path(more), new


def searched_on_all(name: str, minutes: float, seed: int, folder: Path) -> dict[str, Any]:
    """Searches on all classes; returns the accuracy on the test part, and what it cost.

    Args:
        name, minutes, seed, folder: as of `searched`.
    """
    given, run = source(name), folder / "all"
    found = search_on(given["data"], given["test"], minutes, seed, run)
    cost = json.loads((run / COST).read_text(encoding="utf-8"))
    return {"accuracy": found.test_metrics["accuracy"], **cost}


def measured(name: str, minutes: float, seed: int, folder: Path) -> dict[str, Any]:
    """Updates a search with the classes that it was not shown, and measures both.

    Args:
        name, minutes, seed, folder: as of `searched`.
    """
    import attn_tuner

    first, more, new = searched(name, minutes, seed, folder)
    full = searched_on_all(name, minutes, seed, folder)
    test = labelled(source(name)["test"])
    began, used = time.monotonic(), processor_seconds()
    updated = attn_tuner.update(first.directory, more)
    seconds, used = time.monotonic() - began, processor_seconds() - used
    answers = updated.predict([text for text, _ in test])
    right = np.array([each.label == label for each, (_, label) in zip(answers, test, strict=True)])
    is_new = np.array([label in new for _, label in test])
    return {
        "set": name,
        "seed": seed,
        "minutes": minutes,
        "new_classes": sorted(new),
        "accuracy": float(right.mean()),
        "old": float(right[~is_new].mean()),
        "new": float(right[is_new].mean()),
        "before": first.test_metrics["accuracy"],
        "seconds": round(seconds, 1),
        "processor_seconds": round(used, 1),
        "full": full,
        "members": updated.run.members,
        "members_before": first.run.members,
        "learnt_from": {**updated.run.outcome["learnt_from"], "run": ""},
        **conditions(),
    }


def shares_of(row: Mapping[str, Any], cost: str) -> tuple[str, str]:
    """Returns what an update cost, and its share of the search on all texts; "-" if unknown."""
    if cost not in row:
        return "-", "-"
    return f"{row[cost]:.0f}", f"{row[cost] / row['full'][cost]:.0%}"


def table() -> None:
    """Writes the section of RESULTS.md."""
    columns = ["minutes", "seed", "new classes", "updated", "full search", "difference"]
    columns += ["old classes", "before", "new classes' texts", "seconds", "of the search's"]
    columns += ["processor seconds", "of the search's", "load"]
    rows = []
    for row in measured_rows(ROWS):
        other = row["full"]
        shares = (row["accuracy"], other["accuracy"], row["accuracy"] - other["accuracy"])
        shown = [f"{100 * each:.1f}" for each in shares[:2]] + [f"{100 * shares[2]:+.1f}"]
        shown += [f"{100 * row[each]:.1f}" for each in ("old", "before", "new")]
        spent = [*shares_of(row, "seconds"), *shares_of(row, "processor_seconds")]
        cells = [DATA_SETS[row["set"]].title, row["minutes"], row["seed"], len(row["new_classes"])]
        cells += [*shown, *spent, row["load"][0]]
        rows.append(f"| {' | '.join(map(str, cells))} |")
    write_section(TITLE, f"{EXPLAINED}\n\n{table_of(columns, rows)}")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = asked.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run")
    run.add_argument("--set", required=True, choices=DATA_SETS)
    run.add_argument("--minutes", type=float, default=MINUTES)
    run.add_argument("--seed", type=int, default=0)
    run.add_argument("--folder", type=Path, help="Keeps the search, for the next call.")
    commands.add_parser("table")
    options = asked.parse_args()
    if options.command == "table":
        return table()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        row = measured(options.set, options.minutes, options.seed, folder)
    print(json.dumps(row))
    return add_row(ROWS, row)


if __name__ == "__main__":
    main()
