"""The example for those who use KerasTuner already, run on little data."""

import runpy

import numpy as np
import pytest

from attn_tuner import text
from attn_tuner.text.dataset import TextDataset
from tests.support.colours import in_this_process
from tests.support.examples import EXAMPLES

EXAMPLE = EXAMPLES / "existing_tuner.py"


@pytest.fixture
def little(monkeypatch):
    """The demo corpus with a few texts in each part, and those short."""
    corpus = text.load("demo")
    parts = {}
    for role, part in corpus.parts().items():
        few = part.take(np.arange(60))
        parts[role] = type(part)([" ".join(each.split()[:12]) for each in few.texts], few.labels)
    short = TextDataset(corpus.name, **parts, classes=corpus.classes)
    monkeypatch.setattr(text, "load", lambda source: short, raising=False)


def test_the_example_searches_with_both_tuners_and_exports_a_verified_model(
    little, tmp_path, capsys
):
    example = runpy.run_path(str(EXAMPLE))
    with in_this_process():
        delivered = example["main"]("demo", str(tmp_path), epochs=2)
    assert [each.format for each in delivered] == ["savedmodel"]
    assert (delivered[0].path / "saved_model.pb").exists()
    assert (tmp_path / "hyperband" / "oracle.json").exists()
    assert "the worse of two: " in capsys.readouterr().out


def test_the_example_is_short():
    assert len(EXAMPLE.read_text().splitlines()) < 60
