"""The table of `series.py` from its rows, and what its methods answer on few series."""

import numpy as np
import pytest

from attn_tuner.metrics import interval


def row(method, name="arrow_head", correct=140, seed=0):
    facts = {"seed": seed, "tests": 175, "seconds": 2.04, "load": 0.5}
    return {"method": method, "set": name, "correct": correct, **facts}


def test_a_row_a_set_and_a_column_a_method_with_intervals():
    from series import table

    low, high = interval(0.8, 175)
    shown = f"80.0 ({100 * low:.1f} to {100 * high:.1f}), 2.0 s"
    assert table([row("dtw"), row("minirocket", "basic_motions")]).splitlines() == [
        "| set | test series | MiniRocket + ridge | 1-NN DTW |",
        "|---|---:|---:|---:|",
        f"| ArrowHead | 175 | - | {shown} |",
        f"| BasicMotions | 175 | {shown} | - |",
    ]


def test_what_a_search_exported_stands_in_a_table_of_its_own():
    from series import models_table

    facts = {"correct": 140, "megabytes": 1.25, "milliseconds": 3.04}
    models = {"average": facts, "best trial": facts}
    searched = {**row("search"), "models": models, "facts": "2 trials"}
    assert models_table([row("dtw"), searched]).splitlines()[2:] == [
        "| ArrowHead | average | 80.0 | 1.2 | 3.0 | 2 trials |",
        "| ArrowHead | best trial | 80.0 | 1.2 | 3.0 |  |",
    ]


def test_seeds_are_averaged():
    from series import cell

    assert cell([row("dtw", correct=70), row("dtw", correct=140, seed=1)]).startswith("60.0 (")


@pytest.mark.parametrize("method", ["lstm", "dtw", "minirocket"])
def test_a_method_tells_a_rise_from_a_fall(method, monkeypatch):
    import series

    if method != "lstm":
        pytest.importorskip("aeon")
    monkeypatch.setattr(series, "EPOCHS", 8)
    monkeypatch.setattr(series, "BATCH", 4)
    draw = np.random.default_rng(0)
    labels = np.arange(40) % 2
    values = [
        np.linspace(0, 4 * label - 2, draw.integers(10, 14))[:, None] + 0.1 * draw.normal()
        for label in labels
    ]
    part = series.Part([each.astype("float32") for each in values], labels)
    answers, facts = series.METHODS[method][1](part, part, 2, seed=0)
    assert np.mean(answers == labels) > 0.9
    assert facts
