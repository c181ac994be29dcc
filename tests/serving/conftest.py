import pytest

from tests.support import sentiment

ATTACK = "<script>alert(1)</script>"


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """A finished search, its second class named like a script."""
    return sentiment.make_run(tmp_path_factory.mktemp("run"), classes=("bad", ATTACK))


@pytest.fixture
def begun_folder(tmp_path):
    """A search that runs: some trials, no winner yet."""
    return sentiment.make_run(tmp_path, trials=3, finished=False)
