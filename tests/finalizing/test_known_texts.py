"""The entropy up to which a text counts as known, by hand and on other texts."""

import numpy as np
import pytest

from attn_tuner.errors import SpaceError
from attn_tuner.exporting.known_texts import KnownTexts, entropies
from attn_tuner.finalizing.known_texts import check_known, known_texts_of, measure_known


def test_the_entropy_of_a_worked_example():
    found = entropies(np.array([[0.5, 0.5], [1.0, 0.0], [0.25, 0.75]]))
    assert found == pytest.approx([0.6931, 0.0, 0.5623], abs=1e-4)


def test_the_limit_keeps_its_share_of_the_right_answers():
    random = np.random.default_rng(0)
    answers = random.dirichlet([0.3] * 4, 500)
    labels = np.where(random.random(500) < 0.8, answers.argmax(axis=1), 0)
    found = known_texts_of(labels, answers, 0.9)
    right = answers.argmax(axis=1) == labels
    assert found.known(answers)[right].mean() == pytest.approx(0.9, abs=0.005)


def test_answers_alike_are_known_however_their_entropy_is_rounded():
    answers = np.full((100, 3), [0.998, 0.001, 0.001])
    found = known_texts_of(np.zeros(100, "int64"), answers, 0.9)
    assert found.entropy > entropies(answers).max() + 1e-5
    assert found.entropy < entropies(answers).max() + 1e-3


def test_texts_unlike_those_learnt_are_told_where_the_model_doubts_them():
    labels = np.repeat([0, 1, 2], 40)
    sure = np.full((120, 3), 0.05)
    sure[np.arange(120), labels] = 0.9
    found = known_texts_of(labels, sure, 0.98)
    assert found.known(sure).all()
    assert not found.known(np.full((5, 3), 1 / 3)).any()


def test_what_the_limit_costs_is_measured():
    answers = np.array([[0.9, 0.1], [0.6, 0.4], [0.1, 0.9]])
    found = measure_known(np.array([0, 0, 0]), answers, KnownTexts(0.9, 0.5))
    assert found == {
        "texts": 3,
        "known": pytest.approx(2 / 3),
        "right": pytest.approx(2 / 3),
        "kept": 0.5,
    }


def test_too_few_right_answers_give_no_limit():
    assert known_texts_of(np.zeros(40, "int64"), np.full((40, 2), [0.9, 0.1]), 0.9) is None


@pytest.mark.parametrize("kind", ["labels", "number"])
def test_a_task_without_one_class_a_text_is_refused(kind):
    with pytest.raises(SpaceError, match="one class each"):
        check_known(0.9, kind)
    check_known(None, kind)
