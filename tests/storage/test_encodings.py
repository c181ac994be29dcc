"""Files are UTF-8, whatever the locale says."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import attn_tuner

PACKAGE = Path(attn_tuner.__file__).parent
OPENERS = {"open", "fdopen", "NamedTemporaryFile"}
PROGRAMS = {"run", "Popen", "check_output"}

ROUND_TRIP = """
import sys, warnings

# Of other packages only what they warn of is theirs.
warnings.filterwarnings("error", category=EncodingWarning, module="attn_tuner")
from pathlib import Path
from attn_tuner.layers import memory_guard
from attn_tuner.storage.atomic_files import read_json, write_json, write_text
from attn_tuner.text import load
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning import resources

folder = Path(sys.argv[1])
rows = [f"ein schöner Tag {n},{('gut', 'übel')[n % 2]}" for n in range(40)]
write_text(folder / "a.csv", "\\n".join(["text,label", *rows]))
EncodedData.prepare(load(folder / "a.csv"), folder / "data")
assert "schoner" in EncodedData.open(folder / "data").vectorizer.vocabulary
EncodedData.prepare(load(folder / "a.csv"), folder / "data")
write_json(folder / "facts.json", {"é": 1})
assert read_json(folder / "facts.json") == {"é": 1}
"""


def unsaid(path: Path):
    """Lines with calls that open a text file, or a program's output, without an encoding."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _opens_text(node):
            said = {each.arg for each in node.keywords}
            if not said & {"encoding", None}:
                yield node.lineno


def _opens_text(node) -> bool:
    method = isinstance(node.func, ast.Attribute)
    name = node.func.attr if method else getattr(node.func, "id", "")
    if name in PROGRAMS:
        return "text" in {each.arg for each in node.keywords}
    if name in OPENERS:
        owner = node.func.value if method else None
        # `os.open` gives a number, and our own classes open folders.
        other = isinstance(owner, ast.Name) and (owner.id in ("os", "cls") or owner.id[0].isupper())
        return not other and not any("b" in mode for mode in _strings(node))
    return method and name in ("read_text", "write_text")


def _strings(node):
    for each in [*node.args, *(keyword.value for keyword in node.keywords)]:
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def test_every_text_file_is_opened_with_its_encoding():
    found = {path.name: lines for path in PACKAGE.rglob("*.py") if (lines := list(unsaid(path)))}
    assert not found, f"say encoding= in these lines: {found}"


def test_nothing_is_read_or_written_in_the_encoding_of_the_system(tmp_path):
    script = tmp_path / "round_trip.py"
    script.write_text(ROUND_TRIP, encoding="utf-8")
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, **locale},
    )
    assert done.returncode == 0, done.stderr[-2000:]
