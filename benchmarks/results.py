"""The page of measurements: one section per benchmark, each written by its own script."""

import contextlib
import datetime
import importlib.metadata
import json
import os
import platform
import re
import resource
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("RESULTS.md")
PACKAGES = (
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "numpy",
    "keras-tuner",
    "keras-self-attention",
    "aeon",
)
HEADING = """\
# Measurements

Most sections are written by the script of `benchmarks/` that they name. Those of `translation.py`
and of the GPU are put together by hand from what the scripts print.
"""


def write_section(title: str, text: str, page: Path = PAGE):
    """Puts a section in the page, in place of the one of the same title; the others stay.

    Args:
        title: the section's heading.
        text: Markdown; a line about machine, versions and date is put behind it.
        page: the file.
    """
    whole = page.read_text(encoding="utf-8") if page.exists() else HEADING
    section = f"## {title}\n\n{text.strip()}\n\n{surroundings()}\n"
    known = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    if known.search(whole):
        whole = known.sub(lambda _: section + "\n", whole)
    else:
        whole = f"{whole.rstrip()}\n\n{section}"
    page.write_text(whole.rstrip() + "\n", encoding="utf-8")


def measured_rows(path: Path) -> list[dict]:
    """Returns the rows that were measured before, from a file of JSON lines; none without it."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines if line]


def add_row(path: Path, row: Mapping) -> None:
    """Adds a row to a file of JSON lines."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def table_of(columns: Iterable[str], rows: Iterable[str]) -> str:
    """Writes a table of sets: its head, a column of names and columns of numbers; then the rows."""
    columns = list(columns)
    head = [f"| {' | '.join(['set', *columns])} |", "|---" + "|---:" * len(columns) + "|"]
    return "\n".join([*head, *rows])


def package_versions() -> dict[str, str]:
    """The versions of the packages that figures depend on, as far as they are installed."""
    versions = {}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions


def processor_seconds() -> float:
    """Returns the processor seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def load() -> float:
    """Returns the load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def commit() -> str:
    """Returns the commit of the working tree, with "+" where the package was changed since."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", PAGE.parent, *arguments]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()

    changed = git("status", "--porcelain", "--", "../attn_tuner")
    return git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def conditions() -> dict[str, Any]:
    """Returns what a row says of when and with what it was measured."""
    return {
        "date": datetime.date.today().isoformat(),
        "commit": commit(),
        "load": [round(each, 2) for each in os.getloadavg()[:2]],
        "versions": package_versions(),
    }


def surroundings() -> str:
    """Machine, load, versions and date, in one line."""
    versions = [f"{package} {version}" for package, version in package_versions().items()]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    shared = " (shared with other work)" if load > (os.cpu_count() or 1) else ""
    return (
        f"*{datetime.date.today():%d %B %Y}; {platform.machine()}, {os.cpu_count()} CPU cores, "
        f"load {load:.1f}{shared}; Python {platform.python_version()}, {', '.join(versions)}.*"
    )
