"""The contract of decoder attentions, for each that the registry finds, on the backend at hand."""

import inspect

import pytest

from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.testing import DECODER_ATTENTION_CHECKS as CHECKS

IN_OTHER_DTYPES = [
    name for name, check in CHECKS.items() if "dtype" in inspect.signature(check).parameters
]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", decoder_attentions)
def test_a_decoder_attention_keeps_its_promises(name, check):
    CHECKS[check](decoder_attentions[name])


@pytest.mark.parametrize("check", IN_OTHER_DTYPES)
@pytest.mark.parametrize("name", decoder_attentions)
@pytest.mark.parametrize("dtype", ["mixed_float16", "bfloat16"])
def test_a_decoder_attention_keeps_its_promises_in_half_precision(name, check, dtype):
    CHECKS[check](decoder_attentions[name], dtype=dtype)


@pytest.mark.parametrize("name", decoder_attentions)
def test_a_decoder_attention_says_what_it_computes_costs_and_comes_from(name):
    variant = decoder_attentions[name]
    assert variant.summary.endswith(".")
    assert variant.equation
    assert variant.section("Cost")
    assert "http" in variant.section("Reference")
