"""The pruner's defaults on recorded learning curves."""

import importlib.util
import json
from pathlib import Path

import pytest

from attn_tuner.tuning.pruning import (
    AshaPruner,
    ExtrapolationPruner,
    MedianPruner,
    PrunerPerRung,
    make_pruner,
)

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("replayed", BENCHMARKS / "pruning.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=["trec"])
def recorded(request):
    return json.loads((BENCHMARKS / "curves" / f"{request.param}.json").read_text())


def test_without_a_pruner_every_epoch_is_trained(benchmark, recorded):
    curves = [benchmark.points(trial) for trial in recorded["trials"]]
    pruner = PrunerPerRung(lambda: make_pruner("none")).of(1.0)
    trained, best, stopped = benchmark.replay(curves, recorded["slices"], pruner)
    assert trained == len(curves) * recorded["epochs"]
    assert best == max(max(trial["accuracy"]) for trial in recorded["trials"])
    assert not any(stopped.values())


@pytest.mark.parametrize("workers", [1, 3])
def test_the_median_saves_a_third_and_keeps_the_winner(workers, benchmark, recorded):
    saved, _, largest, lost = benchmark.measured(recorded, MedianPruner, 8, workers, trials=45)
    assert saved > 0.33
    assert (largest, lost) == (0, 0)


def test_extrapolation_saves_as_much_as_the_median_and_loses_fewer_winners(benchmark, recorded):
    saved, regret, _, lost = benchmark.measured(recorded, ExtrapolationPruner, 25)
    known, cost, _, more = benchmark.measured(recorded, MedianPruner, 25)
    assert saved > known - 0.02
    assert regret <= cost
    assert lost < more


def test_a_trial_ends_where_its_patience_does(benchmark):
    def left(*scores):
        return len(benchmark.patient([(score, None) for score in scores], 2))

    assert left(0.5, 0.6, 0.6, 0.6, 0.7) == 4
    assert left(0.5, 0.6, 0.6, 0.7) == 4


@pytest.mark.parametrize("make", [MedianPruner, ExtrapolationPruner, AshaPruner])
def test_of_150_classes_no_winner_is_lost(make, benchmark):
    recorded = json.loads((BENCHMARKS / "curves" / "clinc150_searched.json").read_text())
    saved, regret, _, lost = benchmark.measured(recorded, make, 50)
    assert saved > 0.2
    assert (regret, lost) == (0, 0)
