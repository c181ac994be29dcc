"""Static embeddings: folders of model2vec, and files of safetensors beside their tokens."""

import json
import os
import pickle
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attn_tuner.errors import DataError, MissingExtra
from attn_tuner.text.word_vectors.read_file import check_vectors, load_vectors
from attn_tuner.text.word_vectors.static_embeddings import check_static, static_entries

PIECES = ("[UNK]", "a", "good", "film", "##s", "bad", ",")
TABLE = np.arange(21, dtype="float32").reshape(7, 3) ** 2
WORDS = ["good", "films", "zebra", ","]


@pytest.fixture(autouse=True)
def installed():
    pytest.importorskip("safetensors")
    pytest.importorskip("tokenizers")


def word_pieces(pieces=PIECES):
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def model2vec(folder, arrays=None, tokenizer=None):
    """Writes a folder as model2vec does."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    arrays = {"embeddings": TABLE, **(arrays or {})}
    save_file(arrays, folder / "model.safetensors")
    (tokenizer or word_pieces()).save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text('{"normalize": true}')
    return folder


def named(path, tokens, table=TABLE, name="embedding"):
    """Writes a file of vectors with `vocab.txt` beside it."""
    from safetensors.numpy import save_file

    save_file({name: table}, path)
    path.with_name("vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    return path


def header_alone(path, header, data=b""):
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)


def test_the_vector_of_a_word_is_the_mean_of_its_pieces(tmp_path):
    found = dict(static_entries(model2vec(tmp_path / "m"), WORDS))
    assert list(found) == ["good", "films", ","]  # Of zebra every piece is unknown.
    np.testing.assert_array_equal(found["good"], TABLE[2])
    np.testing.assert_array_equal(found["films"], (TABLE[3] + TABLE[4]) / 2)
    np.testing.assert_array_equal(found[","], TABLE[6])


def test_tokens_that_share_rows_have_their_own_weights(tmp_path):
    arrays = {
        "embeddings": np.array([[1, 2], [10, 20]], "int8"),
        "mapping": np.array([0, 0, 1, 0, 1, 1, 0], "int64"),
        "weights": np.array([1, 1, 0.5, 3, 2, 1, 1], "float32"),
    }
    found = dict(static_entries(model2vec(tmp_path / "m", arrays), WORDS))
    np.testing.assert_allclose(found["good"], [5, 10])  # 0.5 [10, 20]
    np.testing.assert_allclose(found["films"], [11.5, 23])  # (3 [1, 2] + 2 [10, 20]) / 2


def test_a_word_is_divided_as_it_stands_within_a_text(tmp_path):
    from tokenizers import Tokenizer, models, pre_tokenizers

    pieces = ["a", "g", "o", "d", "!", "\u0120", "\u0120g", "\u0120go", "\u0120goo", "\u0120good"]
    merges = [("\u0120", "g"), ("\u0120g", "o"), ("\u0120go", "o"), ("\u0120goo", "d")]
    tokenizer = Tokenizer(models.BPE({piece: at for at, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    table = np.random.default_rng(0).normal(size=(10, 2)).astype("float32")
    folder = model2vec(tmp_path / "m", {"embeddings": table}, tokenizer)
    assert tokenizer.encode("good").tokens == ["g", "o", "o", "d"]
    found = dict(static_entries(folder, ["good", "!"]))
    np.testing.assert_array_equal(found["good"], table[9])
    np.testing.assert_array_equal(found["!"], table[4])


def test_padding_and_truncation_of_the_tokenizer_change_no_vector(tmp_path):
    tokenizer = word_pieces()
    tokenizer.enable_truncation(1)
    tokenizer.enable_padding(length=9, pad_id=5)
    found = dict(static_entries(model2vec(tmp_path / "m", None, tokenizer), WORDS))
    np.testing.assert_array_equal(found["films"], (TABLE[3] + TABLE[4]) / 2)


def test_a_token_in_each_line_names_the_rows(tmp_path):
    path = named(tmp_path / "v.safetensors", ["Good", "film", "bad"], TABLE[:3].astype("float16"))
    read = load_vectors(path, ["", "[UNK]", "good", "film", "rare"])
    assert read.found.tolist() == [2, 3]  # Spelt as the vectorizer spells it.
    step = read.table[2] - read.table[3]
    wanted = TABLE[0] - TABLE[1]
    np.testing.assert_allclose(step / step[0], wanted / wanted[0], rtol=1e-5)


def test_folders_of_links_and_of_sentence_transformers_are_read(tmp_path):
    kept = model2vec(tmp_path / "blobs")
    linked = tmp_path / "snapshot"
    linked.mkdir()
    for name in ("model.safetensors", "tokenizer.json"):
        (linked / name).symlink_to(kept / name)
    model2vec(tmp_path / "st" / "0_StaticEmbedding").joinpath("config.json").unlink()
    for folder in (linked, tmp_path / "st", linked / "model.safetensors"):
        assert dict(static_entries(folder, ["bad"]))["bad"].tolist() == TABLE[5].tolist()


def test_vectors_that_are_no_numbers_are_refused_with_their_word(tmp_path):
    for number in (np.nan, np.inf, 1e30):
        table = TABLE.copy()
        table[4, 1] = number
        folder = model2vec(tmp_path / "m", {"embeddings": table})
        with pytest.raises(DataError, match=r"The vector of 'films' in .*m holds"):
            load_vectors(folder, ["", "[UNK]", *WORDS])


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"embeddings": TABLE[0]}, r"'embeddings' of .* has the shape \(3,\)"),
        ({"embeddings": TABLE[:0]}, r"has the shape \(0, 3\)"),
        ({"embeddings": TABLE[:, :1]}, "have 1 columns; they should have 2 to 4,096"),
        ({"embeddings": np.zeros((7, 5_000), "int8")}, "have 5,000 columns"),
        ({"embeddings": TABLE > 3}, "'embeddings' of .* holds BOOL numbers"),
        ({"embeddings": TABLE[:5]}, "has 7 tokens, and there are 5 vectors"),
        ({"mapping": np.array([0, 1, 2, 3, 4, 5, 7])}, "names row 7 of a table of 7 rows"),
        ({"mapping": np.array([0, 1, 2, -1, 4, 5, 6])}, "names row -1"),
        ({"mapping": np.zeros((7, 1), "int64")}, r"'mapping' of .* has the shape \(7, 1\)"),
        ({"mapping": TABLE[:, 0]}, "'mapping' of .* holds F32 numbers"),
        ({"mapping": np.zeros(4, "int64")}, "has 7 tokens, and there are 4 vectors"),
        ({"weights": np.ones(3, "float32")}, "'weights' of .* has 3 numbers for 7 tokens"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arrays, said, tmp_path):
    with pytest.raises(DataError, match=said) as refusal:
        check_vectors(model2vec(tmp_path / "m", arrays))
    assert "\n" not in str(refusal.value)


def test_a_file_of_several_tables_says_which_would_do(tmp_path):
    from safetensors.numpy import save_file

    path = named(tmp_path / "v.safetensors", ["x"] * 7)
    save_file({"one": TABLE, "two": TABLE}, path)
    with pytest.raises(DataError, match="holds 2 matrices, and none is called 'embeddings'"):
        check_vectors(path)


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


HEADER = {"embeddings": {"dtype": "F32", "shape": [1, 2], "data_offsets": [0, 8]}}
HUGE = {"embeddings": {"dtype": "F32", "shape": [10**9, 300], "data_offsets": [0, 12 * 10**11]}}


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"good 1 2 3\nbad 1 2 3\n"),
        lambda path: path.write_bytes((2**63).to_bytes(8, "little") + b"{}"),
        lambda path: header_alone(path, b"[" * 100_000),
        lambda path: header_alone(path, HUGE, bytes(8)),
        lambda path: header_alone(path, HEADER, bytes(7)),
        lambda path: header_alone(path, {"embeddings": {**HEADER["embeddings"], "shape": [-1, 2]}}),
        lambda path: path.write_bytes(pickle.dumps(Bomb())),
    ],
)
def test_files_that_are_no_safetensors_are_refused(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = named(tmp_path / "v.safetensors", ["x"])
    write(path)
    with pytest.raises(DataError, match="does not hold arrays of safetensors") as refusal:
        check_vectors(path)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "exploded").exists()


@given(content=st.binary(max_size=200))
@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_refused(content, tmp_path):
    (tmp_path / "vocab.txt").write_text("x\n")
    (tmp_path / "v.safetensors").write_bytes(content)
    with pytest.raises(DataError):
        check_static(tmp_path / "v.safetensors")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", "tokenizer.json does not hold a tokenizer"),
        ("[" * 100_000, "tokenizer.json does not hold a tokenizer"),
        ("\0\1", "tokenizer.json does not hold a tokenizer"),
        (
            '{"version": "1.0", "model": {"type": "WordLevel", "unk_token": "x", '
            '"vocab": {"x": 0, "y": 1, "y": 2}}}',
            "tokenizer.json has 'y' twice",
        ),
    ],
)
def test_tokenizers_that_are_none_or_ambiguous_are_refused(content, said, tmp_path):
    folder = model2vec(tmp_path / "m")
    (folder / "tokenizer.json").write_text(content)
    with pytest.raises(DataError, match=said) as refusal:
        check_vectors(folder)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("tokens", "said"),
    [
        (b"x\ny\nx\n", "has 'x' in lines 1 and 3"),
        (b"x\ny\n", "has 2 tokens, and there are 3 vectors"),
        (b"x\ny\nz\nw\n", "has 4 tokens, and there are 3 vectors"),
        (b"x\n\xff\nz\n", "is not UTF-8: invalid start byte at byte 2"),
    ],
)
def test_lists_of_tokens_that_do_not_fit_are_refused(tokens, said, tmp_path):
    path = named(tmp_path / "v.safetensors", "xyz", TABLE[:3])
    (tmp_path / "vocab.txt").write_bytes(tokens)
    with pytest.raises(DataError, match=said):
        check_vectors(path)


def test_missing_files_and_what_is_no_file_are_named(tmp_path):
    folder = tmp_path / "m"
    folder.mkdir()
    with pytest.raises(DataError, match=r"model\.safetensors cannot be read: No such file"):
        check_vectors(folder)
    os.mkfifo(folder / "model.safetensors")
    with pytest.raises(DataError, match=r"model\.safetensors is not a file"):
        check_vectors(folder)
    (folder / "model.safetensors").unlink()
    model2vec(folder)
    (folder / "tokenizer.json").unlink()
    with pytest.raises(DataError, match=r"tokens of .* are missing\. Put the tokenizer\.json"):
        check_vectors(folder)


@pytest.mark.parametrize("module", ["safetensors", "tokenizers"])
def test_what_is_not_installed_is_named(module, tmp_path, monkeypatch):
    folder = model2vec(tmp_path / "m")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf"needs {module}, .* 'attn-tuner\[vectors\]'"):
        check_vectors(folder)
