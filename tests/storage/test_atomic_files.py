"""Temporary names, files written whole, and disks that are full."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import attn_tuner
from attn_tuner.errors import RunError, Unwritable
from attn_tuner.storage import run_folder as place
from attn_tuner.storage.atomic_files import (
    draft,
    is_draft,
    new_folder,
    remove_parts,
    reserve,
    write_text,
)

PACKAGE = Path(attn_tuner.__file__).parent
OWNER = Path("storage", "atomic_files.py")
# What makes a temporary name, or gives a file that was written under one its own.
MAKERS = {"mkdtemp", "mkstemp", "TemporaryDirectory", "NamedTemporaryFile", "TemporaryFile"}


def _is_of_os(call) -> bool:
    return isinstance(call.func.value, ast.Name) and call.func.value.id == "os"


def foreign_makers(path: Path):
    """The lines of a file that make temporary names by themselves."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import) and any(each.name == "tempfile" for each in node.names):
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "tempfile":
            yield node.lineno
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            word = ast.unparse(node.right).lstrip("f").strip("\"'")
            if word.startswith(".") and word != "..":
                yield node.lineno
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        name = node.func.attr
        # A string's `replace` takes two arguments; a path's takes one.
        moves = name == "replace" and (len(node.args) == 1 or _is_of_os(node))
        if name in MAKERS or name in ("rename", "renames") or moves:
            yield node.lineno


def test_nobody_makes_temporary_names_beside_the_one_function():
    found = {
        str(path.relative_to(PACKAGE)): lines
        for path in PACKAGE.rglob("*.py")
        if path != PACKAGE / OWNER and (lines := list(foreign_makers(path)))
    }
    assert not found, f"use attn_tuner.storage.atomic_files there: {found}"
    assert list(foreign_makers(PACKAGE / OWNER))


def test_a_draft_is_recognised_and_gone_after_its_block(tmp_path):
    with draft(tmp_path / "data") as folder:
        assert folder.parent == tmp_path
        assert is_draft(folder)
    assert not list(tmp_path.iterdir())
    assert not is_draft(tmp_path / "data")
    assert not is_draft(tmp_path / ".hidden")


def test_the_next_start_removes_what_the_killed_left_and_nothing_that_is_being_written(tmp_path):
    program = (
        "import sys, time\n"
        "from attn_tuner.storage.atomic_files import draft, new_folder\n"
        "with draft(sys.argv[1] + '/record.json') as a, new_folder(sys.argv[1] + '/data') as b:\n"
        "    (b / 'ids.npy').write_text('half')\n"
        "    print('writing', flush=True)\n"
        "    time.sleep(600)\n"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout.readline() == "writing\n"
    remove_parts(tmp_path)
    assert len(list(tmp_path.iterdir())) == 2, "it still writes"
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    with draft(tmp_path / "other.json") as own:
        remove_parts(tmp_path)
        assert list(tmp_path.iterdir()) == [own]


def test_a_folder_of_drafts_alone_is_not_foreign(tmp_path):
    run = tmp_path / "run"
    (run / ".data.x1y2.part").mkdir(parents=True)
    assert place.take(run, "demo") == run
    (run / "letter.txt").touch()
    with pytest.raises(RunError, match="no search wrote"):
        place.take(run, "demo")


def test_a_folder_that_another_was_quicker_to_make_is_kept_or_replaced(tmp_path):
    for replaces, kept in ((False, "first"), (True, "second")):
        path = tmp_path / kept
        with new_folder(path, replaces=replaces) as folder:
            write_text(folder / "who", "second")
            path.mkdir()
            write_text(path / "who", "first")
        assert (path / "who").read_text() == kept
    assert sorted(each.name for each in tmp_path.iterdir()) == ["first", "second"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(Unwritable, match=r"no/x\.json cannot be written: No such file"):
        write_text(tmp_path / "no" / "x.json", "")
    with pytest.raises(Unwritable, match="cannot be written"), new_folder(tmp_path / "no" / "x"):
        pass


def limited(program: str, *arguments: str, most: int = 1_000_000):
    """A process in which no file may become larger: to a writer the disk is full."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {most}))\n"
    return subprocess.run(
        [sys.executable, "-c", limit + program, *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )


@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_FSIZE and posix_fallocate")
def test_room_is_reserved_or_refused(tmp_path):
    reserve(tmp_path / "weights", 2_000_000)
    assert not list(tmp_path.iterdir())
    program = (
        "import sys\n"
        "from attn_tuner.storage.atomic_files import reserve, write_whole\n"
        "from attn_tuner.errors import Unwritable\n"
        "reserve(sys.argv[1], 900_000)\n"
        "try: write_whole(sys.argv[1], lambda path: reserve(path, 2_000_000))\n"
        "except Unwritable as error: print(error)\n"
    )
    done = limited(program, str(tmp_path / "weights"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'weights'} cannot be written: File too large.\n"
    assert not list(tmp_path.iterdir())
