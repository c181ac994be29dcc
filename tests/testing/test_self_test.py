"""The test that `attn-tuner doctor` makes of an installation."""

from attn_tuner.testing.self_test import self_test
from tests.support.colours import in_this_process


def test_the_self_test_searches_exports_and_loads():
    with in_this_process():
        assert "easy texts" in self_test()
