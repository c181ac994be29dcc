"""A package of somebody else adds a head: the example in examples/plugin, as if installed."""

import configparser
import os
import subprocess
import sys
from pathlib import Path

PLUGIN = Path(__file__).parent.parent / "examples" / "plugin"


def installed(folder):
    """Writes what pip would: the metadata with the entry points of the package's setup.cfg."""
    settings = configparser.ConfigParser()
    settings.read(PLUGIN / "setup.cfg")
    facts, points = settings["metadata"], settings["options.entry_points"]
    place = folder / f"{facts['name'].replace('-', '_')}-{facts['version']}.dist-info"
    place.mkdir()
    named = f"Name: {facts['name']}\nVersion: {facts['version']}\n"
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\n{named}")
    groups = (f"[{group}]{lines}\n" for group, lines in points.items())
    (place / "entry_points.txt").write_text("".join(groups))


def test_a_head_of_an_installed_package_is_listed_checked_built_exported_and_loaded(tmp_path):
    installed(tmp_path)
    path = [str(tmp_path), str(PLUGIN), *filter(None, sys.path)]
    options = ["-n", "0", "-q", "-p", "no:cacheprovider", "--rootdir", str(PLUGIN)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(PLUGIN / "test_norm_attention.py")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
