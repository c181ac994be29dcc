"""The code of README, CONTRIBUTING and docs runs, in less time than it says.

What a page takes for granted, and what its code should have done, stands in comments:

    <!-- given        code that runs where it stands, unseen by the reader
    <!-- check        likewise, behind the block that it checks
    <!-- needs x -->  the next block needs a package that the tests do not bring
"""

import ast
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from attn_tuner import cli
from tests.support import ROOT, sentiment
from tests.support.annotations import public_functions, unannotated
from tests.support.colours import exported_as, in_this_process, write_new_colours
from tests.support.pages import BLOCK, SAID, blocks, in_a_moment, read
from tests.support.warm_process import run_warm

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TABLES = [ROOT / folder / "README.md" for folder in ("examples", "benchmarks")]
DEMO = 'attn_tuner.search("demo", max_time="2m", directory="runs/demo"'
LANGUAGES = {"python", "sh", "text", "toml"}  # tests/settings reads what is TOML.
PIECE = re.compile(
    r"^<!-- (?:given|check)\n(?P<hidden>.*?)^-->"
    r"|^<!-- needs (?P<needs>\w+) -->"
    r"|^```python\n(?P<code>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
# A block that begins with the name of a file is a whole file, to be pasted there.
PLACED = [
    pytest.param(block.partition("\n")[0].removeprefix("# "), block, id=block.partition("\n")[0])
    for page in PAGES
    for block in blocks(page, "python")
    if re.match(r"# (?:attn_tuner|tests)/\S+\.py\n", block)
]
SEEN_ELSEWHERE = ("serve",)  # Goes on until Ctrl-C; tests/serving runs it.
TOUR = "after_the_search.md"  # Its commands go on with what a search has left.


def program(page):
    """The page as one Python program, and the packages that it would need but are not here."""
    steps, missing, wanted = [], [], None
    for piece in PIECE.finditer(read(page)):
        if piece["needs"]:
            wanted = piece["needs"]
        elif wanted and importlib.util.find_spec(wanted) is None:
            compile(piece[0].strip("`<!->").partition("\n")[2], page.name, "exec")
            missing.append(wanted)
            wanted = wanted if piece["code"] else None
        else:
            steps.append(piece["hidden"] or piece["code"])
            wanted = None
    return "\n\n".join(steps), missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_the_page_runs_from_top_to_bottom(page, tmp_path, request):
    steps, _ = program(page)
    if not steps:
        pytest.skip("the page holds no Python")
    if DEMO in steps:  # The same search has ended there, so it gives its result at once.
        shutil.copytree(request.getfixturevalue("demo_folder"), tmp_path / "runs" / "demo")
    script = tmp_path / "page.py"
    script.write_text(in_a_moment(steps), encoding="utf-8")
    done = run_warm(script, {"WANDB_MODE": "offline"})
    assert done.code == 0, done.output[-3000:]


@pytest.mark.parametrize(("file", "code"), PLACED)
def test_a_file_that_a_page_shows_keeps_the_rules_of_its_place(file, code):
    assert (ROOT / file).parent.is_dir(), f"{file} is shown, but there is no such folder."
    if file.startswith("attn_tuner/"):
        found = {each.name: unannotated(each) for each in public_functions(ast.parse(code))}
        assert {name: missing for name, missing in found.items() if missing} == {}


@pytest.mark.parametrize("rule", [("check",), ("format", "--diff")], ids=" ".join)
@pytest.mark.parametrize(("file", "code"), PLACED)
def test_ruff_finds_nothing_in_a_file_that_a_page_shows(file, code, rule):
    if importlib.util.find_spec("ruff") is None:
        pytest.skip("ruff is not installed")
    command = [sys.executable, "-m", "ruff", *rule, "--stdin-filename", file, "-"]
    done = subprocess.run(command, input=code, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_is_of_a_kind_that_is_tested(page):
    assert {kind for kind, _ in BLOCK.findall(read(page))} <= LANGUAGES


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.name)
def test_the_commands_of_the_page_run(page, tmp_path, monkeypatch, request):
    lines = [line for block in blocks(page, "sh") for line in block.splitlines() if line.strip()]
    if not lines:
        pytest.skip("the page holds no commands")
    monkeypatch.chdir(tmp_path)
    if page.name == TOUR:
        shutil.copytree(request.getfixturevalue("finished_folder"), tmp_path / "RUN")
        write_new_colours(tmp_path)
    else:
        sentiment.make_run(tmp_path / "RUN")
    (tmp_path / "reviews.csv").write_text("review,stars\na good film,5\n", encoding="utf-8")
    for line in lines:
        name, *arguments = shlex.split(line, comments=True)
        assert name == "attn-tuner", line
        if arguments[0] not in SEEN_ELSEWHERE:
            with in_this_process(), exported_as("keras"):
                done = CliRunner().invoke(cli.app, arguments)
            assert done.exit_code == 0, f"{line}\n{done.output}\n{done.exception!r}"


def test_the_first_command_of_the_readme_ends_in_a_prediction(demo_folder):
    said = read(demo_folder.with_name(SAID))
    assert said.split("\t")[0] in ("positive", "negative")


def test_the_second_command_of_the_readme_is_the_one_that_runs_the_tests():
    assert blocks(ROOT / "README.md", "sh")[1].strip() == (
        "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest"
    )
    assert "grep -m 1 -- '-m pytest$' README.md" in read(ROOT / ".ci" / "run")


@pytest.mark.parametrize(
    "page", [*PAGES, *TABLES], ids=lambda page: page.relative_to(ROOT).as_posix()
)
def test_what_a_page_shows_and_links_to_is_there(page):
    prose = BLOCK.sub("", read(page))  # In code `](x=0.5)` is a call.
    for target in re.findall(r"\]\(([^)#:]+\.\w+)\)", prose):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.parent.name)
def test_the_page_of_a_folder_names_every_program_in_it(page):
    named = set(re.findall(r"\]\(([^)]+)\)", read(page)))
    programs = [*page.parent.glob("*.py"), *page.parent.glob("*.ipynb")]
    assert {path.name for path in programs} <= named
