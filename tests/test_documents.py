"""The code of README and docs runs, in less time than it says.

A page may say in a comment, `<!-- given ... -->`, what its code takes for granted. Blocks marked
`py` need packages or files of the reader's own; the tests of their part run the same calls.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
GIVEN = re.compile(r"^<!-- given\n(.*?)^-->", re.MULTILINE | re.DOTALL)
TIME = re.compile(r"(max_time=\"|--max-time )\d+[smh]")
SHORT = r"\g<1>40s"


def blocks(page, language):
    return [
        text for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_the_page_runs_from_top_to_bottom(page, tmp_path):
    program = "\n\n".join(blocks(page, "python"))
    given = "\n".join(GIVEN.findall(page.read_text(encoding="utf-8")))
    if not program:
        pytest.skip("the page holds no Python")
    script = tmp_path / "page.py"
    script.write_text(given + TIME.sub(SHORT, program), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_first_command_of_the_readme_ends_in_a_prediction(tmp_path):
    command = blocks(ROOT / "README.md", "sh")[0]
    steps = [step.strip() for step in TIME.sub(SHORT, command).split("&&")]
    assert steps[:2] == ["python3 -m venv .venv", ".venv/bin/pip install ."]
    for step in steps[2:]:
        program, *arguments = shlex.split(step)
        assert program == ".venv/bin/attn-tuner"
        ours = Path(sys.executable).parent / "attn-tuner"
        done = subprocess.run(
            [ours, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=400
        )
        assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split("\t")[0] in ("positive", "negative")


def test_the_second_command_of_the_readme_is_the_one_that_runs_the_tests():
    command = blocks(ROOT / "README.md", "sh")[1].strip()
    assert command == (
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest"
    )
    assert "grep -m 1 -- '-m pytest$' README.md" in (ROOT / ".ci" / "run").read_text()
