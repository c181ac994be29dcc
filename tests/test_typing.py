"""What type checkers and editors see of the package."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import attn_tuner

EXAMPLE = """
import attn_tuner
from attn_tuner import Choice, SearchSpace, search

space = SearchSpace(units=Choice([32, 64])).fix(units=32)
reveal_type(space)
reveal_type(attn_tuner.search)
result = search([("good", "yes")])
reveal_type(result.predict)
reveal_type(result.predict("a text")[0].label)
reveal_type(result.summary())
reveal_type(space.summary())
"""
# Every public name: a checker that does not see one says so.
EXAMPLE += "\n".join(f"attn_tuner.{name}" for name in attn_tuner.__all__)


def test_dir_shows_public_names_only():
    assert set(dir(attn_tuner)) == set(attn_tuner.__all__)
    assert not [name for name in dir(attn_tuner) if name.startswith("_") and name != "__version__"]


def test_the_package_says_that_it_is_typed():
    assert (Path(attn_tuner.__file__).parent / "py.typed").exists()


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("pyright", path=Path(sys.executable).parent) is None, reason="needs pyright"
)
def test_a_type_checker_knows_the_public_names(tmp_path):
    (tmp_path / "example.py").write_text(EXAMPLE)
    config = {"extraPaths": [str(Path(attn_tuner.__file__).parents[1])]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    checker = Path(sys.executable).with_name("pyright")
    command = [checker, "--pythonpath", sys.executable]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True).stdout
    assert 'Type of "space" is "SearchSpace"' in found
    assert 'Type of "attn_tuner.search" is "(' in found
    assert "-> SearchResult" in found
    assert 'Type of "result.predict("a text")[0].label" is "str"' in found
    assert 'Type of "result.summary()" is "str"' in found
    assert 'Type of "space.summary()" is "str"' in found
    assert "0 errors" in found
