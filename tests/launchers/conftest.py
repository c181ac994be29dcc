"""What the tests of launchers share."""

import uuid

import pytest

from tests.support import ROOT
from tests.support.processes import MARK, wait_until_gone
from tests.support.toy_runner import make_runner


@pytest.fixture
def runner(tmp_path):
    return make_runner(tmp_path)


@pytest.fixture(scope="module")
def marked():
    """Lets workers find the toys, and sees to it that no process is left when all tests are done.

    Yields:
        the mark of the processes.
    """
    mark = uuid.uuid4().hex
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv(MARK, mark)
        yield mark
    wait_until_gone(mark)
