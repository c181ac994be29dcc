"""Every parameter and result of a public function or method is annotated."""

import ast
from pathlib import Path

import pytest

import attn_tuner
from tests.support.annotations import public_functions, unannotated

PACKAGE = Path(attn_tuner.__file__).parent
MODULES = [path.relative_to(PACKAGE).as_posix() for path in sorted(PACKAGE.rglob("*.py"))]


@pytest.mark.parametrize("module", MODULES)
def test_every_parameter_and_result_of_a_public_function_is_annotated(module):
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    found = {each.name: unannotated(each) for each in public_functions(tree)}
    assert {name: missing for name, missing in found.items() if missing} == {}
