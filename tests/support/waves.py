"""Series that say wave or noise by a short span, and searches of seconds in them."""

import numpy as np

from tests.support.colours import quick_search

# The quickest models, for tests that need nothing learned.
BRIEF = {"encoder": ["none"], "head": ["mean"], "embedding_dim": 32, "epochs": 1}
FEATURES = 2


def waves(count=60, seed=0, missing=0.05):
    """Arrays (steps, 2) of unlike lengths and on an odd scale, NaN among them, and their labels."""
    random = np.random.default_rng(seed)
    series, labels = [], []
    for index in range(count):
        steps = random.normal(size=(random.integers(12, 30), FEATURES))
        if index % 2:
            steps[4:12, 0] += 3 * np.sin(np.linspace(0, 2 * np.pi, 8))
        steps[random.random(steps.shape) < missing] = np.nan
        steps[-1] = 0.0  # A last step without any value would be left out.
        series.append((1e4 + 1e3 * steps).astype("float32"))
        labels.append("wave" if index % 2 else "noise")
    return series, labels


def series_search(directory, data=None, **options):
    """A search of one trial in waves, as `quick_search`."""
    given = {"max_trials": 1, "epochs": 1, "space": BRIEF, **options}
    return quick_search(directory, data=waves() if data is None else data, **given)
