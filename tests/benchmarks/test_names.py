"""What the programs of benchmarks/ import is there, and no other package has their names."""

import ast
import importlib
import importlib.metadata
import sys

import pytest

from tests.support import ROOT

PROGRAMS = sorted(
    path for path in (ROOT / "benchmarks").rglob("*.py") if "rivals" not in path.parts
)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_what_a_program_imports_from_the_package_is_there(program):
    for node in ast.walk(ast.parse(program.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("attn_tuner"):
            module = importlib.import_module(node.module)
            for each in node.names:
                if not hasattr(module, each.name):
                    importlib.import_module(f"{node.module}.{each.name}")


def test_no_program_is_named_like_a_package_that_may_be_loaded_already():
    # Coverage.py, which measures the tests in CI, is not installed everywhere.
    taken = {*sys.stdlib_module_names, *importlib.metadata.packages_distributions(), "coverage"}
    assert not taken & {program.stem for program in PROGRAMS}
