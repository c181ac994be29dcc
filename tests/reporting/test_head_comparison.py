from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from attn_tuner.reporting.head_comparison import compare_answers, compare_heads
from attn_tuner.storage.run import Run
from attn_tuner.storage.validation_data import Validation


@pytest.fixture(scope="module")
def run(run_folder):
    return Run.read(run_folder)


def only(run, *heads):
    records = [record for record in run.records if record.values["head"] in heads]
    return replace(run, records=tuple(records))


def test_better_on_many_texts_is_no_chance(rng):
    one = np.ones(400, bool)
    other = one.copy()
    other[:40] = False
    found = compare_answers(one, other)
    assert found.share == 0.1
    assert 0.06 < found.low < 0.1 < found.high < 0.14
    assert (found.won, found.lost) == (40, 0)
    assert found.p < 1e-9


def test_mcnemar_counts_only_the_texts_on_which_they_differ():
    one = np.array([1] * 5 + [0] * 2 + [1] * 93, bool)
    other = np.array([0] * 5 + [1] * 2 + [1] * 93, bool)
    found = compare_answers(one, other)
    assert found.p == pytest.approx(binomtest(5, 7).pvalue)
    assert found.low < 0 < found.high


def test_equal_answers_do_not_differ():
    same = np.array([True, False] * 20)
    found = compare_answers(same, same)
    assert (found.share, found.low, found.high, found.p) == (0, 0, 0, 1)


def test_the_interval_holds_the_truth_about_95_times_in_100(rng):
    held = 0
    for seed in range(200):
        one, other = rng.random(150) < 0.85, rng.random(150) < 0.75
        found = compare_answers(one, other, seed)
        held += found.low <= 0.1 <= found.high
    assert held >= 180


def test_attention_that_wins_is_said_to_help(run):
    verdict = compare_heads(run, Validation.read(run))
    assert verdict.finding == "helps"
    assert verdict.sentence.startswith("Attention helped here: gated")
    assert verdict.difference.low > 0
    assert [kind.accuracy for kind in verdict.heads] == sorted(
        (kind.accuracy for kind in verdict.heads), reverse=True
    )
    assert {kind.name for kind in verdict.heads if kind.control} == {"mean", "max", "last"}


def test_attention_within_the_noise_is_not_said_to_help(run):
    verdict = compare_heads(only(run, "structured", "last", "mean"), Validation.read(run))
    if verdict.difference.low <= 0:
        assert verdict.finding == "no difference"
        assert "may be chance" in verdict.sentence


def test_attention_that_loses_is_said_to_lose(run):
    swapped = tuple(
        replace(record, values={**record.values, "head": names[record.values["head"]]})
        for record in only(run, "gated", "max").records
        for names in [{"gated": "max", "max": "gated"}]
    )
    verdict = compare_heads(replace(run, records=swapped), Validation.read(run))
    assert verdict.finding == "hurts"
    assert "Attention hurt here" in verdict.sentence


def test_without_controls_nothing_is_claimed(run):
    verdict = compare_heads(only(run, "gated"), Validation.read(run))
    assert verdict.finding == "unknown"
    assert "is unknown" in verdict.sentence


def test_without_labels_the_noise_is_unknown(run):
    verdict = compare_heads(run, Validation(run.directory))
    assert verdict.finding == "unknown"
    assert "not tested" in verdict.sentence
    assert verdict.heads[0].low is None


def test_before_any_trial_there_is_no_verdict(run):
    assert compare_heads(replace(run, records=()), Validation.read(run)).sentence == (
        "No trial has a score yet."
    )
