"""What the tests of launchers share."""

import pytest
from toy_runner import make_runner


@pytest.fixture
def runner(tmp_path):
    return make_runner(tmp_path)
