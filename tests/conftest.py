"""What every test shares. Nothing here imports Keras or TensorFlow: some tests need neither."""

import gc
import os
import shutil

import numpy as np
import pytest
from filelock import FileLock

from tests.support.colours import quick_search
from tests.support.pages import first_command
from tests.support.served import Served

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session", autouse=True)
def _no_coverage_in_inner_runs():
    """A pytest that a test starts measures no coverage of its own.

    A fixture, because it runs where the tests do: the process that hands the tests out has to
    pass its options on before.
    """
    os.environ.pop("PYTEST_ADDOPTS", None)


def pytest_collection_finish():
    """Keeps the garbage collector from what the imports made, in every full collection."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def rng():
    """Random numbers that are the same in every run."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """Makes a folder once for all processes of this run: `shared(name, make)`."""

    def folder(name, make):
        base = tmp_path_factory.getbasetemp()
        if "PYTEST_XDIST_WORKER" in os.environ:
            base = base.parent  # Each process has its own folder in there.
        with FileLock(base / f"{name}.lock"):
            if not (base / f"{name}.made").exists():
                make(base / name)
                (base / f"{name}.made").touch()
        return base / name

    return folder


@pytest.fixture(scope="session")
def finished_folder(shared):
    """The folder of a finished search of two trials in colours. Who changes it takes a copy."""
    return shared("finished", lambda folder: quick_search(folder / "run", processes=True)) / "run"


@pytest.fixture(scope="session")
def finished(finished_folder):
    """The result of that search."""
    import attn_tuner

    return attn_tuner.load(finished_folder)


@pytest.fixture
def finished_copy(finished_folder, tmp_path):
    """A copy of that folder for this test alone."""
    return shutil.copytree(finished_folder, tmp_path / "run")


@pytest.fixture(scope="session")
def demo_folder(shared):
    """The folder of the README's search in the demo corpus, ended after one trial.

    A call of the same search on a copy of it gives the result at once.
    """
    return shared("demo", first_command) / "demo-run"


@pytest.fixture(scope="session")
def served():
    """What a SavedModel answers in a process without this package: `served(path, texts)`."""
    answers = Served()
    yield answers
    answers.close()


@pytest.fixture
def ticking(monkeypatch):
    """Searches whose clock moves by so many seconds a batch, and else stands still.

    `callbacks=[ticking(20.0)]` takes the place of waiting for a real clock.
    """
    import keras

    from attn_tuner.tuning.budget import Budget

    now, resumed = [0.0], Budget.resumed
    monkeypatch.setattr(
        Budget,
        "resumed",
        lambda *given, **options: resumed(*given, **{**options, "clock": lambda: now[0]}),
    )

    class Tick(keras.callbacks.Callback):
        def __init__(self, seconds):
            super().__init__()
            self.seconds = seconds

        def on_train_batch_end(self, batch, logs=None):
            now[0] += self.seconds

    return Tick
