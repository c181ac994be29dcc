"""Which parameters and results of public functions have no annotation."""

import ast
from collections.abc import Iterator


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
