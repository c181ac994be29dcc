"""Test accuracy on four real sets of series, beside what others would do.

    python benchmarks/series.py run --method minirocket --set italy_power_demand --seed 0
    python benchmarks/series.py table

Needs `pip install aeon`: it brings the sets and two of the methods. `run` without
`--method` or `--set` runs all of them. A method learns from the training part and answers the test
part once; a line of series.jsonl is a method, a set and a seed, and what has a line is not measured
again. `table` writes the section of RESULTS.md.
"""

import argparse
import importlib.util
import os
import platform
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from results import add_row, measured_rows, write_section

from attn_tuner.baselines.series.equal_lengths import WAYS, filled, with_length
from attn_tuner.baselines.series.ridge import fit_ridge
from attn_tuner.metrics import interval
from attn_tuner.series.loaders import from_ts

TITLE = "Series of numbers"
MEASURED = Path(__file__).with_suffix(".jsonl")
SETS = {
    "italy_power_demand": "ItalyPowerDemand",
    "arrow_head": "ArrowHead",
    "basic_motions": "BasicMotions",
    "japanese_vowels": "JapaneseVowels",
}
EPOCHS, PATIENCE, BATCH, UNITS = 200, 20, 16, 100
MINUTES = 3
EXPLAINED = """\
`benchmarks/series.py`: accuracy in percent on the test parts of four sets of the UCR and UEA
archives, with its 95 % interval (Wilson), and the seconds of fitting and answering on {cores}
cores. The search is given the archive's test part as `test=` and reads it once, at its end; its
seconds hold a second export, of the best trial alone. MiniRocket is that of aeon, with ridge
regression; its first set holds the time in which it is compiled. 1-NN DTW is the nearest
training series by dynamic time warping without a window (aeon). The tutorial's model is
LSTM({units}), attention with one learned query and a softmax, in plain Keras: standardized, padded,
Adam, batches of {batch}, up to {epochs} epochs; {patience} epochs without a lower loss on a fifth
of the training part end it, and the best weights stay. Load when measured: {load}, so the seconds
are above those of an idle machine. Seeds: {seeds}; means where there are several."""


MODELS_EXPLAINED = """\
What the searches exported, an average of trials and MiniRocket, and what the same search exports
with `ensemble=1`, its best trial alone, not trained again on the validation series: accuracy in
percent on the test part, size of the SavedModel, and the median time for one series on the CPU.
ArrowHead was searched twice, at a load of 2.4 and of 8.6. The first of these and JapaneseVowels
were searched before the change that leaves trials more time where the validation part is small."""


@dataclass(frozen=True)
class Part:
    """Series of a training or test part, with the number of the class of each."""

    series: list[np.ndarray]
    labels: np.ndarray


@dataclass(frozen=True)
class Measured:
    """What one method reached on one set.

    Args:
        method, set: keys of `METHODS` and `SETS`.
        seed: int.
        correct, tests: number of test series with the right answer, and of all.
        seconds: time of fitting and answering, without the import of libraries.
        load: of the machine, before the run.
        facts: str, how the method was fitted.
        models: of a search, facts of the exported average and of the best trial alone, by name.
    """

    method: str
    set: str
    seed: int
    correct: int
    tests: int
    seconds: float
    load: float
    facts: str = ""
    models: Mapping[str, Mapping] = field(default_factory=dict)


def open_set(name: str) -> tuple[Part, Part, int]:
    """Reads a bundled set: its training and test parts, and the number of its classes."""
    found = importlib.util.find_spec("aeon")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("The sets are part of aeon. Try: pip install aeon")
    folder = Path(next(iter(found.submodule_search_locations)), "datasets", "data", SETS[name])
    train, test = (from_ts(folder / f"{SETS[name]}_{part}.ts") for part in ("TRAIN", "TEST"))
    classes = sorted(set(train.labels))
    parts = [
        Part(each.series, np.array([classes.index(label) for label in each.labels]))
        for each in (train, test)
    ]
    return parts[0], parts[1], len(classes)


