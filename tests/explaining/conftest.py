import pytest

from tests.support import sentiment


@pytest.fixture(scope="session")
def make_bundle():
    """Makes a bundle that knows "good" from "bad"."""
    return sentiment.make_bundle


@pytest.fixture(scope="session")
def bundle():
    return sentiment.make_bundle()
