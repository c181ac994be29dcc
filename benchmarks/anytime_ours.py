"""The methods of `anytime.py` that need this package: searches, and the linear model.

    python benchmarks/anytime_ours.py METHOD SET MINUTES SEED

Runs one of them and prints what was measured, as JSON.

- search: `search` with its defaults.
- no_search: the first point that `search` tries, trained again with a fresh seed for the whole
  time. No trial is pruned. Its trials are averaged and exported as those of a search.
- taught: `search(teacher="average")`: its last trial learns from the average's answers, to texts
  without labels as well, and is measured alone. For sets that come with such texts.
- random: `search(tuner="random")`: the same first points, then values drawn at random.
- linear: the linear baseline, the validation texts in its training part, without a time limit.

A search reads the test part once for what it exports. Its best trial alone is measured on the same
trials afterwards, out of the time.
"""

import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras_tuner
from data_sets import out_of_scope, source
from distil import Trials
from quality import linear
from results import processor_seconds

import attn_tuner
from attn_tuner.baselines.baselines import linear_baseline
from attn_tuner.storage.layout import DATA
from attn_tuner.text import TokenStore
from attn_tuner.tuning.oracles import ObjectiveLike, objective_of, oracles, seed_of
from attn_tuner.tuning.oracles.initial_points import complete
from attn_tuner.tuning.oracles.persistence.durable import durable

COVERAGE, KNOWN = 0.95, 0.99
MANY = 100  # Test texts of a class, of which its coverage is told.
SEARCHES = {
    "search": {},
    "no_search": {"tuner": "first_point", "pruner": "none"},
    "random": {"tuner": "random"},
    "taught": {"teacher": "average"},
}


class FirstPointOracle(keras_tuner.Oracle):
    """Proposes the same values for every trial."""

    first_points: tuple[Mapping, ...] = ()

    def populate_space(self, trial_id: str) -> dict:
        return {"status": "RUNNING", "values": complete(self.get_space(), self.first_points[0])}


def first_point(
    objective: ObjectiveLike,
    max_trials: int | None = 10,
    seed: int | None = None,
    first_points: Sequence[Mapping] = (),
    **options: Any,
) -> keras_tuner.Oracle:
    """The first of the known good points, for every trial."""
    oracle = durable(FirstPointOracle)(
        objective=objective_of(objective), max_trials=max_trials, seed=seed_of(seed), **options
    )
    oracle.first_points = tuple(first_points)
    return oracle


def searched(method: str, name: str, minutes: float, seed: int) -> dict[str, Any]:
    """Searches for a given time, then measures the best trial alone.

    Args:
        method: key of `SEARCHES`.
        name: key of `DATA_SETS`.
        minutes: float, `max_time` of the search.
        seed: int, `seed` of the search.

    Returns:
        Test accuracies `accuracy` (of the exported model), `single` (of its best trial), `student`
        (of the trial that learnt from a teacher; None without one), `linear` (of its linear
        baseline; None if that was too late) and `words` (of a linear model of words and pairs
        alone, without a time limit); `seconds` and
        `processor_seconds` of the search; counts; what the prediction sets cover; and which share
        of texts outside the scope of a set counts as known.
    """
    given = {**source(name), **SEARCHES[method], "seed": seed, "progress": False}
    given |= {"coverage": COVERAGE, "known": KNOWN}  # Measured beside; they choose no model.
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "run"
        began = time.monotonic()
        result = attn_tuner.search(**given, max_time=60 * minutes, directory=directory)
        seconds, used = time.monotonic() - began, processor_seconds()
        run = result.run
        baselines = {row["name"]: row["test"]["accuracy"] for row in run.baselines}
        return {
            "accuracy": result.test_metrics["accuracy"],
            "validation": run.outcome["validation"]["accuracy"],
            "single": single_accuracy(result, given, Path(folder) / "alone"),
            "student": student_accuracy(directory),
            "linear": baselines.get("linear"),
            "words": words_alone(directory, len(run.plan.classes), seed),
            "trials": len(run.ranked()),
            "ends": Counter(record.status for record in run.records),
            "members": run.members,
            "texts": run.outcome["test_texts"],
            "coverage": covered(run.outcome["conformal"]["test"]),
            "known": {**(run.outcome["known"] or {}), "outside": outside_known(result, name)},
            "seconds": round(seconds, 1),
            "processor_seconds": round(used, 1),
        }


def student_accuracy(directory: Path) -> float | None:
    """Returns the test accuracy of the trial that learnt from a teacher; None without one."""
    given = Trials(directory)
    taught = next((each for each in given.run.ranked() if each.distilled), None)
    return None if taught is None else given.test_accuracy(taught)


def words_alone(directory: Path, classes: int, seed: int) -> float:
    """Returns the test accuracy of a linear model without parts of words, on the training part."""
    stores = {
        role: replace(TokenStore.open(directory / DATA / role), parts=None)
        for role in ("train", "validation", "test")
    }
    training = stores.pop("train")
    return linear_baseline(training, stores, classes, seed).test["accuracy"]


def covered(measured: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what sets cover in all, and the least that they cover of a class of many texts.

    Args:
        measured: as `finalizing.conformal.measure_coverage` returns it.
    """
    shares = [each["covered"] for each in measured["classes"] if each["texts"] >= MANY]
    rest = {name: each for name, each in measured.items() if name != "classes"}
    return {"promised": COVERAGE, **rest, "least_of_a_class": min(shares, default=None)}


def outside_known(result: attn_tuner.SearchResult, name: str) -> float | None:
    """Returns the share of texts of none of the classes that counts as known.

    None for a set that has no such texts.

    Args:
        result: of a search with `known`.
        name: key of `DATA_SETS`.
    """
    texts = out_of_scope(name)
    if not texts or result.bundle.known is None:
        return None
    return float(result.bundle.known.known(result.bundle.predict(texts)).mean())


def single_accuracy(
    result: attn_tuner.SearchResult, given: Mapping[str, Any], directory: Path
) -> float | None:
    """Returns the test accuracy of the best trial of a search, on validation, alone.

    None where a trial was trained on meanwhile.

    Args:
        result: of the search.
        given: arguments of that search without its time.
        directory: a folder that is not there, for a copy of the run folder.
    """
    if len(result.run.members) == 1:
        return result.test_metrics["accuracy"]
    shutil.copytree(result.directory, directory)
    for point in directory.glob("trial_*/resume-*"):
        shutil.rmtree(point)  # A trial that the time limit stopped must not continue.
    before = [record.seconds for record in result.run.records]
    tried = sum(not record.derived for record in result.run.records)
    again = {**given, "max_trials": tried, "ensemble": 1, "workers": 1}
    alone = attn_tuner.search(**again, directory=directory)
    unchanged = [record.seconds for record in alone.run.records] == before
    return alone.test_metrics["accuracy"] if unchanged else None


def fitted(method: str, name: str, minutes: float, seed: int) -> dict[str, Any]:
    """Fits the linear model; see `quality.linear`."""
    began = time.monotonic()
    found = linear(name, minutes, seed)
    return {
        "accuracy": found["linear"],
        "texts": found["texts"],
        "seconds": round(time.monotonic() - began, 1),
        "processor_seconds": round(processor_seconds(), 1),
    }


def main():
    method, name, minutes, seed = sys.argv[1:]
    oracles.register("first_point")(first_point)
    measure = searched if method in SEARCHES else fitted
    print(json.dumps(measure(method, name, float(minutes), int(seed))))


if __name__ == "__main__":
    main()
