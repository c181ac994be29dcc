"""The contract of heads, for every head that the registry finds, on the backend at hand."""

import inspect

import pytest

from attn_tuner.attention import heads
from attn_tuner.testing import HEAD_CHECKS

IN_OTHER_DTYPES = [
    name for name, check in HEAD_CHECKS.items() if "dtype" in inspect.signature(check).parameters
]


@pytest.mark.parametrize("check", HEAD_CHECKS)
@pytest.mark.parametrize("name", heads)
def test_a_head_keeps_its_promises(name, check):
    HEAD_CHECKS[check](heads[name])


@pytest.mark.parametrize("check", IN_OTHER_DTYPES)
@pytest.mark.parametrize("name", heads)
@pytest.mark.parametrize("dtype", ["mixed_float16", "bfloat16"])
def test_a_head_keeps_its_promises_in_half_precision(name, check, dtype):
    HEAD_CHECKS[check](heads[name], dtype=dtype)


@pytest.mark.parametrize("name", heads)
def test_a_head_says_what_it_computes_costs_and_comes_from(name):
    variant = heads[name]
    assert variant.summary.endswith(".")
    assert variant.equation
    assert variant.section("Cost")
    assert "http" in variant.section("Reference")
