"""The linear model of n-grams that every search has to beat."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from attn_tuner.baselines import linear_model as linear
from attn_tuner.baselines import penalties
from attn_tuner.baselines.linear_model import BOTH, MAX_ONE_VS_REST, WEIGHTINGS, fit_linear_model
from attn_tuner.baselines.penalties import PENALTIES, Chosen, Judged, Way, better_rows


def rows_of(table):
    return sparse.csr_matrix(np.array(table, "float64"))


def test_ratios_say_how_much_more_often_an_ngram_is_in_one_class():
    rows = rows_of([[0.5, 0, 0.9], [0.1, 0.2, 0], [0, 0.7, 0]])
    found = WEIGHTINGS["ratios"](rows, np.array([True, True, False]))
    # One each is added: 3, 2 and 2 of 7 in the class, 1, 2 and 1 of 4 outside.
    expected = np.log(np.array([3, 2, 2]) / 7) - np.log(np.array([1, 2, 1]) / 4)
    np.testing.assert_allclose(found, expected)


def test_ratios_of_a_class_and_of_the_rest_are_opposite(rng):
    rows = rows_of(rng.random((20, 5)) > 0.5)
    target = rng.random(20) > 0.5
    one, other = (WEIGHTINGS["ratios"](rows, each) for each in (target, ~target))
    np.testing.assert_allclose(one, -other)


def rare_signs(rng, texts=300, noise=200):
    """Texts with one sign of their class, each sign rare, among words that say nothing."""
    labels = np.arange(texts) % 2
    table = (rng.random((texts, noise + 40)) < 0.15).astype("float64")
    table[:, noise:] = 0
    table[np.arange(texts), noise + 2 * rng.integers(0, 20, texts) + labels] = 1
    return rows_of(table / np.linalg.norm(table, axis=1, keepdims=True)), labels


def test_where_rare_ngrams_tell_the_class_they_are_weighed_by_ratios(rng):
    rows, labels = rare_signs(rng)
    found = fit_linear_model(rows[:200], labels[:200], 2)
    plain = linear.fit_regression(rows[:200], labels[:200], 2, "plain", found.penalty, 0)
    right, plainly = (np.mean(m(rows[200:]).argmax(axis=1) == labels[200:]) for m in (found, plain))
    assert found.weighting == "ratios"
    assert right > plainly


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 5), st.integers(1, 30), st.integers(0, 1000))
def test_answers_are_shares_whatever_classes_the_texts_have(classes, texts, seed):
    random = np.random.default_rng(seed)
    rows = rows_of(random.random((texts, 6)) * (random.random((texts, 6)) > 0.5))
    labels = random.integers(0, classes, texts)
    answers = fit_linear_model(rows, labels, classes)(rows)
    assert answers.shape == (texts, classes)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    assert not answers[:, np.setdiff1d(np.arange(classes), labels)].any()


def test_a_label_that_every_text_has_is_certain(rng):
    rows = rows_of(rng.random((30, 4)))
    labels = np.stack([np.ones(30), rng.random(30) > 0.5], axis=1).astype("int8")
    assert (fit_linear_model(rows, labels, 2)(rows)[:, 0] == 1).all()


def test_numbers_are_numbers(rng):
    table = rng.random((80, 4))
    wanted = (table @ [1.0, -2.0, 0.5, 0.0] + 3).astype("float32")
    found = fit_linear_model(rows_of(table), wanted, 1)
    assert found.weighting == "plain"
    np.testing.assert_allclose(found(rows_of(table))[:, 0], wanted, atol=0.05)


@pytest.mark.parametrize("classes", [2, 3])
def test_both_averages_the_log_odds_of_regressions_with_ratios_and_without(rng, classes):
    rows, _ = rare_signs(rng)
    labels = rng.integers(0, classes, rows.shape[0])
    both, *each = (
        linear.fit_regression(rows, labels, classes, weighting, 4.0, 0)
        for weighting in (BOTH, *WEIGHTINGS)
    )
    np.testing.assert_allclose(both.weights, (each[0].weights + each[1].weights) / 2)
    np.testing.assert_allclose(both.bias, (each[0].bias + each[1].bias) / 2)


def test_cross_validation_fits_no_regression_twice(rng, monkeypatch):
    rows, labels = rare_signs(rng)
    fitted, fit = [], linear.fit_regression

    def recorded(rows, labels, classes, **given):
        fitted.append((given["weighting"], given["penalty"], rows.shape[0], rows.sum()))
        return fit(rows, labels, classes, **given)

    monkeypatch.setattr(linear, "fit_regression", recorded)
    fit_linear_model(rows, labels, 2)
    folds = [each for each in fitted if each[2] < len(labels)]
    assert {each[0] for each in folds} == set(WEIGHTINGS)
    assert len(folds) == len(set(folds))


@pytest.mark.parametrize("weighting", [*WEIGHTINGS, BOTH])
def test_a_row_without_ngrams_gets_the_answer_of_the_bias(rng, weighting):
    rows, labels = rare_signs(rng)
    model = linear.fit_regression(rows, labels, 2, weighting, 4.0, 0)
    empty = model(rows_of(np.zeros((1, rows.shape[1]))))
    np.testing.assert_allclose(empty[0, 1], 1 / (1 + np.exp(-model.bias[0])))


def test_penalties_are_tried_from_the_strongest_until_they_stop_helping():
    assert list(PENALTIES) == sorted(PENALTIES)


def many_classes(rng, texts=600, classes=MAX_ONE_VS_REST + 10):
    """Texts of two words each that only together tell the class."""
    labels = np.arange(texts) % classes
    table = np.zeros((texts, 40 + classes))
    table[np.arange(texts), 40 + labels] = rng.random(texts) > 0.3
    table[np.arange(texts), rng.integers(0, 40, texts)] = 1
    return rows_of(table), labels


def test_many_classes_are_told_apart_together(rng):
    rows, labels = many_classes(rng)
    found = fit_linear_model(rows, labels, MAX_ONE_VS_REST + 10)
    assert found.jointly
    answers = found(rows)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    assert np.mean(answers.argmax(axis=1) == labels) > 0.7


@pytest.mark.parametrize("there", [[0], [4], [0, 7], [2, 3, 9]])
def test_of_many_classes_those_without_texts_have_no_share(rng, there):
    rows, _ = many_classes(rng, texts=60)
    labels = np.array(there)[np.arange(60) % len(there)]
    answers = fit_linear_model(rows, labels, MAX_ONE_VS_REST + 10)(rows)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    assert not answers[:, np.setdiff1d(np.arange(MAX_ONE_VS_REST + 10), there)].any()


def test_a_softmax_goes_on_from_the_weights_of_another(rng, monkeypatch):
    rows, labels = many_classes(rng)
    classes = MAX_ONE_VS_REST + 10
    before = linear.fit_regression(rows, labels, classes, "plain", 16.0)
    monkeypatch.setattr(linear, "SAGA_EPOCHS", 1)
    monkeypatch.setattr(linear, "WARM_EPOCHS", 1)
    cold, warm = (
        linear.fit_regression(rows, labels, classes, "plain", 64.0, start=start)
        for start in (None, before)
    )
    of_right = (np.log(each(rows)[np.arange(len(labels)), labels]).mean() for each in (cold, warm))
    assert next(of_right) < next(of_right)


def test_weights_of_a_model_without_a_class_are_no_start(rng):
    rows, labels = many_classes(rng)
    classes, some = MAX_ONE_VS_REST + 10, labels > 0
    start = linear.fit_regression(rows[some], labels[some], classes, "plain", 16.0)
    found, cold = (
        linear.fit_regression(rows, labels, classes, "plain", 16.0, start=each)
        for each in (start, None)
    )
    np.testing.assert_array_equal(found.weights, cold.weights)


@pytest.mark.parametrize(
    ("before", "after", "fits", "taken"),
    [(0.5, 0.9, 3, True), (0.9, 0.5, 3, False), (0.80, 0.81, 5, True)],
    ids=["clearly better", "worse", "hardly better"],
)
def test_other_rows_are_compared_on_further_folds_where_one_does_not_tell(
    before, after, fits, taken
):
    folds = [(np.delete(np.arange(300), held), held) for held in np.split(np.arange(300), 3)]
    labels, calls = np.ones(300, "int64"), []

    def answers(right):
        right = np.arange(300) % 100 < 100 * right
        return rows_of(np.stack([~right, right], axis=1))

    class Answers:
        weights = np.zeros(1)

        def __call__(self, rows):
            return rows.toarray()

    def fit(learnt, way, penalty, start):
        calls.append(penalty)
        return Answers()

    old, new = answers(before), answers(after)
    judged = penalties._judge(fit, labels, folds, Way(old, "plain"), 16.0)
    calls.clear()
    found = better_rows(Chosen(Way(old, "plain"), 16.0, folds, judged), new, fit, labels, None, 0.0)
    assert len(calls) == fits
    assert (found.way.rows is new) == taken


def test_without_time_the_usual_penalty_is_taken(rng):
    rows, labels = rare_signs(rng)
    found = fit_linear_model(rows, labels, 2, seconds=0.0)
    assert (found.weighting, found.penalty) == ("plain", PENALTIES[penalties.DEFAULT_INDEX])


def test_where_all_texts_would_take_too_long_some_are_fitted(rng, monkeypatch):
    monkeypatch.setattr(linear, "PROBE_TEXTS", 50)
    rows, labels = rare_signs(rng)
    assert fit_linear_model(rows, labels, 2, seconds=1e-9).texts == 50
    assert fit_linear_model(rows, labels, 2, seconds=60.0).texts == 300
    assert fit_linear_model(rows, labels, 2).texts == 300


@pytest.mark.parametrize("peak", range(len(PENALTIES)))
def test_the_climb_over_penalties_finds_the_top(peak):
    def judge(penalty, starts=None):
        return Judged([np.array([-abs(PENALTIES.index(penalty) - peak)])], [None])

    for start in range(len(PENALTIES)):
        tried = dict(penalties._try_penalties(judge, None, start=start))
        assert max(tried, key=lambda each: tried[each].mean) == PENALTIES[peak]
