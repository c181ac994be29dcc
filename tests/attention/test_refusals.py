"""What a head or encoder says to arguments that cannot work, and to texts that would not fit."""

import inspect
import json
from typing import NamedTuple

import numpy as np
import pytest

from attn_tuner.attention import LocalHead, MultiHeadHead, PoolingHead, heads
from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.attention.fusions import fusions
from attn_tuner.attention.normalizers import normalizers
from attn_tuner.attention.queries import queries
from attn_tuner.attention.scores import scores
from attn_tuner.encoding import Projection, encoders
from attn_tuner.encoding.minimal import MinimalLayer
from attn_tuner.errors import SpaceError, TooLarge, UnknownName
from attn_tuner.layers.ngram_regression import NgramRegression
from attn_tuner.layers.token_limits import TokenLimits


def test_a_head_that_compares_all_steps_refuses_what_would_not_fit(monkeypatch):
    monkeypatch.setenv("ATTN_TUNER_MEMORY_GB", "0.001")
    with pytest.raises(TooLarge, match=r"16 texts of 512 steps need about .* GB .* Try a head"):
        MultiHeadHead()(np.zeros((16, 512, 8), "float32"))


def test_what_fits_is_not_refused(monkeypatch):
    monkeypatch.setenv("ATTN_TUNER_MEMORY_GB", "1")
    MultiHeadHead().require(batch=16, steps=512)
    with pytest.raises(TooLarge):
        MultiHeadHead().require(batch=16, steps=4096)


@pytest.mark.parametrize("name", ["additive", "local_dot", "linear_attention", "pma"])
def test_heads_that_grow_with_the_steps_alone_always_fit(name, monkeypatch):
    monkeypatch.setenv("ATTN_TUNER_MEMORY_GB", "0.001")
    heads[name]().require(batch=64, steps=100_000)


def test_free_memory_is_known_without_being_told(monkeypatch):
    from attn_tuner.layers.memory_guard import available_bytes

    monkeypatch.delenv("ATTN_TUNER_MEMORY_GB", raising=False)
    assert available_bytes() > 2**20


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PoolingHead(hops=0), "hops is 0. It should be a whole number of at least 1"),
        (lambda: PoolingHead(temperature=0.0), "temperature is 0.0. It should be above 0"),
        (lambda: LocalHead(width=4), "width is 4. It should be odd, .* try 5"),
        (
            lambda: heads["grouped_query"](num_heads=4, groups=3),
            "groups is 3. It should divide num_heads, which is 4; try groups=1",
        ),
        (lambda: heads["local_m"](place=2.0), "place is 2.0. It should be from 0 to 1"),
        (
            lambda: heads["local_p"](radius=0),
            "radius is 0. It should be a whole number of at least 1",
        ),
        (
            lambda: heads["local_dot"](radius=-1),
            "radius is -1. It should be a whole number of at least 0",
        ),
        (lambda: heads["pma"](seeds=0), "seeds is 0"),
        (lambda: heads["hierarchical"](sentence=0), "sentence is 0"),
        (
            lambda: heads["feedforward"](activation="relu"),
            "activation is 'relu'. It should be 'linear' or 'tanh'",
        ),
        (lambda: encoders["lstm"](layers=0), "layers is 0"),
        (lambda: encoders["ngrams"](width=2), "width is 2. It should be odd, .* try 3"),
    ],
)
def test_arguments_that_cannot_work_are_refused_by_name(make, message):
    with pytest.raises(SpaceError, match=message):
        make()


class _Case(NamedTuple):
    make: type
    size: str
    fixed: dict  # Sizes that have no default.

    def __str__(self):
        return f"{self.make.__name__}.{self.size}"


def _sizes():
    """Every argument of a layer of this package that is a whole number, but seeds."""
    parts = [heads, encoders, scores, queries, normalizers, fusions, decoder_attentions]
    layers = [registry[name].build for registry in parts for name in registry]
    for make in [*layers, Projection, MinimalLayer, TokenLimits, NgramRegression]:
        parameters = inspect.signature(make.__init__).parameters.values()
        whole = [p for p in parameters if p.annotation in (int, int | None) and p.name != "seed"]
        fixed = {p.name: 4 for p in whole if p.default is p.empty}
        yield from (_Case(make, p.name, fixed) for p in whole)


SIZES = list(_sizes())
MAY_BE_0 = ("radius", "seen")


def test_the_walk_over_sizes_finds_them():
    assert len(SIZES) > 50
    assert {"AdditiveHead.units", "LSTMEncoder.layers", "TopKNormalizer.k"} <= set(map(str, SIZES))


@pytest.mark.parametrize("case", SIZES, ids=str)
def test_a_size_that_is_no_whole_number_above_0_is_refused_by_name(case):
    for wrong in ("64", -1, True, 2.5, np.float32(2), *([] if case.size in MAY_BE_0 else [0])):
        with pytest.raises(SpaceError, match=f"^{case.size} is .* should be a whole number of"):
            case.make(**{**case.fixed, case.size: wrong})


@pytest.mark.parametrize("case", SIZES, ids=str)
def test_a_size_may_be_an_integer_of_numpy(case):
    default = inspect.signature(case.make.__init__).parameters[case.size].default
    wanted = default if isinstance(default, int) else 4
    layer = case.make(**{**case.fixed, case.size: np.int64(wanted)})
    config = json.loads(json.dumps(layer.get_config()))
    assert config[case.size] == wanted


def test_an_unknown_part_is_answered_with_the_nearest_name():
    with pytest.raises(UnknownName, match="Did you mean 'additive'"):
        PoolingHead(score="aditive")


def test_classes_can_be_imported_by_name_and_others_cannot():
    import attn_tuner.attention
    import attn_tuner.encoding

    assert attn_tuner.attention.AdditiveHead is heads["additive"].build
    assert attn_tuner.encoding.BiGRUEncoder is encoders["bigru"].build
    assert "SparsemaxNormalizer" in dir(attn_tuner.attention)
    with pytest.raises(AttributeError, match="no attribute 'NoSuchHead'"):
        _ = attn_tuner.attention.NoSuchHead
