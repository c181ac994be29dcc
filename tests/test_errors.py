"""Messages say what came, what would do and what to try; files are written whole or not at all."""

import json
import os

import pytest

from attn_tuner.errors import MissingExtra, RunError, UnknownName, need
from attn_tuner.storage.atomic_files import read_json, write_json, write_whole


def test_a_module_that_is_there_is_handed_over():
    assert need("json", "nothing") is json


def test_a_missing_package_is_named_with_the_extra_that_brings_it():
    with pytest.raises(MissingExtra) as caught:
        need("a_package_nobody_wrote", "onnx")
    assert str(caught.value) == (
        "This needs a_package_nobody_wrote, which is not installed. "
        "Try: pip install 'attn-tuner[onnx]'"
    )


def test_a_package_that_is_there_but_broken_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "half_installed.py").write_text("import a_package_nobody_wrote\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtra, match=r"cannot be imported .*a_package_nobody_wrote"):
        need("half_installed", "onnx")


def test_an_unknown_name_prints_without_quotes_around_the_sentence():
    assert str(UnknownName("No head is called 'x'.")) == "No head is called 'x'."


def test_what_was_written_is_read_back(tmp_path):
    write_json(tmp_path / "facts.json", {"größe": [1, 2.5, None]})
    assert read_json(tmp_path / "facts.json") == {"größe": [1, 2.5, None]}
    assert os.listdir(tmp_path) == ["facts.json"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    write_json(tmp_path / "facts.json", 1)

    def fail(path):
        path.write_text("half of")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_whole(tmp_path / "facts.json", fail)
    assert read_json(tmp_path / "facts.json") == 1
    assert os.listdir(tmp_path) == ["facts.json"]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(RunError, match=r"gone.facts.json cannot be written: No such file"):
        write_json(tmp_path / "gone" / "facts.json", 1)


@pytest.mark.parametrize("content", ["", '{"a": 1', "\x00\x00"])
def test_a_file_cut_short_is_named(tmp_path, content):
    (tmp_path / "cut.json").write_text(content)
    with pytest.raises(RunError, match=r"cut\.json is (not whole JSON|empty)"):
        read_json(tmp_path / "cut.json")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(RunError, match=r"none\.json cannot be read: No such file"):
        read_json(tmp_path / "none.json")
