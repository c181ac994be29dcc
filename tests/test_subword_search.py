"""A search of models that read parts of words, from texts to the exported model."""

import json

import numpy as np

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


def endings(count, seed):
    """Texts with one word that no other text has; its ending is their class."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    stems = ["".join(random.choice(list("bcdfglmnprstvw"), 6)) for _ in range(count)]
    ends = [("ation", "ingly")[label] for label in labels]
    texts = [f"a box of {stem}{end}" for stem, end in zip(stems, ends, strict=True)]
    return texts, [("noun", "adverb")[label] for label in labels]


def test_the_test_part_is_measured_with_the_parts_of_its_unknown_words(tmp_path):
    texts, labels = endings(150, seed=1)
    space = {**BRIEF, "tokens": "word+subword", "epochs": 3}
    result = quick_search(
        tmp_path / "run",
        data={"train": endings(500, seed=0), "test": (texts, labels)},
        space=space,
        max_trials=1,
        export="savedmodel",
    )
    answers = result.predict(texts)
    right = np.mean([each.label == label for each, label in zip(answers, labels, strict=True)])
    assert right > 0.9
    np.testing.assert_allclose(result.test_metrics["accuracy"], right)
