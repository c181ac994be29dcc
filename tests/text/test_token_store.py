"""Texts are encoded once, written whole, and mapped back as they were."""

import json
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.errors import RunError
from attn_tuner.text import TokenStore, Vectorizer, encode_parts, load, open_vectorizer

TEXTS = [f"word{n} is text number {n}, {'very ' * (n % 7)}long" for n in range(60)]


@pytest.fixture(scope="module")
def data():
    return load((TEXTS, [n % 3 for n in range(60)]))


@pytest.fixture(scope="module")
def vectorizer(data):
    return Vectorizer.build(data.train.texts)


def test_every_part_comes_back_as_it_was_encoded(data, vectorizer, tmp_path):
    stores = encode_parts(data, vectorizer, tmp_path / "tokens")
    assert set(stores) == {"train", "validation", "test"}
    for role, part in data.parts().items():
        store = stores[role]
        assert isinstance(store.ids, np.memmap)
        assert len(store) == len(part)
        np.testing.assert_array_equal(store.labels, part.labels)
        np.testing.assert_array_equal(store.lengths, [len(store[n]) for n in range(len(part))])
        for index, text in enumerate(part.texts):
            np.testing.assert_array_equal(store[index], vectorizer.encode([text])[0])
        assert store.vocabulary_size == len(vectorizer)
        assert 2 < store.token_length < 6
    assert open_vectorizer(tmp_path / "tokens").vocabulary == vectorizer.vocabulary


def test_the_second_time_nothing_is_encoded(data, vectorizer, tmp_path, monkeypatch):
    first = encode_parts(data, vectorizer, tmp_path / "tokens")
    monkeypatch.setattr(Vectorizer, "encode", None)
    again = encode_parts(data, vectorizer, tmp_path / "tokens")
    np.testing.assert_array_equal(first["train"].ids, again["train"].ids)


def test_other_texts_or_another_vocabulary_are_refused(data, vectorizer, tmp_path):
    encode_parts(data, vectorizer, tmp_path / "tokens")
    with pytest.raises(RunError, match="other data or another tokenisation"):
        encode_parts(data, Vectorizer.build(["a"]), tmp_path / "tokens")
    other = load((TEXTS, [n % 2 for n in range(60)]))
    with pytest.raises(RunError, match="other data or another tokenisation"):
        encode_parts(other, vectorizer, tmp_path / "tokens")
    (tmp_path / "something").mkdir()
    with pytest.raises(RunError, match="other data or another tokenisation"):
        encode_parts(data, vectorizer, tmp_path / "something")


def test_what_is_cut_short_leaves_nothing_under_the_final_name(
    data, vectorizer, tmp_path, monkeypatch
):
    def fail(self, directory):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TokenStore, "save", fail)
    with pytest.raises(RunError, match=r"tokens cannot be written: No space left on device"):
        encode_parts(data, vectorizer, tmp_path / "tokens")
    assert list(tmp_path.iterdir()) == []


def test_two_that_encode_at_once_both_get_the_store(data, vectorizer, tmp_path):
    found = []

    def work():
        found.append(encode_parts(data, vectorizer, tmp_path / "tokens"))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["tokens"]


def test_a_folder_that_is_no_store_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"facts\.json cannot be read: No such file"):
        TokenStore.open(tmp_path)
    (tmp_path / "facts.json").write_text(json.dumps({"token_length": 1}))
    with pytest.raises(RunError, match="it encodes the texts again"):
        TokenStore.open(tmp_path)


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=80),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
    st.integers(0, 5),
)
def test_a_smaller_share_is_part_of_a_larger_one_and_holds_every_class(labels, one, other, seed):
    labels = np.array(labels, np.int32)
    store = TokenStore(np.zeros(0), np.zeros(len(labels) + 1, int), labels, 2, 1.0)
    small, large = (store.fraction(share, seed) for share in sorted((one, other)))
    assert set(small) <= set(large)
    assert set(labels[small]) == set(labels)
    np.testing.assert_array_equal(store.fraction(1.0, seed), np.arange(len(labels)))
