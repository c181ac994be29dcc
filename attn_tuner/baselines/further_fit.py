"""The linear model of earlier texts, from which that of more texts and classes is fitted on."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from attn_tuner.baselines.linear_model import PLAIN, LinearModel
from attn_tuner.baselines.ngram_rows import NgramRows
from attn_tuner.text.subwords import PartTables

SOFTMAX = "softmax"  # `answers` of a model that was fitted for all classes at once.


def former_model(like: Mapping[str, Any], ngrams: NgramRows, classes: int) -> LinearModel | None:
    """Returns the model of an earlier fit with the columns and classes of another.

    What was learnt of an n-gram is kept; an n-gram that is new has weights of 0, and so has a new
    class, with the least bias of all others.

    Args:
        like: `Baseline.learnt` of the earlier fit, whose vocabulary this one begins with.
        ngrams: the columns of this fit.
        classes: int, number of classes, those of the earlier fit first.

    Returns:
        None where the earlier model was not one softmax over its classes.
    """
    if str(like["answers"]) != SOFTMAX:
        return None
    wanted, columns = _former_columns(like, ngrams), np.asarray(like["columns"])
    place = np.minimum(np.searchsorted(columns, wanted), len(columns) - 1)
    there = columns[place] == wanted
    known = like["weights"].shape[1]
    weights = np.zeros((len(wanted), classes), "float32")
    # As exported, they hold the inverse document frequencies of the earlier texts.
    plain = like["weights"] / np.sqrt(like["squares"])[:, None]
    weights[there, :known] = plain[place[there]]
    bias = np.full(classes, like["bias"].min(), "float32")
    bias[:known] = like["bias"]
    return LinearModel("class", weights, bias, PLAIN, float(like["penalty"]), jointly=True)


def _former_columns(like: Mapping[str, Any], ngrams: NgramRows) -> np.ndarray:
    """Returns which column of the earlier counts each column is; -1 for a new word."""
    words, buckets, tables = int(like["words"]), int(like["buckets"]), PartTables.of_arrays(like)
    hashed = ngrams.columns - ngrams.words
    found = np.where(hashed < 0, ngrams.columns, words + hashed % buckets)
    found[(hashed < 0) & (ngrams.columns >= words)] = -1
    parts = hashed - ngrams.buckets
    if tables is not None:
        found = np.where(parts < 0, found, words + buckets + parts % tables.buckets)
    return found
