"""The table of the kinds of input."""

import pytest

from attn_tuner.baselines.baselines import Baseline
from attn_tuner.errors import DataError, UnknownName
from attn_tuner.inputs.kinds import KINDS, SERIES, TEXT, kind_named, require_text
from attn_tuner.serving.page_files import page_files
from attn_tuner.tuning.encoded_data import EncodedData

PARTS = ("store", "encoded", "bundle", "baseline")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_brings_what_the_layers_above_call(kind):
    found = {name: kind.part(name) for name in PARTS}
    assert issubclass(found["encoded"], EncodedData)
    assert not found["encoded"].__abstractmethods__
    assert found["encoded"].input == found["bundle"].input == kind.name
    for name in ("open", "concatenate", "fraction", "lengths", "save"):
        assert hasattr(found["store"], name), name
    for name in ("inputs", "predict", "samples", "scorer", "facts", "limits", "described"):
        assert hasattr(found["bundle"], name), name
    assert found["baseline"].__annotations__["return"] in (Baseline, "Baseline")
    if "serve" in kind.commands:
        assert callable(kind.part("answers"))
        assert {f"{kind.name}.html", f"{kind.name}.js"} <= set(page_files())


def test_sentences_about_texts_become_sentences_about_series():
    assert SERIES.worded("1 text, 2 texts of 3 tokens") == "1 series, 2 series of 3 steps"
    assert SERIES.worded("Texts of the context") == "Series of the context"
    assert TEXT.worded("1 text, 2 texts") == "1 text, 2 texts"
    assert (SERIES.counted(1), SERIES.counted(1200)) == ("1 series", "1,200 series")


def test_a_kind_that_is_not_there_is_refused():
    with pytest.raises(UnknownName, match="kind of input"):
        kind_named("picture")


def test_what_works_on_texts_alone_says_so():
    require_text("text", "explain()", "Use predict().")
    with pytest.raises(
        DataError, match=r"explain\(\) works for texts, and .* series .* Use predict"
    ):
        require_text("series", "explain()", "Use predict().")