def minirocket(train: Part, test: Part, classes: int, seed: int) -> tuple[np.ndarray, str]:
    """MiniRocket of aeon and ridge, Dempster et al. 2021."""
    from aeon.transformations.collection.convolution_based import MiniRocket

    longest = max(map(len, train.series))
    targets = np.where(train.labels[:, None] == np.arange(classes), 1.0, -1.0)
    fits = []
    for way in WAYS:
        values, others = (
            with_length(each.series, longest, way).swapaxes(1, 2) for each in (train, test)
        )
        transform = MiniRocket(random_state=seed).fit(values)
        ridge = fit_ridge(transform.transform(values), targets)
        fits.append((ridge.error, way, ridge, ridge(transform.transform(others))))
    _, way, ridge, answers = min(fits, key=lambda fit: fit[0])
    facts = f"{len(ridge.weights):,} features, alpha={ridge.penalty:g}, {way}"
    return answers.argmax(axis=1), facts


def dtw(train: Part, test: Part, classes: int, seed: int) -> tuple[np.ndarray, str]:
    """The nearest neighbour by dynamic time warping, multivariate by the sum over features."""
    from aeon.classification.distance_based import KNeighborsTimeSeriesClassifier

    model = KNeighborsTimeSeriesClassifier(n_neighbors=1, distance="dtw", n_jobs=1)
    model.fit([each.T.astype("float64") for each in train.series], train.labels)
    return model.predict([each.T.astype("float64") for each in test.series]), "no window"


def lstm(train: Part, test: Part, classes: int, seed: int) -> tuple[np.ndarray, str]:
    """LSTM(100) with attention, as tutorials write it in plain Keras."""
    import keras
    from sklearn.model_selection import train_test_split

    keras.utils.set_random_seed(seed)
    steps = np.concatenate([filled(each) for each in train.series])
    mean, deviation = steps.mean(axis=0), steps.std(axis=0) + 1e-8
    longest = max(map(len, train.series))

    def padded(series: Sequence[np.ndarray]) -> np.ndarray:
        made = np.zeros((len(series), longest, len(mean)), "float32")
        for row, each in zip(made, series, strict=True):
            each = ((filled(each) - mean) / deviation)[:longest]
            row[: len(each)] = each
        return made

    inputs = keras.Input((None, len(mean)))
    masked = keras.layers.Masking()(inputs)
    states = keras.layers.LSTM(UNITS, return_sequences=True)(masked)
    scores = keras.layers.Dense(1, activation="tanh")(states)
    there = keras.layers.Lambda(
        lambda steps: keras.ops.any(steps != 0, axis=-1, keepdims=True), output_shape=(None, 1)
    )(inputs)
    weights = keras.layers.Softmax(axis=1)(scores, mask=there)
    context = keras.layers.Lambda(
        lambda both: keras.ops.sum(both[0] * both[1], axis=1), output_shape=(UNITS,)
    )([states, weights])
    model = keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(context))
    model.compile("adam", "sparse_categorical_crossentropy")
    learn, check = train_test_split(
        np.arange(len(train.labels)), test_size=0.2, random_state=seed, stratify=train.labels
    )
    values = padded(train.series)
    stop = keras.callbacks.EarlyStopping(patience=PATIENCE, restore_best_weights=True)
    history = model.fit(
        values[learn],
        train.labels[learn],
        validation_data=(values[check], train.labels[check]),
        epochs=EPOCHS,
        batch_size=BATCH,
        callbacks=[stop],
        verbose=0,
    )
    answers = model.predict(padded(test.series), verbose=0).argmax(axis=1)
    return answers, f"{len(history.epoch)} epochs, {model.count_params():,} parameters"


def search(train: Part, test: Part, classes: int, seed: int) -> tuple[np.ndarray, str, dict]:
    """`attn_tuner.search` with its defaults, a time limit and the test part of the archive.

    The best trial alone is what the same search exports when it goes on with `ensemble=1`.
    """
    import attn_tuner

    learnt, others = ([str(label) for label in each.labels] for each in (train, test))
    with tempfile.TemporaryDirectory() as folder:
        given = {"max_time": 60 * MINUTES, "seed": seed, "progress": False}
        given |= {"test": (test.series, others), "directory": f"{folder}/run"}
        found = attn_tuner.search(train.series, learnt, **given)
        answers, models = model_facts(found, test)
        trials, members = len(found.run.records), found.run.members
        alone = attn_tuner.search(train.series, learnt, ensemble=1, **given)
        _, single = model_facts(alone, test)
    shares = ", ".join(f"{name} {share:.2f}" for name, share in members.items())
    return answers, f"{trials} trials; {shares}", {"average": models, "best trial": single}


