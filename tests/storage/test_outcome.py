"""What a damaged outcome is refused for, before anything reads it."""

import json

import pytest

from attn_tuner.storage.layout import OUTCOME
from attn_tuner.storage.run import Run

LEARNT = {
    "run": "runs/demo",
    "teacher": "the average of 2 models",
    "student": "0001",
    "training_texts": 100,
    "unlabelled_texts": 0,
    "changed_texts": 50,
    "teacher_score": None,
    "before": 0.8,
    "after": 0.9,
    "seconds": 3.0,
}
QUANTILES = {"levels": [0.1, 0.9], "below": [0.1, 0.9], "between": 0.8, "series": 20}


def read_with(directory, **facts):
    path = directory / OUTCOME
    path.write_text(json.dumps({**json.loads(path.read_text()), **facts}))
    return Run.read(directory)


def test_whole_facts_of_a_teacher_and_of_quantiles_are_read(finished_copy):
    run = read_with(finished_copy, learnt_from=LEARNT, quantiles=QUANTILES)
    assert run.outcome["learnt_from"] == LEARNT
    assert run.notes == ()


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"learnt_from": {"teacher": "average"}}, "it has no 'run'"),
        ({"learnt_from": {**LEARNT, "after": "much"}}, "its 'after' is \"much\""),
        ({"quantiles": {**QUANTILES, "below": [0.1]}}, "measured at other levels"),
        ({"quantiles": {"levels": [0.1]}}, "it has no 'below'"),
    ],
    ids=["no run", "a word for a number", "too few shares", "no shares"],
)
def test_damaged_facts_count_as_no_outcome_and_are_named(finished_copy, facts, problem):
    run = read_with(finished_copy, **facts)
    assert run.outcome == {}
    assert problem in run.notes[0]
