"""The blocks of code in README and docs, and the search that the README begins with."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TIME = re.compile(r"max_time=\"\d+[smh]\"|--max-time \d+[smh]")
SAMPLE = re.compile(r"sample=\d+, seconds=\d+")
SAID = "prediction.txt"


def read(page):
    return page.read_text(encoding="utf-8")


def blocks(page, language):
    return [text for kind, text in BLOCK.findall(read(page)) if kind == language]


def in_a_moment(code):
    """The same code with searches of one trial of one epoch, and measures of ten texts."""
    options = {True: " --max-trials 1 --epochs 1", False: ", max_trials=1, epochs=1"}
    code = TIME.sub(lambda found: found[0] + options["--" in found[0]], code)
    return SAMPLE.sub("sample=10, seconds=2", code)


def first_command(folder):
    """Runs the first command of the README in a folder: a search in the demo corpus, a prediction.

    `SAID` is what the prediction printed.
    """
    folder.mkdir()
    steps = blocks(ROOT / "README.md", "sh")[0].strip().split(" && ")
    assert steps[:2] == ["python3 -m venv .venv", ".venv/bin/pip install ."]
    for step in steps[2:]:
        name, *arguments = shlex.split(in_a_moment(step))
        assert name == ".venv/bin/attn-tuner"
        ours = Path(sys.executable).parent / "attn-tuner"
        done = subprocess.run(
            [ours, *arguments], cwd=folder, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stderr[-3000:]
        (folder / SAID).write_text(done.stdout, encoding="utf-8")
