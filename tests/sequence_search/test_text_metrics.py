"""What texts are measured by, and what is said where sacrebleu is missing."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from attn_tuner.errors import MissingExtra
from attn_tuner.sequence_search.examples import by_length, choose_examples, mass_on_spans
from attn_tuner.sequence_search.text_metrics import (
    check_available,
    measure_texts,
    similarity,
)


def test_equal_texts_are_an_exact_match():
    assert measure_texts(["a", "b", "c", "d"], ["a", "b", "x", "d"])["exact_match"] == 0.75


def test_chrf_and_bleu_are_100_for_equal_texts_and_fall_with_mistakes():
    pytest.importorskip("sacrebleu")
    wanted = ["the cat sat on the mat today", "a dog runs over the green field"]
    right = measure_texts(wanted, wanted)
    wrong = measure_texts([wanted[0], "a dog runs over the red field"], wanted)
    for name in ("chrf", "bleu"):
        assert right[name] == pytest.approx(100.0)
        assert 20 < wrong[name] < 100


def test_rouge_is_the_f1_of_shared_words_pairs_and_subsequences():
    pytest.importorskip("rouge_score")
    written, wanted = ["the red cat sat", ""], ["The cat sat, red!", "x"]
    found = measure_texts(written, wanted, "rouge2")
    # All words are shared; of three pairs "cat sat"; "the cat sat" in their order. Then nothing.
    halves = {"rouge1": 1.0, "rouge2": 1 / 3, "rougeL": 3 / 4}
    assert {name: found[name] for name in halves} == {
        name: pytest.approx(50 * share) for name, share in halves.items()
    }
    assert measure_texts(["Größe zählt"], ["größe zählt nicht"], "rougeL")["rougeL"] > 79
    assert "rougeL" not in measure_texts(written, wanted, "bleu")


def test_rouge_score_is_imported_only_where_it_is_used():
    program = (
        "import sys\n"
        "from attn_tuner.sequence_search.text_metrics import measure_texts\n"
        "measure_texts(['a'], ['a'], 'exact_match')\n"
        "assert not {'rouge_score', 'nltk'} & sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)


def test_a_missing_sacrebleu_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(MissingExtra, match=r"pip install 'attn-tuner\[sequence\]'"):
        check_available("bleu")
    check_available("exact_match")


def test_similar_texts_are_between_0_and_1():
    assert similarity("abc", "abc") == 1.0
    assert similarity("abc", "xyz") == 0.0
    assert similarity("abcd", "abxx") == pytest.approx(0.5)


def test_examples_are_the_best_those_in_the_middle_and_the_worst():
    wanted = ["abcdefgh"] * 9
    written = ["abcdefgh"[:length] for length in range(9)]
    found = choose_examples([str(each) for each in range(9)], wanted, written)
    assert [each["source"] for each in found if each["kind"] == "best"] == ["8", "7", "6"]
    assert [each["source"] for each in found if each["kind"] == "median"] == ["5", "4", "3"]
    assert [each["source"] for each in found if each["kind"] == "worst"] == ["0", "1", "2"]


def test_groups_by_length_hold_every_pair_and_their_own_metrics():
    lengths = [1, 2, 3, 4, 5, 6, 7, 8]
    wanted = list("abcdefgh")
    rows = by_length(lengths, wanted, {"model": list("abcdxxxx")})
    assert sum(row["pairs"] for row in rows) == 8
    assert all(one["to"] < other["from"] for one, other in pairwise(rows))
    assert rows[0]["metrics"]["model"]["exact_match"] == 1.0
    assert rows[-1]["metrics"]["model"]["exact_match"] == 0.0


def test_pairs_of_one_length_are_one_group():
    assert [row["pairs"] for row in by_length([5, 5, 5], list("abc"), {})] == [3]


def test_the_mass_on_a_span_is_the_share_of_its_rows():
    alignment = np.zeros((1, 3, 6), "float32")
    alignment[0, 0, 1:3] = 0.5  # Characters 0 and 1 of the source, behind the start mark.
    alignment[0, 1, 4] = 1.0
    assert mass_on_spans(alignment, [{(0, 1): (0, 2)}]) == 1.0
    assert mass_on_spans(alignment, [{(0, 2): (0, 2)}]) == 0.5
