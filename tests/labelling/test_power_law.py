"""Power laws fitted to errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import nnls

from attn_tuner.labelling.growing_training import GrowingAnswers
from attn_tuner.labelling.power_law import EXPONENTS, PowerLaws, bootstrap_laws

SIZES = np.array([80.0, 160, 280, 400, 560, 800])
errors = st.lists(st.floats(0, 1), min_size=6, max_size=6)


@pytest.mark.parametrize(
    ("offset", "scale", "exponent"), [(0.1, 2.0, 0.5), (0.0, 0.9, 0.1), (0.05, 3.0, 0.6)]
)
def test_a_law_without_noise_is_found_again(offset, scale, exponent):
    truth = PowerLaws(np.array([offset]), np.array([scale]), np.array([exponent]))
    measured = np.array([truth(size)[0] for size in SIZES])
    found = PowerLaws.fit(SIZES, measured[None])
    np.testing.assert_allclose(found(1600.0), truth(1600.0), rtol=1e-6)
    np.testing.assert_allclose(found.exponent, exponent)


@given(errors)
def test_no_law_lies_below_zero_or_rises_with_the_number_of_texts(measured):
    found = PowerLaws.fit(SIZES, np.array([measured]))
    predicted = np.array([found(size)[0] for size in (*SIZES, 1600.0, 1e6)])
    assert (predicted >= 0).all()
    assert (np.diff(predicted) <= 1e-12).all()


@given(errors)
def test_no_law_with_an_exponent_of_the_grid_is_nearer_to_the_errors(measured):
    measured = np.array(measured)
    weights = SIZES / np.linalg.norm(SIZES)
    found = PowerLaws.fit(SIZES, measured[None])
    loss = np.linalg.norm(weights * (measured - [found(size)[0] for size in SIZES]))
    columns = [np.stack([np.ones(6), SIZES**-each], axis=1) for each in EXPONENTS]
    least = min(nnls(weights[:, None] * each, weights * measured)[1] for each in columns)
    assert loss == pytest.approx(least, abs=1e-9)


def test_laws_vary_more_where_folds_differ_than_where_only_texts_do():
    random = np.random.default_rng(0)
    even = random.random((6, 500)) < np.linspace(0.6, 0.8, 6)[:, None]
    folds = np.repeat(np.arange(5), 100)
    uneven = even.copy()
    uneven[:, folds == 0] = False
    widths = []
    for correct in (even, uneven):
        places = np.arange(500)
        answers = GrowingAnswers(SIZES, correct, np.zeros(500, int), places, folds)
        found = bootstrap_laws(answers, 0)(800.0)
        assert np.median(found) == pytest.approx(1 - correct[-1].mean(), abs=0.05)
        widths.append(found.std())
    assert widths[1] > 2 * widths[0]
