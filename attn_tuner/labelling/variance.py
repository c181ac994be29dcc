"""Finds the texts whose labels would most reduce the variance of a linear model's answers."""

import numpy as np
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

COMPONENTS = 100  # Dimensions of a text.
COLUMNS = 50_000  # N-grams that are decomposed, those in most texts; more take too much memory.
ITERATIONS = 3  # Of the power method.
PRECISION = 0.5  # That a label adds where it is.


def components(rows: sparse.csr_matrix, seed: int = 0) -> np.ndarray:
    """Projects rows to their first singular vectors: (texts, components) float, of length 1.

    Args:
        rows: (texts, columns) sparse, TF-IDF.
        seed: int, for the decomposition.
    """
    counts = np.bincount(rows.indices, minlength=rows.shape[1])
    kept = rows[:, np.sort(np.argsort(-counts, kind="stable")[:COLUMNS])]
    most = min(COMPONENTS, *kept.shape)
    if not kept.nnz or most < 2:
        return np.ones((rows.shape[0], 1))
    found = TruncatedSVD(most, n_iter=ITERATIONS, random_state=seed).fit_transform(kept)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


class VarianceReduction:
    """Finds one text after another by how much its label would say of the uncertain texts.

        A = I + PRECISION sum over labelled j of z_j z_j^T
        gain(i) = u_i sum over t of u_t (z_t^T A^-1 z_i)^2 / (1 + u_i z_i^T A^-1 z_i)

    z is a text in the dimensions of `components`, u its uncertainty, and t runs over all
    candidates. A is the precision of the weights of a linear model; the sum is by how much a label
    of i reduces the variances of its answers. The text of the greatest gain is taken,
    u_i z_i z_i^T added to A, and so on: a text that is uncertain, like many uncertain ones, and
    unlike those labelled or taken before.

    Args:
        points: (candidates, components) float.
        labelled: (texts, components) float, of texts that have a label.
        unsure: (candidates,) float from 0 to 1.

    Cost: O(candidates components^2) for each text that is taken.

    Reference:
        Yu, Bi & Tresp 2006, who select so one after another, without u.
        https://doi.org/10.1145/1143844.1143980
    """

    def __init__(self, points: np.ndarray, labelled: np.ndarray, unsure: np.ndarray):
        precision = np.eye(points.shape[1]) + PRECISION * labelled.T @ labelled
        self._covariance = np.linalg.inv(precision)
        self._wanted = points.T @ (points * unsure[:, None])
        self._points, self._unsure = points, unsure

    def take(self, places: np.ndarray, count: int) -> np.ndarray:
        """Takes `count` of the texts at these places, that of the greatest gain first."""
        points, unsure = self._points[places], self._unsure[places]
        left, taken = np.ones(len(places), bool), []
        for _ in range(min(count, len(places))):
            said = points @ self._covariance
            own = 1.0 + unsure * (said * points).sum(axis=1)
            gains = unsure * ((said @ self._wanted) * said).sum(axis=1) / own
            best = int(np.where(left, gains, -np.inf).argmax())
            step = unsure[best] / own[best] * np.outer(said[best], said[best])
            self._covariance = self._covariance - step
            left[best] = False
            taken.append(best)
        return places[np.array(taken, np.int64)]
