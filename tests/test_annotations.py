"""Every parameter and result of a public function or method is annotated."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import attn_tuner

PACKAGE = Path(attn_tuner.__file__).parent
# Folders and modules with functions that are not annotated yet.
NOT_YET = {
    *("hypermodel.py", "runtime.py", "search_defaults.py", "search_result.py", "settings"),
}
MODULES = [
    path.relative_to(PACKAGE).as_posix()
    for path in sorted(PACKAGE.rglob("*.py"))
    if not {path.relative_to(PACKAGE).parts[0], path.relative_to(PACKAGE).as_posix()} & NOT_YET
]


def public_functions(node: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a module and the methods of its classes, without private ones."""
    for each in ast.iter_child_nodes(node):
        private = (getattr(each, "name", None) or "").startswith("_")
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            if not private or each.name == "__init__":
                yield each
        elif not private:
            yield from public_functions(each)


def unannotated(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The names of parameters without a type, and "return" where the result has none."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    found = [
        each.arg
        for each in named
        if each and each.annotation is None and each.arg not in ("self", "cls")
    ]
    if function.returns is None and function.name != "__init__":
        found.append("return")
    return found


@pytest.mark.parametrize("module", MODULES)
def test_every_parameter_and_result_of_a_public_function_is_annotated(module):
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    found = {each.name: unannotated(each) for each in public_functions(tree)}
    assert {name: missing for name, missing in found.items() if missing} == {}
