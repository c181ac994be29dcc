"""A small model of series whose attention and gradients are known, and run folders with it."""

import json

import numpy as np

from attn_tuner.tasks import number_names

FEATURES = ("height", "noise")
MEAN, DEVIATION = (50.0, 100.0), (10.0, 5.0)
HORIZON = 3


def series_model(task="binary", columns=2):
    """Attends steps of great height, and answers by the height that it attends to alone."""
    import keras

    from attn_tuner.attention import FeedForwardHead
    from attn_tuner.layers.series_input import FilledSteps, StandardizedSteps, StepMask
    from attn_tuner.layers.sorted_quantiles import SortedQuantiles
    from attn_tuner.tasks import TASKS

    given = keras.Input((None, 2), name="series")
    mask = StepMask()(given)
    steps = FilledSteps()(StandardizedSteps(MEAN, DEVIATION)(given), mask)
    head = FeedForwardHead(name="head")
    context = head(steps, mask=mask)
    units = TASKS[task].outputs(columns)
    answer = keras.layers.Dense(units, name="answer")(context)
    if task == "quantiles":
        answer = SortedQuantiles()(answer)
    answer = keras.layers.Activation(TASKS[task].activation)(answer)
    model = keras.Model(given, answer)
    kernels = [np.zeros(weight.shape, "float32") for weight in head.score.get_weights()]
    kernels[0][0] = 4.0
    head.score.set_weights(kernels)
    kernel, bias = model.get_layer("answer").get_weights()
    kernel[:], kernel[0], bias[:] = 0.0, 2.0, -2.0
    model.get_layer("answer").set_weights([kernel, bias])
    return model


def make_bundle(task="binary", classes=("low", "high"), features=FEATURES, **options):
    """A bundle that tells high series from low ones, or says how high they go."""
    from attn_tuner.exporting import SeriesBundle
    from attn_tuner.series.scaler import SeriesScaler
    from attn_tuner.tasks import TASKS

    if TASKS[task].several:
        classes = number_names(task, HORIZON)
    scaler = SeriesScaler(tuple(features), MEAN, DEVIATION)
    return SeriesBundle(
        scaler, series_model(task, len(classes)), classes, task=task, truncation="head", **options
    )


def make_series(count, seed=0, steps=30):
    """Arrays (steps, 2), a peak in every second one, and which have it."""
    random = np.random.default_rng(seed)
    found = np.array(MEAN) + np.array(DEVIATION) * random.normal(scale=0.3, size=(count, steps, 2))
    labels = np.arange(count) % 2
    found[labels == 1, 10:14, 0] += 30.0
    return [each.astype("float32") for each in found], labels


def make_run(directory, task="binary", classes=("low", "high"), features=FEATURES, **options):
    """Writes the folder of a finished search of 40 validation series.

    Args:
        options: of the bundle.
    """
    from attn_tuner.series.store import SeriesStore
    from attn_tuner.storage.plan import Plan
    from attn_tuner.storage.trial_record import TrialRecord
    from attn_tuner.tasks import TASKS

    bundle = make_bundle(task, classes, features, **options)
    series, labels = make_series(40)
    several = TASKS[task].several
    if several:
        labels = np.repeat(labels[:, None], HORIZON, axis=1).astype("float32")
    offsets = np.cumsum([0, *map(len, series)], dtype="int64")
    labels = labels if several else labels.astype("int32")
    (directory / "data").mkdir(parents=True)
    SeriesStore(np.concatenate(series), offsets, labels).save(directory / "data" / "validation")
    np.save(directory / "data" / "validation_labels.npy", labels)
    space = {"head": {"kind": "part", "when": [], "values": ["additive", "mean"]}}
    named = {"input": "series", "task": task, "objective": TASKS[task].objective}
    plan = Plan("sensors.csv", "0" * 16, bundle.classes, space, max_time=60.0, **named)
    plan.save(directory)
    ways = TASKS[task].measures
    for number, head in enumerate(["additive", "mean"]):
        folder = directory / f"trial_{number:02d}"
        folder.mkdir()
        score = 0.9 - 0.1 * number
        metrics = {**dict.fromkeys(ways, score), "epochs": 1.0, "seconds": 3}
        history = [{"epochs": 1.0, "seconds": 3.0, "loss": 0.5, plan.objective: score}]
        values = {"encoder": "gru", "head": head, "learning_rate": 1e-3, "batch_size": 32}
        TrialRecord(
            f"{number:02d}", "completed", values, score, metrics, history, ended=10.0 + number
        ).save(folder)
    measured = dict.fromkeys(ways, 0.8)
    rows = [{"name": "linear", "facts": "", "validation": measured, "test": measured}]
    (directory / "baselines.json").write_text(json.dumps([{**rows[0], "seconds": 1.0}]))
    bundle.save(directory / "model")
    outcome = {"winner": "00", "test": dict.fromkeys(ways, 0.9), "test_texts": 200}
    outcome |= {"export": str(directory / "best"), "difference": 1e-7, "seconds": 60.0}
    (directory / "outcome.json").write_text(json.dumps({**outcome, "remarks": []}))
    return directory
