"""The example and the benchmark on a few dates."""

import runpy

import numpy as np
import pytest
import tensorflow as tf

from attn_tuner.text import dates_corpus, orders_corpus
from tests.support import ROOT
from tests.support.examples import EXAMPLES


def few(seed=0):
    """A corpus of the same roles with a few pairs in each."""
    pairs = dates_corpus.date_pairs(48, seed)
    return {"train": pairs[:32], "validation": pairs[32:40], "test": pairs[40:]}


def test_the_example_searches_and_exports_a_translator(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(dates_corpus, "dates_corpus", few)
    folder = runpy.run_path(str(EXAMPLES / "translate.py"))["main"](tmp_path, trials=1, epochs=1)
    assert (folder / "saved_model.pb").exists()
    assert "right" in capsys.readouterr().out


def test_the_example_sums_orders_up_and_reports(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(orders_corpus, "SIZES", {"train": 40, "validation": 8, "test": 12})
    main = runpy.run_path(str(EXAMPLES / "summarise.py"))["main"]
    result = main(tmp_path / "run", trials=1)
    assert (result.directory / "report.html").exists()
    assert " -> " in capsys.readouterr().out


@pytest.mark.parametrize("name", ["translate.py", "summarise.py"])
def test_the_examples_are_under_fifty_lines(name):
    assert len((EXAMPLES / name).read_text(encoding="utf-8").splitlines()) < 50


def test_the_benchmark_finds_the_alignment_on_the_span_that_decides():
    measured = runpy.run_path(str(ROOT / "benchmarks" / "sequence.py"))["measured"]
    pairs = dates_corpus.date_pairs(20)
    assert measured(_Right(pairs, shift=0), pairs) == (1.0, 1.0)
    exact, mass = measured(_Right(pairs, shift=50), pairs)
    assert (exact, mass) == (1.0, 0.0)


class _Right:
    """Writes every date, and attends to its spans, or `shift` characters behind them."""

    def __init__(self, pairs, shift):
        self.pairs, self.shift = pairs, shift

    def explain(self, texts):
        alignment = np.zeros((len(self.pairs), 11, 120), "float32")
        for row, pair in zip(alignment, self.pairs, strict=True):
            for part, (first, last) in dates_corpus.PARTS.items():
                start, end = pair.spans[part]
                row[first:last, 1 + start + self.shift : 1 + end + self.shift] = 1 / (end - start)
        written = [pair.target for pair in self.pairs]
        return {"text": tf.constant(written), "alignment": tf.constant(alignment)}
