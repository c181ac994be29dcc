"""Tables whose label needs the text and a column beside it, and searches of seconds in them."""

import numpy as np
import pandas as pd

from tests.support.colours import PLAIN, colours, quick_search

FEATURES = ["price", "country"]
ONE = {**PLAIN, "head": ["additive"], "learning_rate": 0.02}


def table(count=300, seed=0):
    """Texts of `colours` with a price and a country; "abroad" is what no text says.

    The label of a text from abroad is "abroad", else that of its colour. One price in ten is
    missing, and each twentieth country stands once.
    """
    random = np.random.default_rng(seed)
    texts, labels = colours(count, seed)
    countries = [str(each) for each in random.choice(["here", "there", "abroad"], count)]
    for row in range(3, count, 20):
        countries[row] = f"isle {row}"
    pairs = zip(countries, labels, strict=True)
    labels = ["abroad" if country == "abroad" else own for country, own in pairs]
    prices = random.normal(100, 20, count)
    prices[random.random(count) < 0.1] = np.nan
    return pd.DataFrame({"review": texts, "price": prices, "country": countries, "label": labels})


def row_search(directory, data=None, **options):
    """A search of one trial in such a table, as `quick_search`."""
    given = {"max_trials": 1, "space": ONE, "text": "review", "label": "label", **options}
    given = {"features": FEATURES, **given}
    return quick_search(directory, data=table() if data is None else data, **given)
