"""The page of measurements: one section per benchmark, each written by its own script."""

import contextlib
import datetime
import importlib.metadata
import os
import platform
import re
from pathlib import Path

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
HEADING = (
    "# Measurements\n\nEach section is written by the script of `benchmarks/` that it names.\n"
)


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


def package_versions() -> dict[str, str]:
    """The versions of the packages that figures depend on, as far as they are installed."""
    versions = {}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions


def surroundings() -> str:
    """Machine, load, versions and date, in one line."""
    versions = [f"{package} {version}" for package, version in package_versions().items()]
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    shared = " (shared with other work)" if load > (os.cpu_count() or 1) else ""
    return (
        f"*{datetime.date.today():%d %B %Y}; {platform.machine()}, {os.cpu_count()} CPU cores, "
        f"load {load:.1f}{shared}; Python {platform.python_version()}, {', '.join(versions)}.*"
    )
