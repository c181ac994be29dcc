"""Stored files give what they should hold, or DamagedFile, whatever their bytes are."""

import json
import pickle
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.storage.checked_files import (
    check_kinds,
    check_seal,
    is_a,
    read_array,
    read_arrays,
    read_dataclass,
    read_object,
    sealed,
)
from tests.support.damage import DAMAGES, damage

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@dataclass(frozen=True)
class Facts:
    name: str
    scores: dict[str, float]
    words: tuple[str, ...] = ()
    limit: int | None = None
    history: list = field(default_factory=list)


WRITTEN = {
    "facts.json": lambda path: path.write_text('{"name": "größe", "scores": {"a": 0.5}}'),
    "array.npy": lambda path: sealed(np.save, path, np.arange(40.0)),
    "arrays.npz": lambda path: np.savez(path, a=np.arange(40), b=np.ones(3)),
}
READ = {
    "facts.json": lambda path: read_dataclass(Facts, path),
    "array.npy": lambda path: read_array(path, (40,)),
    "arrays.npz": lambda path: read_arrays(path, ("a", "b")),
}


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("name", WRITTEN)
def test_a_damaged_file_is_told_from_a_whole_one(name, kind, tmp_path):
    WRITTEN[name](tmp_path / name)
    READ[name](tmp_path / name)
    damage(tmp_path / name, kind)
    with pytest.raises(DamagedFile, match=name) as caught:
        READ[name](tmp_path / name)
    assert caught.value.path == tmp_path / name
    assert "pickle" not in str(caught.value)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=80), name=st.sampled_from(sorted(READ)))
def test_any_bytes_give_an_answer_or_the_one_error(content, name, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DamagedFile):
        READ[name](tmp_path / name)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=ANY_JSON)
def test_any_json_gives_the_dataclass_or_the_one_error(value, tmp_path):
    (tmp_path / "facts.json").write_text(json.dumps(value))
    try:
        found = read_dataclass(Facts, tmp_path / "facts.json")
    except DamagedFile:
        return
    assert isinstance(found.name, str)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.sets(st.integers(0, 471), min_size=1, max_size=4))
@example(places={448, 449, 450, 451})  # Half of the words that begin the seal.
def test_changed_bytes_of_a_sealed_file_are_noticed(places, tmp_path):
    path = tmp_path / "array.npy"
    sealed(np.save, path, np.arange(40.0))
    content = bytearray(path.read_bytes())
    assert len(content) == 472
    for place in places:
        content[place] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(DamagedFile):
        read_array(path)


def test_a_sealed_file_is_still_of_its_kind_and_one_without_a_seal_passes(tmp_path):
    sealed(np.save, tmp_path / "a.npy", np.arange(9))
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), np.arange(9))
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy", mmap_mode="r"), np.arange(9))
    np.save(tmp_path / "b.npy", np.arange(9))
    check_seal(tmp_path / "b.npy")
    np.testing.assert_array_equal(read_array(tmp_path / "b.npy", (None,)), np.arange(9))


@pytest.mark.parametrize("shape", [(8,), (9, 1), (3, 3)])
def test_an_array_of_another_shape_is_refused(shape, tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(9))
    with pytest.raises(DamagedFile, match=r"shape \(9,\)"):
        read_array(tmp_path / "a.npy", shape)


def test_objects_of_python_are_never_made(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DamagedFile):
        read_array(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (str, ["", "a"], [1, None, []]),
        (int, [0, -3], [True, 0.5, "1"]),
        (float, [0, 0.5, float("nan")], [False, "0.5", None]),
        (bool, [True], [1, "yes"]),
        (int | None, [None, 4], ["4", 0.5]),
        (list[str], [[], ["a"]], [["a", 1], "a", {}]),
        (tuple[str, ...], [["a", "b"]], [[1], "a"]),
        (dict[str, float | None], [{}, {"a": 1, "b": None}], [{"a": "1"}, []]),
    ],
)
def test_values_are_of_a_kind_or_not(kind, right, wrong):
    assert all(is_a(each, kind) for each in right)
    assert not any(is_a(each, kind) for each in wrong)


def test_what_lacks_or_is_wrong_is_said():
    with pytest.raises(ValueError, match="it has no 'spent'"):
        check_kinds({}, {"spent": float})
    with pytest.raises(ValueError, match=r"its 'spent' is \"a\""):
        check_kinds({"spent": "a"}, {"spent": float})
    with pytest.raises(ValueError, match="and no object"):
        check_kinds([1], {})


def test_a_file_out_of_reach_is_not_called_damaged(tmp_path, monkeypatch):
    (tmp_path / "a.json").write_text("{}")
    denied = PermissionError(13, "Permission denied")
    monkeypatch.setattr("pathlib.Path.read_text", lambda *_, **__: (_ for _ in ()).throw(denied))
    with pytest.raises(RunError, match="Permission denied") as caught:
        read_object(tmp_path / "a.json")
    assert not isinstance(caught.value, DamagedFile)


def test_the_error_goes_from_process_to_process():
    error = DamagedFile("a.json", "is empty", "Make it again.")
    assert str(pickle.loads(pickle.dumps(error))) == "a.json is empty. Make it again."
