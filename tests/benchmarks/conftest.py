"""The programs of `benchmarks/`, imported as they import each other."""

import pytest

from tests.support import ROOT


@pytest.fixture(autouse=True)
def beside_each_other(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "benchmarks" / "rivals")
    monkeypatch.syspath_prepend(ROOT / "benchmarks")


@pytest.fixture
def two_sets(tmp_path, monkeypatch):
    """TREC and MPQA in small."""
    for folder in ("trec", "mpqa"):
        (tmp_path / folder).mkdir()
        for part, count in (("train", 40), ("test", 6)):
            rows = (f"{part} text {number},{'ab'[number % 2]}\n" for number in range(count))
            (tmp_path / folder / f"{part}.csv").write_text("text,label\n" + "".join(rows))
    monkeypatch.setenv("ATTN_TUNER_DATA", str(tmp_path))
    return tmp_path
