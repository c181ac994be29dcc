import pytest

from tests.support import sentiment

ATTACK = "<script>alert(1)</script>"


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """A finished search."""
    return sentiment.make_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory):
    """A finished search in data with a script in every text, class name and the source."""
    return sentiment.make_run(
        tmp_path_factory.mktemp("hostile"),
        classes=("bad", ATTACK),
        source=f"{ATTACK}.csv",
        attack=f"{ATTACK}<img src=x onerror=alert(2)>",
    )


@pytest.fixture(scope="session")
def begun_folder(tmp_path_factory):
    """A search that runs: some trials, no winner yet."""
    return sentiment.make_run(tmp_path_factory.mktemp("begun"), trials=3, finished=False)
