"""The first sentence of the page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_tuner.serving.headline import headline


def facts(own, linear=None, texts=5000, part="test", finished=True, sentence=""):
    scores = [{"name": "this model", "part": part, "texts": texts, "accuracy": own}]
    if linear is not None:
        scores.append({"name": "linear", "part": part, "texts": texts, "accuracy": linear})
    return {"scores": scores, "finished": finished, "objective_sentence": sentence}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            facts(0.963, 0.908),
            "This model is right on 96 of 100 texts it has never seen; a linear model on 91.",
        ),
        (facts(0.963), "This model is right on 96 of 100 texts it has never seen."),
        (
            facts(0.9962, 0.9),
            "This model is right on 996 of 1,000 texts it has never seen; a linear model on 900.",
        ),
        (
            facts(0.9999, 0.9, texts=800),
            "This model is right on 800 of 800 texts it has never seen; a linear model on 720.",
        ),
        (
            facts(1.0, 0.6225, texts=800),
            "This model is right on 800 of 800 texts it has never seen; a linear model on 498.",
        ),
        (
            facts(0.5, 0.25, texts=4),
            "This model is right on 2 of 4 texts it has never seen; a linear model on 1.",
        ),
        (
            facts(0.963, 0.908, part="validation", finished=False),
            "The best model so far is right on 96 of 100 validation texts; a linear model on 91.",
        ),
        (
            facts(0.963, 0.908, part="validation"),
            "This model is right on 96 of 100 validation texts; a linear model on 91.",
        ),
        (facts(0.0, sentence="On the test texts rmse is 0.2."), "On the test texts rmse is 0.2."),
        ({"scores": [], "finished": False, "objective_sentence": ""}, "No trial has a score yet."),
    ],
)
def test_the_headline_counts_texts(told, said):
    assert headline(told) == said


@given(wrong=st.integers(1, 2000), texts=st.integers(2001, 100_000))
def test_a_model_that_errs_is_never_called_right_on_all(wrong, texts):
    said = headline(facts(1 - wrong / texts, texts=texts))
    right, total = said.removeprefix("This model is right on ").split(" texts")[0].split(" of ")
    assert int(right.replace(",", "")) < int(total.replace(",", "")) <= texts
