"""How good a search is after each time limit, beside no search, random search and other packages.

    TFDS_DATA_DIR=... ATTN_TUNER_DATA=... python benchmarks/anytime.py run
        --method search [taught no_search random linear fasttext spacy flaml]
        --set subj [imdb hotel ...] --minutes 5 [1 15 60] [--seed 0] [--environments FOLDER]
    python benchmarks/anytime.py install --method fasttext [...]
    python benchmarks/anytime.py table

Official test accuracy of what would be exported, of the best single trial, and how many trials were
judged, on the ten sets of `data_sets.py`. `anytime_ours.py` and `anytime_rivals.py` explain the
methods. `run` measures one cell after the other, each in a process of its own, and adds a line to
`benchmarks/anytime.jsonl` for each; a cell that is there without an error is not measured again.
`table` writes the section of RESULTS.md.

Nothing is chosen by a test part: a method chooses by the validation part that `search` holds out,
and answers the test texts once. Every method may use the cores that this process may use. Each time
limit is a search of its own: a search of 5 minutes divides its time in another way than one of 1
minute that continues, so the first minute of the one is not the other.
"""

import argparse
import datetime
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from anytime_rivals import RIVALS, MethodFailed, called, installed, raced
from anytime_table import UNTIMED, page
from data_sets import DATA_SETS
from results import commit, load, measured_rows, package_versions, write_section

HERE = Path(__file__).parent
ROWS = HERE / "anytime.jsonl"
ENVIRONMENTS = Path.home() / ".cache" / "attn_tuner_rivals"
OURS = ("search", "taught", "no_search", "random", "linear")
METHODS = (*OURS, *RIVALS)
EXPLAINED = "`benchmarks/anytime.py`. Official test accuracy with its 95 % interval (Wilson)."


def cells(arguments: argparse.Namespace) -> Iterator[tuple[str, str, float, int]]:
    """Yields method, set, minutes and seed; minutes are 0 for a method without a time limit."""
    for minutes in arguments.minutes:
        for name in arguments.set:
            for method in arguments.method:
                limit = 0.0 if method in UNTIMED else minutes
                yield from ((method, name, limit, seed) for seed in arguments.seed)


def measured(cell: tuple[str, str, float, int], environments: Path) -> dict[str, Any]:
    """Returns the row of a cell.

    Args:
        cell: method, set, minutes and seed.
        environments: the folder of the rivals' environments.
    """
    method, name, minutes, seed = cell
    row = {"method": method, "set": name, "minutes": minutes, "seed": seed}
    row |= {
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "cores": len(os.sched_getaffinity(0)),
    }
    before = load()
    try:
        if method in RIVALS:
            row |= raced(method, name, minutes, seed, environments)
        else:
            row |= {"versions": package_versions()} | ours(cell)
    except MethodFailed as error:
        row["error"] = str(error)
    return row | {"load": [before, load()]}


def ours(cell: tuple[str, str, float, int]) -> dict[str, Any]:
    """Returns what `anytime_ours.py` measured in a process of its own.

    Raises:
        MethodFailed: it failed.
    """
    said = called([sys.executable, HERE / "anytime_ours.py", *cell])
    return json.loads(said.splitlines()[-1])


def known(path: Path) -> list[dict[str, Any]]:
    """Returns the rows that were measured before."""
    return measured_rows(path)


def run(arguments: argparse.Namespace) -> None:
    """Measures every cell that has no row without an error."""
    rows = known(arguments.rows)
    keys = ("method", "set", "minutes", "seed")
    done = {tuple(each[key] for key in keys) for each in rows if "error" not in each}
    for cell in cells(arguments):
        if cell in done:
            continue
        done.add(cell)
        line = json.dumps(measured(cell, arguments.environments))
        with arguments.rows.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")
        print(line, flush=True)


def install(arguments: argparse.Namespace) -> None:
    """Makes the environments of rivals."""
    for method in arguments.method:
        print(method, installed(method, arguments.environments), flush=True)


def table(arguments: argparse.Namespace) -> None:
    """Writes the section of RESULTS.md."""
    text = page(known(arguments.rows))
    print(text)
    write_section("Accuracy after a time limit", f"{EXPLAINED} {text}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(required=True)
    for function, methods in ((run, METHODS), (install, tuple(RIVALS)), (table, None)):
        command = commands.add_parser(function.__name__, help=function.__doc__.partition("\n")[0])
        command.set_defaults(function=function)
        command.add_argument("--rows", type=Path, default=ROWS, metavar="FILE")
        command.add_argument("--environments", type=Path, default=ENVIRONMENTS, metavar="FOLDER")
        if methods:
            command.add_argument("--method", nargs="+", choices=methods, default=list(methods))
        if function is run:
            command.add_argument("--set", nargs="+", choices=list(DATA_SETS), default=[*DATA_SETS])
            command.add_argument("--minutes", nargs="+", type=float, default=[5.0])
            command.add_argument("--seed", nargs="+", type=int, default=[0])
    arguments = parser.parse_args()
    arguments.function(arguments)


if __name__ == "__main__":
    main()