def model_facts(found: Any, test: Part) -> tuple[np.ndarray, dict]:
    """Answers the test series, and measures the exported model.

    Returns:
        The answers, and the number of right ones, the megabytes of the SavedModel and the
        milliseconds for one series.
    """
    from attn_tuner.tuning.constraints import latency_ms

    answers = np.array([int(each.label) for each in found.predict(test.series)])
    steps = int(np.median([len(each) for each in test.series]))
    facts = {
        "correct": int((answers == test.labels).sum()),
        "megabytes": found.run.outcome["megabytes"],
        "milliseconds": latency_ms(found.bundle.model, steps),
        "parameters": found.bundle.model.count_params(),
    }
    return answers, facts


METHODS: Mapping[str, tuple[str, Callable]] = {
    "search": (f"search, {MINUTES} minutes", search),
    "minirocket": ("MiniRocket + ridge", minirocket),
    "dtw": ("1-NN DTW", dtw),
    "lstm": (f"LSTM({UNITS}) + attention", lstm),
}


def measure(method: str, name: str, seed: int) -> Measured:
    """Runs one method on one set."""
    load = os.getloadavg()[0]
    train, test, classes = open_set(name)
    begun = time.perf_counter()
    answers, *facts = METHODS[method][1](train, test, classes, seed)
    seconds = time.perf_counter() - begun
    correct = int((answers == test.labels).sum())
    return Measured(method, name, seed, correct, len(test.labels), seconds, load, *facts)


def cell(rows: Sequence[Mapping]) -> str:
    """Writes accuracy, its interval and the seconds of one method on one set; means over seeds."""
    share = float(np.mean([each["correct"] / each["tests"] for each in rows]))
    low, high = interval(share, rows[0]["tests"])
    seconds = float(np.mean([each["seconds"] for each in rows]))
    return f"{share:.1%} ({low:.1%} to {high:.1%}), {seconds:.1f} s".replace("%", "")


def table(rows: Sequence[Mapping]) -> str:
    """Writes the table of all that was measured: a row for each set, a column for each method."""
    methods = [key for key in METHODS if any(each["method"] == key for each in rows)]
    lines = [f"| set | test series | {' | '.join(METHODS[key][0] for key in methods)} |"]
    lines.append("|---|---:" + "|---:" * len(methods) + "|")
    for key, title in SETS.items():
        of_set = [each for each in rows if each["set"] == key]
        by_method = [[each for each in of_set if each["method"] == way] for way in methods]
        if of_set:
            cells = [cell(found) if found else "-" for found in by_method]
            lines.append(f"| {title} | {of_set[0]['tests']:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def models_table(rows: Sequence[Mapping]) -> str:
    """Writes accuracy, size and speed of what the searches exported, and of their best trials."""
    lines = [
        "| set | model | accuracy | SavedModel, MB | one series, ms | search |",
        "|---|---|---:|---:|---:|---|",
    ]
    for key, title in SETS.items():
        for row in (each for each in rows if each["set"] == key):
            for name, model in row.get("models", {}).items():
                share, size = model["correct"] / row["tests"], model["megabytes"]
                facts = f"{100 * share:.1f} | {size:.1f} | {model['milliseconds']:.1f}"
                found = row["facts"] if name == "average" else ""
                lines.append(f"| {title} | {name} | {facts} | {found} |")
    return "\n".join(lines)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("command", choices=("run", "table"))
    asked.add_argument("--method", nargs="+", choices=METHODS, default=list(METHODS))
    asked.add_argument("--set", nargs="+", choices=SETS, default=list(SETS))
    asked.add_argument("--seed", nargs="+", type=int, default=[0])
    options = asked.parse_args()
    rows = measured_rows(MEASURED)
    if options.command == "table":
        loads = [each["load"] for each in rows]
        facts = {"cores": os.cpu_count(), "units": UNITS, "batch": BATCH, "epochs": EPOCHS}
        facts |= {"patience": PATIENCE, "load": f"{min(loads):.1f} to {max(loads):.1f}"}
        facts["seeds"] = ", ".join(map(str, sorted({each["seed"] for each in rows})))
        parts = (EXPLAINED.format(**facts), table(rows), MODELS_EXPLAINED, models_table(rows))
        write_section(TITLE, "\n\n".join(parts))
        return
    known = {(each["method"], each["set"], each["seed"]) for each in rows}
    for seed in options.seed:
        for method in options.method:
            for name in options.set:
                if (method, name, seed) in known:
                    continue
                found = asdict(measure(method, name, seed)) | {"python": platform.python_version()}
                print(found, flush=True)
                add_row(MEASURED, found)


if __name__ == "__main__":
    main()
