"""The contract of encoders, for every encoder that the registry finds, on the backend at hand."""

import inspect

import pytest

from attn_tuner.encoding import encoders
from attn_tuner.testing import ENCODER_CHECKS

IN_OTHER_DTYPES = [
    name for name, check in ENCODER_CHECKS.items() if "dtype" in inspect.signature(check).parameters
]


@pytest.mark.parametrize("check", ENCODER_CHECKS)
@pytest.mark.parametrize("name", encoders)
def test_an_encoder_keeps_its_promises(name, check):
    ENCODER_CHECKS[check](encoders[name])


@pytest.mark.parametrize("check", IN_OTHER_DTYPES)
@pytest.mark.parametrize("name", encoders)
@pytest.mark.parametrize("dtype", ["mixed_float16", "bfloat16"])
def test_an_encoder_keeps_its_promises_in_half_precision(name, check, dtype):
    ENCODER_CHECKS[check](encoders[name], dtype=dtype)


@pytest.mark.parametrize("name", encoders)
def test_an_encoder_says_what_it_computes_costs_and_comes_from(name):
    variant = encoders[name]
    assert variant.summary.endswith(".")
    assert variant.equation
    assert variant.section("Cost")
    assert "http" in variant.section("Reference")
