"""The configurations that `portfolio_record.py` trains on every set, in this order.

First what a search tries first today, then points set by hand from what the literature has on short
texts, every third a random draw from the space; after those of hand, random draws alone.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras_tuner
import numpy as np
from portfolio_table import DRAWN, KNOWN

from attn_tuner.model_space import ENCODERS, PHRASES
from attn_tuner.space import SearchSpace
from attn_tuner.tuning.oracles.initial_points import complete

# The rows are recorded by these names, so a first point of a search that changes needs another one.
POOLED = {
    "head": "pooling",
    "head.pooling.score": "additive",
    "head.pooling.fusion": "pools",
    "hashed_ngrams": 2,
}
FEW = {"batch_size": 32, "learning_rate": 0.0028}  # What a search of few texts begins with.
KNOWN_GOOD = {
    f"{KNOWN}none": {**FEW, **POOLED, "encoder": "none", "learning_rate": 7e-3},
    f"{KNOWN}bigru": {**FEW, **POOLED, "learning_rate": 3e-3},
    f"{KNOWN}gru": {**FEW, **POOLED, "encoder": "gru", "max_length": 128},
}
NONE = KNOWN_GOOD[f"{KNOWN}none"]


def convolved(width: int, filters: int, then: str) -> dict[str, Any]:
    """Returns the values of a convolution over words, pooled."""
    named = {"width": width, "filters": filters, "then": then}
    inner = {f"encoder.{PHRASES}.{name}": value for name, value in named.items()}
    return {**FEW, **POOLED, "encoder": PHRASES, **inner}


BIGRU, GRU = KNOWN_GOOD[f"{KNOWN}bigru"], KNOWN_GOOD[f"{KNOWN}gru"]
WIDE = {"embedding_dim": 128, "dropout": 0.5}
NOISY = {"dropout": 0.5, "spatial_dropout": 0.4, "word_dropout": 0.1, "label_smoothing": 0.1}
FROZEN = {"embedding_frozen_epochs": 1}
# Of ten epochs the best come first, before the learning rate falls.
SHORT = {"epochs": 3}
BY_HAND = {
    "none short": {**NONE, **SHORT},
    "bigru short": {**BIGRU, **SHORT},
    # Kim 2014: one layer of filters, three or five words wide.
    "cnn3 short": {**convolved(3, 128, "none"), "dropout": 0.5, **SHORT},
    "none noisy": {**NONE, **WIDE, **NOISY, "epochs": 4},
    "none slow": {**NONE, "learning_rate": 3e-3, **SHORT},
    "gru short": {**GRU, **SHORT},
    "none words": {**NONE, "tokens": "word", **SHORT},
    # Zhou et al. 2015.
    "cnn3 gru": {**convolved(3, 64, "gru"), "dropout": 0.5, **SHORT},
    "bigru noisy": {**BIGRU, **WIDE, **NOISY, "epochs": 4},
    "bilstm wide": {**FEW, **POOLED, **WIDE, "encoder": "bilstm", **SHORT},
    "none without n-grams": {**NONE, **WIDE, "hashed_ngrams": 1, **SHORT},
    "none averaged": {**NONE, "use_ema": True, "epochs": 4},
    "cnn3 frozen": {**convolved(3, 128, "none"), **WIDE, **FROZEN, "epochs": 4},
    "none fast": {**NONE, "batch_size": 128, "learning_rate": 1e-2, **SHORT},
    "none triples": {**NONE, "hashed_ngrams": 3, **SHORT},
    "cnn5 noisy": {**convolved(5, 128, "none"), **WIDE, **NOISY, "epochs": 4},
    "cnn3 max": {
        **convolved(3, 256, "none"),
        **WIDE,
        **FROZEN,
        "head": "max",
        "hashed_ngrams": 1,
        "epochs": 4,
    },
}
RANDOM = 60  # Draws in all.


@dataclass(frozen=True)
class Configuration:
    """A point, or the number of a draw.

    Args:
        name: its name in tables.
        point: dict of path to value; what it leaves out takes the default of the set.
        draw: int, the draw; None for a point.
    """

    name: str
    point: Mapping[str, Any] = field(default_factory=dict, hash=False)
    draw: int | None = None

    def values(self, space: keras_tuner.HyperParameters) -> dict[str, Any]:
        """Returns the values of the active dimensions in the space of a set."""
        point = self.point if self.draw is None else drawn(space, self.draw)
        return complete(space, point)


def configurations() -> Iterator[Configuration]:
    """Yields all configurations in the order of their recording."""
    draws = iter(range(RANDOM))
    for name, point in KNOWN_GOOD.items():
        yield Configuration(name, point)
    for number, (name, point) in enumerate(BY_HAND.items()):
        yield Configuration(name, point)
        if number % 2:
            yield random_draw(next(draws))
    for draw in draws:
        yield random_draw(draw)


def random_draw(number: int) -> Configuration:
    """Returns a draw from the space."""
    return Configuration(f"{DRAWN}{number}", draw=number)


def drawn(space: keras_tuner.HyperParameters, draw: int) -> dict[str, Any]:
    """Draws a value of each dimension, uniformly on its scale.

    A draw has the same place in the range of a dimension in the space of every set.

    Args:
        space: the space.
        draw: int, its number.
    """
    return {hp.name: hp.prob_to_value(_place(draw, hp.name)) for hp in space.space}


def _place(draw: int, name: str) -> float:
    return float(np.random.default_rng([draw, zlib.crc32(name.encode())]).random())


def with_phrases(space: SearchSpace) -> SearchSpace:
    """Returns a space of words in which the encoder may begin with a convolution."""
    return space.narrow(encoder=[*ENCODERS, PHRASES])
