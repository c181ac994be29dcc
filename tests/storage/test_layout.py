"""The names of a run folder's files stand in one module, and its page says the same."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

import attn_tuner
from attn_tuner.storage.layout import (
    RUN_FOLDER,
    linear_answers,
    minirocket_answers,
    resume_numbers,
    vectors_file,
)

PACKAGE = Path(attn_tuner.__file__).parent
DOCS = PACKAGE.parent / "docs"
OWNER = PACKAGE / "storage" / "layout.py"
# They run where this package is not installed.
ALONE = {
    "exporting/standalone_reader/reader.py",
    "exporting/verification/fresh_process.py",
    "sequence_search/standalone/texts.py",
}
PATTERNS = (
    linear_answers("PART"),
    minirocket_answers("PART"),
    vectors_file("KEY"),
    "trial_ID",
    "resume-N",
    "NUMBER",
)
LIBRARIES = {"KerasTuner", "Optuna", "TensorFlow", "you"}
ENTRIES = list(RUN_FOLDER.walk())


def names() -> set[str]:
    """The fixed names of files and folders."""
    return {entry.name for _, entry in ENTRIES} - set(PATTERNS) - {"PART"}


def spelled(tree: ast.AST):
    """Names of files of a run folder among the strings of a module, but for its docstrings."""
    files = {name for name in names() if "." in name}
    folders = names() - files
    said = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in said:
            # Sentences and code for people may name a file.
            if " " not in node.value and files & set(node.value.split("/")):
                yield node.value
            begins = "trial_|resume-|linear_|minirocket_|vectors-"
            if re.search(rf"(^|/)({begins})(\*.*|/.*)?$", node.value):
                yield node.value
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            right = node.right
            if isinstance(right, ast.Constant) and right.value in folders:
                yield right.value


@pytest.mark.parametrize(
    "program",
    [
        'run / "plan.json"',
        'run / "data"',
        'run.glob("trial_*/x")',
        'run / f"trial_{number}"',
        'FILE = "data/validation.jsonl"',
    ],
)
def test_a_name_that_is_spelled_elsewhere_is_found(program):
    assert list(spelled(ast.parse(program)))


def test_no_other_module_spells_the_name_of_a_file():
    found = {
        path.relative_to(PACKAGE).as_posix(): list(spelled(ast.parse(path.read_text("utf-8"))))
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != OWNER
    }
    found = {module: names for module, names in found.items() if names and module not in ALONE}
    assert not found, f"import these names from attn_tuner.storage.layout: {found}"


@pytest.mark.parametrize(("path", "entry"), ENTRIES, ids=[path for path, _ in ENTRIES])
def test_every_file_has_its_writer_its_readers_and_its_loss(path, entry):
    assert bool(entry.again) != bool(entry.lost)
    for name in (*entry.writers.split(", "), *entry.readers.split(", ")):
        if name not in LIBRARIES:
            module = PACKAGE.joinpath(*name.split("."))
            assert module.with_suffix(".py").exists(), f"{path}: there is no module {name}"


def test_the_page_on_the_run_folder_says_what_the_layout_says():
    program = DOCS / "write_run_folder.py"
    specification = importlib.util.spec_from_file_location("write_run_folder", program)
    writer = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(writer)
    said = (DOCS / "run_folder.md").read_text(encoding="utf-8")
    assert said == writer.page(), "run: python docs/write_run_folder.py"


def test_only_numbered_folders_are_resume_points(tmp_path):
    for name in ("resume-3", "resume-12", "resume-", "resume-x", "other-1"):
        (tmp_path / name).mkdir()
    assert sorted(resume_numbers(tmp_path)) == [3, 12]
