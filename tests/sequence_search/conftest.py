import pytest

import attn_tuner
from tests.support.brief_pair_search import BRIEF, DATA


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """The folder of a search of two trials: with attention and without."""
    found = tmp_path_factory.mktemp("pairs") / "run"
    attn_tuner.search(DATA, directory=found, **BRIEF)
    return found
