"""Product quantisation: stores several numbers of a table in one byte."""

import numpy as np

CODEBOOK_SIZE = 256  # Values of a byte.
GROUP_SIZES = {"pairs": 2, "triples": 3, "fours": 4}
_ROUNDS = 10
_HEAD = 20  # Offset of Zipf's law, as the first words are about equally frequent.


def quantize(table: np.ndarray, group: int) -> tuple[np.ndarray, np.ndarray]:
    """Quantises a table: codes int8 (rows, places) and codebooks float32 (places x 256, group).

        T[i, g p : g p + g] ~ B[256 p + 128 + c[i, p]]      g = group, p = 0, 1, ...

    Each place has its own codebook, the centres of a k-means of its numbers over all rows. As ids
    are ordered by frequency, row i is weighted by 1 / (20 + i), Zipf's law, so that frequent words
    lose least.

    Reference:
        Jégou, Douze, Schmid 2011, Product quantization for nearest neighbor search, section II.
        https://inria.hal.science/inria-00514462
    """
    from sklearn.cluster import KMeans  # Slow to import, and needed only here.

    rows, width = table.shape
    places = -(-width // group)
    parts = np.pad(table, [(0, 0), (0, places * group - width)]).reshape(rows, places, group)
    met = 1.0 / (_HEAD + np.arange(rows))
    codes = np.zeros((rows, places), "int8")
    books = np.zeros((places, CODEBOOK_SIZE, group), "float32")
    for place in range(places):
        numbers = np.ascontiguousarray(parts[:, place])
        centres = np.unique(numbers, axis=0)
        if len(centres) > CODEBOOK_SIZE:
            means = KMeans(
                CODEBOOK_SIZE, init="random", n_init=1, max_iter=_ROUNDS, random_state=place
            )
            centres = means.fit(numbers, sample_weight=met).cluster_centers_
        books[place, : len(centres)] = centres
        codes[:, place] = _nearest(numbers, centres) - CODEBOOK_SIZE // 2
    return codes, books.reshape(-1, group)


def _nearest(numbers: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Returns the index of the centre nearest to each row of numbers."""
    lengths = 0.5 * (centres**2).sum(axis=1)
    blocks = np.array_split(
        numbers, 1 + len(numbers) // 8192
    )  # To limit the memory of the distances.
    return np.concatenate([(lengths - block @ centres.T).argmin(axis=1) for block in blocks])
