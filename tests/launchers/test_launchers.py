"""Launchers: found by name, made before the data are read, used by the search."""

import contextlib

import pytest

from attn_tuner.errors import UnknownName
from attn_tuner.tuning.launchers import launchers, ray_pool
from attn_tuner.tuning.launchers.driver import Driver
from attn_tuner.tuning.launchers.launcher import Launcher
from attn_tuner.tuning.launchers.worker_pool import WorkerOptions
from attn_tuner.tuning.resources import core_sets


@pytest.fixture
def paper(monkeypatch):
    """A registered launcher, and what it receives."""
    seen = []

    class PaperLauncher:
        """Workers of paper."""

        def __init__(self, options):
            seen.append(options)

        def start(self, prepare):
            seen.append(prepare)
            return contextlib.nullcontext(PaperPool())

    launchers.register("paper")(PaperLauncher)
    yield seen
    launchers._variants.pop("paper")


class PaperPool:
    """A pool whose end is noted."""

    closed = False

    def close(self):
        self.closed = True


def test_a_registered_launcher_starts_one_pool_for_all_rounds_of_a_search(
    paper, runner, monkeypatch
):
    pools = []
    monkeypatch.setattr(Driver, "__init__", lambda self, runner, pool: pools.append(pool))
    monkeypatch.setattr(Driver, "run", lambda self: None)
    launcher = Launcher(workers=1, cpus_per_trial=3.0, name="paper")
    with launcher.opened(runner, "data") as run:
        run()
        run()
        assert not pools[0].closed
    assert pools[0] is pools[1]
    assert pools[0].closed
    assert paper[0] == WorkerOptions(1, paper[0].threads, None, 3.0, 0.0)
    assert callable(paper[-1])


def test_more_than_one_trial_at_once_runs_in_workers():
    assert {"processes", "ray"} <= set(launchers)
    assert not Launcher(workers=1).parallel
    assert Launcher(workers=2).parallel


def test_an_unknown_launcher_is_refused_before_the_search():
    with pytest.raises(UnknownName, match=r"No launcher is called 'rayy'\. Did you mean 'ray'"):
        Launcher(name="rayy")


@pytest.mark.parametrize("name", launchers)
def test_a_launcher_says_what_it_is(name):
    assert launchers[name].summary.endswith(".")


@pytest.mark.parametrize("cluster", [None, "auto"])
def test_ray_workers_of_this_machine_keep_to_their_cores_and_end_with_the_search(
    cluster, monkeypatch
):
    pytest.importorskip("ray", reason="Ray is not installed")
    made = []
    monkeypatch.setattr(ray_pool, "started", lambda *_: contextlib.nullcontext("ray"))
    monkeypatch.setattr(ray_pool, "RayWorkerPool", lambda *given, here: made.append((given, here)))
    with launchers["ray"](WorkerOptions(1, 1, cluster)).start(print):
        pass
    given, here = made[0]
    assert here == (cluster is None)
    assert given[-1] == (() if cluster else core_sets(1))


def test_a_launcher_that_can_begin_early_begins_before_it_is_needed(paper, runner, monkeypatch):
    steps = []

    @contextlib.contextmanager
    def early(self):
        steps.append(("begun", self))
        yield
        steps.append(("ended", self))

    def start(self, prepare):
        steps.append(("started", self))
        return contextlib.nullcontext(PaperPool())

    monkeypatch.setattr(launchers["paper"].build, "early", early, raising=False)
    monkeypatch.setattr(launchers["paper"].build, "start", start)
    with Launcher(name="paper").early() as launcher, launcher.opened(runner, "data"):
        assert [step for step, _ in steps] == ["begun", "started"]
    assert [step for step, _ in steps] == ["begun", "started", "ended"]
    assert len({id(pools) for _, pools in steps}) == 1


def test_a_launcher_that_cannot_begin_early_starts_as_usual(paper, runner):
    with Launcher(name="paper").early() as launcher, launcher.opened(runner, "data"):
        assert callable(paper[-1])
    with Launcher().early() as alone:
        assert not alone.parallel
