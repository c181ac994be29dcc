"""Fits power laws with an offset to errors, and says how uncertain they are."""

from dataclasses import dataclass

import numpy as np

from attn_tuner.labelling.growing_training import GrowingAnswers

EXPONENTS = np.linspace(0.1, 0.6, 11)
DRAWS = 400  # Bootstrap samples.


@dataclass(frozen=True, eq=False)
class PowerLaws:
    """Power laws of the error of models that learn from n texts, one for each bootstrap sample.

        error(n) = a + b n^-c,    a >= 0,  b >= 0,  0.1 <= c <= 0.6

    Args:
        offset: (laws,) float, a, the error that no number of texts would go below.
        scale: (laws,) float, b.
        exponent: (laws,) float, c.

    Reference:
        Hestness et al. 2017, eq. 1. https://arxiv.org/abs/1712.00409
    """

    offset: np.ndarray
    scale: np.ndarray
    exponent: np.ndarray

    def __call__(self, texts: float) -> np.ndarray:
        """Predicts the error with so many texts: (laws,) float."""
        return self.offset + self.scale * texts**-self.exponent

    @classmethod
    def fit(cls, sizes: np.ndarray, errors: np.ndarray) -> "PowerLaws":
        """Fits by least squares, each size weighted by the square of its number of texts.

        The largest sizes count most, as they are the nearest to what is forecast. For a given
        exponent the problem is linear with two unknowns of at least 0, and solved exactly. So the
        best of a grid of exponents needs no starting point, as descent would.

        Args:
            sizes: (sizes,) float, texts learnt from.
            errors: (laws, sizes) float.

        Reference:
            Golub & Pereyra 1973, variable projection. https://doi.org/10.1137/0710036
        """
        weights = sizes**2 / (sizes**2).sum()
        best = np.full(len(errors), np.inf)
        found = np.zeros((3, len(errors)))
        for exponent in EXPONENTS:
            powers = sizes**-exponent
            offset, scale = _non_negative(powers, errors, weights)
            apart = errors - offset[:, None] - scale[:, None] * powers
            loss = apart**2 @ weights
            better = loss < best
            best = np.where(better, loss, best)
            own = np.stack([offset, scale, np.full(len(errors), exponent)])
            found = np.where(better, own, found)
        return cls(*found)


def bootstrap_laws(answers: GrowingAnswers, seed: int) -> PowerLaws:
    """Fits one power law to each of many bootstrap samples of the classified texts.

    A sample draws folds with replacement, and in each of them texts. A text counts with its answers
    at all sizes, as errors on the same texts are correlated; a fold with all its texts, as these
    have been classified by the same models, whose training texts were drawn too.

    Args:
        answers: of the texts.
        seed: int, for the draws.

    Reference:
        Davison & Hinkley 1997, section 3.8. https://doi.org/10.1017/CBO9780511802843
    """
    random = np.random.default_rng(seed)
    numbers = np.unique(answers.folds)
    errors = []
    for number in numbers:
        wrong = ~answers.correct[:, answers.folds == number]
        texts = wrong.shape[1]
        drawn = random.multinomial(texts, np.full(texts, 1 / texts), size=DRAWS)
        errors.append(drawn @ wrong.T.astype(float) / texts)
    chosen = random.integers(len(numbers), size=(DRAWS, len(numbers)))
    by_draw = np.stack(errors, axis=1)[np.arange(DRAWS)[:, None], chosen]
    return PowerLaws.fit(answers.sizes, by_draw.mean(axis=1))


def _non_negative(
    powers: np.ndarray, errors: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fits errors = offset + scale * powers, neither below 0; each (laws,)."""
    mean, means = weights @ powers, errors @ weights
    spread = weights @ (powers - mean) ** 2
    scale = (errors - means[:, None]) @ (weights * (powers - mean)) / max(spread, 1e-300)
    scale = np.maximum(scale, 0.0)
    offset = means - scale * mean
    through_zero = errors @ (weights * powers) / (weights @ powers**2)
    scale = np.where(offset < 0, through_zero, scale)
    return np.maximum(offset, 0.0), scale
