"""A table in one byte for several numbers: product quantisation."""

import numpy as np

CODES = 256  # As many as a byte tells apart.
GROUPS = {"pairs": 2, "triples": 3, "fours": 4}
_ROUNDS = 10
_HEAD = 20  # Words that are about equally frequent, before Zipf's law sets in.


def coded(table: np.ndarray, group: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes int8 (rows, places) and books float32 (places x 256, group) of a table.

        T[i, g p : g p + g] ~ B[256 p + 128 + c[i, p]]      g = group, p = 0, 1, ...

    Each place has a book of its own, the centres of a k-means of its numbers in all rows. A row
    counts as often as its word is met by Zipf's law, 1 / (20 + i), for ids are given by frequency:
    so what most texts are made of is kept best.

    Reference:
        Jégou, Douze, Schmid 2011, Product quantization for nearest neighbor search, section II.
        https://inria.hal.science/inria-00514462
    """
    from sklearn.cluster import KMeans  # Dear to import, and wanted here alone.

    rows, width = table.shape
    places = -(-width // group)
    parts = np.pad(table, [(0, 0), (0, places * group - width)]).reshape(rows, places, group)
    met = 1.0 / (_HEAD + np.arange(rows))
    codes = np.zeros((rows, places), "int8")
    books = np.zeros((places, CODES, group), "float32")
    for place in range(places):
        numbers = np.ascontiguousarray(parts[:, place])
        centres = np.unique(numbers, axis=0)
        if len(centres) > CODES:
            means = KMeans(CODES, init="random", n_init=1, max_iter=_ROUNDS, random_state=place)
            centres = means.fit(numbers, sample_weight=met).cluster_centers_
        books[place, : len(centres)] = centres
        codes[:, place] = _nearest(numbers, centres) - CODES // 2
    return codes, books.reshape(-1, group)


def _nearest(numbers: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The index of the centre nearest to each row of numbers."""
    lengths = 0.5 * (centres**2).sum(axis=1)
    blocks = np.array_split(numbers, 1 + len(numbers) // 8192)  # Distances take much memory.
    return np.concatenate([(lengths - block @ centres.T).argmin(axis=1) for block in blocks])
