"""The benchmark on Multi30k: its parts, and the decoding of the tutorial's model."""

import runpy

import numpy as np
import pytest

from tests.support import ROOT

PROGRAM = ROOT / "benchmarks" / "translation.py"


@pytest.fixture(scope="module")
def program():
    return runpy.run_path(str(PROGRAM))


def test_the_parts_are_read_and_the_training_part_may_be_cut(program, tmp_path, monkeypatch):
    (tmp_path / "multi30k_de_en").mkdir()
    for role in ("train", "validation", "test"):
        file = tmp_path / "multi30k_de_en" / f"{role}.csv"
        file.write_text('source,target\n"Ja, gut.",Yes.\nNein.,No.\n', encoding="utf-8")
    monkeypatch.setenv("ATTN_TUNER_DATA", str(tmp_path))
    parts = program["read_parts"](most=1)
    assert parts["train"] == (["Ja, gut."], ["Yes."])
    assert parts["test"] == (["Ja, gut.", "Nein."], ["Yes.", "No."])


class _Encoder:
    def predict(self, source, verbose):
        return np.zeros((*source.shape, 2))


class _Decoder:
    """Writes the ids of the source, one after the other, then the end mark."""

    def predict(self, given, batch_size, verbose):
        words, _, source = given
        logits = np.zeros((*words.shape, 5))
        place = words.shape[1] - 1
        following = source[:, place] if place < source.shape[1] else np.full(len(source), 1)
        logits[np.arange(len(source)), -1, np.where(following == 0, 1, following)] = 1.0
        return logits


def test_decoding_ends_at_the_end_mark_of_each_text(program):
    vocabulary = ["", program["END"], program["START"], "a", "b"]
    source = np.array([[3, 4, 3], [4, 0, 0]])
    found = program["greedily"](_Encoder(), _Decoder(), source, vocabulary)
    assert found == ["a b a", "b"]


def test_bleu_is_printed_by_length(program, capsys):
    pytest.importorskip("sacrebleu")
    part = (["eins", "eins zwei", "eins zwei drei"], ["One.", "One two.", "One two three."])
    program["say"]("search", part, ["one.", "one two.", "one two three."])
    said = capsys.readouterr().out
    assert "exact_match 1.00" in said
    assert "3 to  3 words" in said
