"""What a head or encoder says to arguments that cannot work, and to texts that would not fit."""

import numpy as np
import pytest

from attn_tuner.attention import LocalHead, MultiHeadHead, PoolingHead, heads
from attn_tuner.encoding import encoders
from attn_tuner.errors import SpaceError, TooLarge, UnknownName


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
        (lambda: PoolingHead(hops=0), "hops of at least 1"),
        (lambda: PoolingHead(temperature=0.0), "temperature above 0"),
        (lambda: LocalHead(width=4), "its width is odd; got 4. Try 5"),
        (lambda: heads["grouped_query"](num_heads=4, groups=3), "equal groups"),
        (lambda: heads["local_m"](place=2.0), "a place from 0 to 1"),
        (lambda: heads["local_p"](radius=0), "radius above 0"),
        (lambda: heads["local_dot"](radius=-1), "radius of at least 0"),
        (lambda: heads["pma"](seeds=0), "at least 1"),
        (lambda: heads["hierarchical"](sentence=0), "at least 1"),
        (lambda: heads["feedforward"](activation="relu"), "'linear' or 'tanh'; got 'relu'"),
        (lambda: encoders["lstm"](layers=0), "at least one unit and one layer"),
        (lambda: encoders["ngrams"](width=2), "its width is odd; got 2. Try 3"),
    ],
)
def test_arguments_that_cannot_work_are_refused_by_name(make, message):
    with pytest.raises(SpaceError, match=message):
        make()


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
