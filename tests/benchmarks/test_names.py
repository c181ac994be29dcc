"""What the programs of benchmarks/ import from the package is there."""

import ast
import importlib

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
