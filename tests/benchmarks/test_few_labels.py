"""The table of searches with few labels, and the draw of these."""

import numpy as np
import pytest


def row(way, accuracy, unlabelled=100, **changed):
    cell = {"set": "imdb", "labels": 200, "way": way, "minutes": 3.0, "seed": 0}
    found = {"accuracy": accuracy, "single": None, "linear": 0.76, "unlabelled": unlabelled}
    return {**cell, **found, "load": [0.5, 0.5, 0.5], **changed}


def test_searches_with_texts_and_without_stand_side_by_side():
    import few_labels

    rows = [row("with", 0.806), row("without", 0.727, 0), row("further", 0.81, 5_000)]
    lines = few_labels.table(rows).splitlines()[2:]
    assert [line.split(" | ")[1:5] for line in lines] == [
        ["200, 0", "100", "3", "80.60"],
        ["200, 0", "5,000", "3", "81.00"],
    ]
    assert "72.70" in lines[0]
    assert "72.70" not in lines[1]


@pytest.fixture
def draw():
    from few_labels import drawn

    return drawn


@pytest.mark.parametrize("seed", range(10))
def test_every_class_is_drawn_by_its_share_and_at_least_twice(draw, seed):
    random = np.random.default_rng(seed)
    names, count = random.choice(list("abc"), random.integers(6, 60)), int(random.integers(1, 60))
    chosen = draw(names, count, 0)
    assert len(set(chosen)) == len(chosen)
    for name in set(names):
        there, drawn = (names == name).sum(), (names[chosen] == name).sum()
        assert drawn == min(there, max(2, round(count * there / len(names))))
