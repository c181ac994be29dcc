"""A search of models that read parts of words, from texts to the exported model."""

import json

from tests.support.colours import BRIEF, colours, quick_search


def test_a_search_trains_and_exports_a_model_that_reads_the_parts_of_words(tmp_path):
    space = {**BRIEF, "tokens": "word+subword"}
    result = quick_search(
        tmp_path / "run", data=colours(400), space=space, max_trials=1, export="savedmodel"
    )
    assert result.bundle.subwords
    assert result.bundle.vocabulary_size is None
    said = ["a reddish box", "the bluest box", "greener zzz"]
    outside = [each for row in result.bundle.ids(said) for each in row if each > 1_000]
    assert len(outside) >= 2
    assert json.loads((tmp_path / "run" / "outcome.json").read_text())["difference"] <= 1e-5
