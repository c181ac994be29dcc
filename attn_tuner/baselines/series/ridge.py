"""Ridge regression whose penalty is chosen by the errors of leaving one row out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

PENALTIES = tuple(np.logspace(-3, 3, 10))


@dataclass(frozen=True, eq=False)
class Ridge:
    """A fitted ridge regression.

        y = x W + b

    Args:
        weights: `(columns, targets)` float64.
        bias: `(targets,)` float64.
        penalty: float, the alpha that was chosen.
        held_out: `(rows, targets)`, what is predicted for each row without learning from it.
        error: float, mean squared error of `held_out`.
    """

    weights: np.ndarray
    bias: np.ndarray
    penalty: float
    held_out: np.ndarray
    error: float

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Predicts `(rows, targets)`."""
        return np.asarray(rows, "float64") @ self.weights + self.bias


def fit_ridge(
    rows: np.ndarray, targets: np.ndarray, penalties: Sequence[float] = PENALTIES
) -> Ridge:
    """Fits ridge regression to standardized columns, with the penalty of least held-out error.

        W = argmin |y - x W - b|^2 + alpha |W|^2
        e_i = (y_i - y^_i) / (1 - H_ii)              error for row i of the fit without row i

    H is the matrix that makes the fitted values of the targets. It has the eigenvectors of X X^T,
    so every alpha is tried after one decomposition.

    Args:
        rows: `(rows, columns)` of finite numbers.
        targets: `(rows, targets)`.
        penalties: the alphas to choose from.

    Reference:
        Golub et al. 1979, eq. 1.4 (the ordinary cross-validation). Dempster et al. 2021 fit ridge
        to the features of MiniRocket with these penalties. https://arxiv.org/abs/2012.08791
    """
    rows, targets = np.asarray(rows, "float64"), np.asarray(targets, "float64")
    mean, middle = rows.mean(axis=0), targets.mean(axis=0)
    scale = rows.std(axis=0)
    scale = np.where(scale > 1e-12 * (1 + np.abs(mean)), scale, np.inf)  # Constant: weight 0.
    centred, wanted = (rows - mean) / scale, targets - middle
    wide = rows.shape[0] <= rows.shape[1]
    values, vectors = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)
    values = np.maximum(values, 0.0)
    basis = vectors if wide else centred @ vectors
    onto = basis.T @ wanted
    squares = basis**2

    def tried(penalty: float) -> tuple[float, float, np.ndarray]:
        # Of the tall matrix the basis already holds the root of each eigenvalue.
        share = (values if wide else np.ones_like(values)) / (values + penalty)
        rest = np.maximum(1 - squares @ share - 1 / len(rows), 1e-9)  # 1 - H_ii
        residual = (wanted - basis @ (share[:, None] * onto)) / rest[:, None]
        return float(np.mean(residual**2)), float(penalty), targets - residual

    error, penalty, held_out = min(map(tried, penalties), key=lambda found: found[0])
    dual = vectors @ (onto / (values + penalty)[:, None])
    weights = (centred.T @ dual if wide else dual) / scale[:, None]
    return Ridge(weights, middle - mean @ weights, penalty, held_out, error)
