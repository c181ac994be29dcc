"""Tables, ranks and notes of rows as `anytime.py run` writes them."""

import pytest

from attn_tuner.metrics import interval


def row(method, name="trec", accuracy=0.9, minutes=5.0, **more):
    given = {"method": method, "set": name, "minutes": minutes, "seed": 0, "accuracy": accuracy}
    facts = {"texts": 500, "seconds": 300.4, "processor_seconds": 551.0, "load": [0.1, 1.9]}
    return given | facts | {"date": "2026-11-26", "commit": "abc", "cores": 2} | more


def failed(method, name="trec"):
    told = row(method, name, error="No module named 'flaml'")
    return {key: each for key, each in told.items() if key not in ("accuracy", "seconds")}


def test_a_row_a_set_and_a_column_a_method_with_intervals():
    from anytime_table import accuracy_table

    table = accuracy_table([row("search", accuracy=0.904, single=0.896), row("flaml", "mpqa")])
    low, high = interval(0.904, 500)
    assert table.splitlines() == [
        "| test accuracy | search | its best trial | FLAML |",
        "|---|---|---|---|",
        f"| TREC | 0.9040 ({low:.4f} to {high:.4f}) | 0.8960 (0.8662 to 0.9198) | - |",
        f"| MPQA | - | - | 0.9000 ({interval(0.9, 500)[0]:.4f} to {interval(0.9, 500)[1]:.4f}) |",
    ]


def test_seeds_are_averaged_and_counted():
    from anytime_table import accuracy_table

    table = accuracy_table([row("search", accuracy=0.8), row("search", accuracy=0.9, seed=1)])
    assert "| 0.8500 (" in table
    assert ", 2 seeds |" in table


def test_equal_accuracies_share_a_rank_and_a_failure_is_last():
    from anytime_table import mean_ranks

    rows = [row("search"), row("linear"), row("spacy", accuracy=0.5), failed("flaml")]
    assert mean_ranks(rows) == ({"search": 1.5, "linear": 1.5, "spacy": 3.0, "flaml": 4.0}, 1)


def test_a_set_that_a_method_was_not_measured_on_does_not_count_in_ranks():
    from anytime_table import accuracy_table, mean_ranks

    rows = [row("search"), row("linear", accuracy=0.8), row("search", "mpqa", 0.1)]
    assert mean_ranks(rows) == ({"search": 1.0, "linear": 2.0}, 1)
    assert accuracy_table(rows).splitlines()[-1] == "| mean rank on 1 | 1.00 | 2.00 |"


def test_a_method_for_a_few_sets_has_a_column_and_no_rank():
    from anytime_table import accuracy_table, mean_ranks

    rows = [row("search"), row("linear", accuracy=0.8), row("autogluon", accuracy=1.0)]
    assert mean_ranks(rows) == ({"search": 1.0, "linear": 2.0}, 1)
    assert accuracy_table(rows).splitlines()[-1] == "| mean rank on 1 | 1.00 | 2.00 |  |"


def test_the_last_row_of_a_cell_counts_and_an_earlier_failure_is_not_told():
    from anytime_table import page

    said = page([failed("flaml"), row("flaml", accuracy=0.7), row("search")])
    assert "0.7000" in said
    assert "flaml'" not in said


def test_a_failure_stands_in_the_table_and_its_error_below_it():
    from anytime_table import page

    said = page([failed("flaml"), row("search")])
    assert "| failed |" in said
    assert "- FLAML on TREC, 5 minutes: `No module named 'flaml'`" in said


def test_a_method_without_a_time_limit_stands_under_every_limit():
    from anytime_table import page

    said = page([row("search"), row("search", minutes=1.0), row("linear", minutes=0.0)])
    assert said.count("| linear model |") == 4  # Accuracy and costs of two limits.
    assert said.index("### 1 minute\n") < said.index("### 5 minutes\n")


def test_costs_are_seconds_processor_seconds_and_trials():
    from anytime_table import cost_table

    table = cost_table([row("search", trials=12), row("linear")])
    assert table.splitlines()[-1] == "| TREC | 300 / 551, 12 trials | 300 / 551 |"


def test_the_notes_tell_load_versions_and_commits():
    from anytime_table import notes

    rows = [row("search", versions={"keras": "3.15.1"}), row("flaml", commit="def", cores=4)]
    assert notes(rows) == [
        "Measured 2026-11-26 to 2026-11-26 on 2 to 4 cores, load 0.1 to 1.9, seeds 0, "
        "commits abc, def; keras 3.15.1."
    ]


@pytest.mark.parametrize("method", ["search", "no_search", "linear", "fasttext", "keras_tuner"])
def test_every_method_has_a_column(method):
    from anytime import METHODS
    from anytime_table import TITLES

    assert method in METHODS
    assert set(METHODS) == set(TITLES)
