import os
import threading

import pytest

from attn_tuner.errors import ExportError
from attn_tuner.exporting.artefact_folder import artefact_folder, check_targets, size_of
from attn_tuner.exporting.export_model import export_model
from attn_tuner.search_result import SearchResult


def write(path, content):
    with artefact_folder(path) as draft:
        (draft / "card.json").write_text('{"made_by": "attn_tuner"}')
        (draft / "model").write_text(content() if callable(content) else content)


def test_a_folder_appears_with_all_its_files(tmp_path):
    write(tmp_path / "new" / "best", "weights")
    assert (tmp_path / "new" / "best" / "model").read_text() == "weights"
    assert [each.name for each in (tmp_path / "new").iterdir()] == ["best"]


def test_a_failure_leaves_nothing_behind(tmp_path):
    with pytest.raises(ZeroDivisionError):
        write(tmp_path / "best", content=lambda: 1 / 0)
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_export_is_replaced_whole(tmp_path):
    write(tmp_path / "best", "old")
    (tmp_path / "best" / "old_file").touch()
    write(tmp_path / "best", "new")
    assert (tmp_path / "best" / "model").read_text() == "new"
    assert not (tmp_path / "best" / "old_file").exists()


def test_an_earlier_export_stays_when_the_next_fails(tmp_path):
    write(tmp_path / "best", "old")
    with pytest.raises(ZeroDivisionError):
        write(tmp_path / "best", content=lambda: 1 / 0)
    assert (tmp_path / "best" / "model").read_text() == "old"


def test_an_empty_folder_is_taken(tmp_path):
    (tmp_path / "best").mkdir()
    write(tmp_path / "best", "weights")
    assert size_of(tmp_path / "best") == 7 + 25


def test_another_persons_folder_is_not_touched(tmp_path):
    (tmp_path / "thesis.txt").write_text("three years")
    with pytest.raises(ExportError, match="holds files that no export made"):
        write(tmp_path, "weights")
    assert (tmp_path / "thesis.txt").read_text() == "three years"


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "best").touch()
    with pytest.raises(ExportError, match="is a file; an export is a folder"):
        write(tmp_path / "best", "weights")


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match=r"Cannot write to .*file"):
        write(tmp_path / "file" / "best", "weights")


def test_what_cannot_take_an_export_is_refused_before_a_model_is_looked_at(tmp_path):
    (tmp_path / "file").touch()
    foreign = tmp_path / "foreign" / "onnx"
    foreign.mkdir(parents=True)
    (foreign / "thesis.txt").touch()
    result = SearchResult.__new__(SearchResult)  # A run that would fail wherever it was read.
    for path, formats, said in (
        (tmp_path / "file", ["keras"], "is a file"),
        (tmp_path / "file" / "best", ["keras"], "is a file"),
        (foreign, ["keras"], "no export made"),
        (tmp_path / "foreign", ["keras", "onnx"], "no export made"),
    ):
        with pytest.raises(ExportError, match=said):
            check_targets(path, formats)
        with pytest.raises(ExportError, match=said):
            result.export(path, formats)
        with pytest.raises(ExportError, match=said):
            export_model(None, path, None, (), formats=formats)
    check_targets(tmp_path / "foreign", ["keras", "litert"])
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "foreign"]


@pytest.mark.skipif(not hasattr(os, "umask"), reason="needs POSIX permissions")
def test_others_may_read_it_as_the_umask_says(tmp_path):
    write(tmp_path / "best", "weights")
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "best").stat().st_mode & 0o777 == 0o777 & ~mask


def test_readers_never_see_half_an_export(tmp_path):
    write(tmp_path / "best", "0")
    seen, stop = [], threading.Event()

    def look():
        path = tmp_path / "best"
        while not stop.is_set():
            try:
                before = path.stat()
                names = sorted(each.name for each in path.iterdir())
                after = path.stat()
            except FileNotFoundError:
                continue
            # Else an old folder went while it was listed; its number may have been given again.
            if (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns):
                seen.append(names)

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(20):
        write(tmp_path / "best", str(number))
    stop.set()
    reader.join()
    assert all(names == ["card.json", "model"] for names in seen)
