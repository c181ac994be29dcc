"""The search that a KerasTuner user writes, against ours, in one run on one machine.

    python benchmarks/search.py [--texts 20000] [--trials 6] [--epochs 3] [--minutes 60]
                                [--data imdb_reviews] [--keep FILE] [--programs NAME ...]

(a) A stock KerasTuner program as a competent user writes it: a `TextVectorization` of 20,000 words,
texts padded to 500 tokens once and kept in memory, an LSTM or GRU, in both directions or one, with
additive attention or the mean, `EarlyStopping` on the validation accuracy; by RandomSearch, and by
Hyperband with the same epochs. (b) `attn_tuner.search` with everything on. (c) `attn_tuner.search`
without pruning, on the very values that RandomSearch drew, its texts cut to 500 tokens as well;
(d) the same with a worker for each core. (b), (c) and (d) end with their trials, or after
`--minutes` each; so does (a), at the end of an epoch.

Each runs in a process of its own, one after the other. Printed are the seconds to each new best
validation accuracy, the trials that ended, the most memory and the size of the folder; then, how
long ours took to what (a) came to in the end. Texts are read beforehand; encoding them counts for
all. Processor seconds, children's included, stand beside the seconds, since other work on the
machine changes them less; they and the memory of workers are not known here. What has been measured
is kept in `--keep`, a line a program, and is not measured again.
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

from results import write_section

WORDS, TOKENS = 20_000, 500
STOCK = ("RandomSearch", "Hyperband")
SAME = ("same trials", "same trials, a worker for each core")


def texts_of(name: str, count: int):
    """Training and validation texts with their labels, a fifth of them for validation."""
    import numpy as np

    from attn_tuner.text import load

    split = load(name).train
    chosen = np.random.default_rng(0).permutation(len(split.texts))[: count + count // 4]
    texts = [split.texts[index] for index in chosen]
    labels = np.asarray(split.labels)[chosen].astype("int32")
    return (texts[:count], labels[:count]), (texts[count:], labels[count:])


def stock(training, validation, given, folder, hyperband=False) -> list[tuple[float, float]]:
    """KerasTuner's own search; (seconds, validation accuracy) after every epoch."""
    import keras
    import keras_tuner
    import tensorflow as tf

    began, seen = time.monotonic(), []
    vectorize = keras.layers.TextVectorization(WORDS, output_sequence_length=TOKENS)
    vectorize.adapt(tf.data.Dataset.from_tensor_slices(training[0]).batch(1024))
    x, x_validation = (vectorize(tf.constant(part[0])) for part in (training, validation))
    classes = int(training[1].max()) + 1

    def dataset(ids, labels, shuffle):
        data = tf.data.Dataset.from_tensor_slices((ids, labels)).cache()
        data = data.shuffle(len(labels), seed=0) if shuffle else data
        return data.batch(64).prefetch(tf.data.AUTOTUNE)

    def build(hp):
        inputs = keras.Input((TOKENS,), dtype="int64")
        width = hp.Int("embedding", 32, 128, step=32)
        states = keras.layers.Embedding(WORDS, width, mask_zero=True)(inputs)
        cells = {"lstm": keras.layers.LSTM, "gru": keras.layers.GRU}
        kind = cells[hp.Choice("cell", list(cells))]
        cell = kind(hp.Int("units", 32, 128, step=32), return_sequences=True)
        states = (keras.layers.Bidirectional(cell) if hp.Boolean("both") else cell)(states)
        if hp.Choice("head", ["additive", "mean"]) == "additive":
            scores = keras.layers.Dense(1)(keras.layers.Dense(64, activation="tanh")(states))
            scores = keras.ops.where(inputs[:, :, None] == 0, -1e9, scores)
            context = keras.ops.sum(keras.ops.softmax(scores, axis=1) * states, axis=1)
        else:
            context = keras.layers.GlobalAveragePooling1D()(states)
        context = keras.layers.Dropout(hp.Float("dropout", 0.0, 0.5, step=0.1))(context)
        outputs = keras.layers.Dense(classes, activation="softmax")(context)
        model = keras.Model(inputs, outputs)
        rate = hp.Float("learning_rate", 3e-4, 1e-2, sampling="log")
        model.compile(
            keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        return model

    class OutOfTime(keras_tuner.errors.FatalError):
        """The only kind of error that KerasTuner does not take for one of the model."""

    class Clock(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append((time.monotonic() - began, float(logs["val_accuracy"])))
            if time.monotonic() - began > 60 * given.minutes:
                raise OutOfTime

        def __deepcopy__(self, memo):  # KerasTuner copies callbacks for each trial.
            return self

    options = {"directory": str(folder), "project_name": "stock", "seed": 1}
    if hyperband:
        tuner = keras_tuner.Hyperband(build, "val_accuracy", max_epochs=given.epochs, **options)
    else:
        tuner = keras_tuner.RandomSearch(build, "val_accuracy", max_trials=given.trials, **options)
    with contextlib.suppress(OutOfTime):
        tuner.search(
            dataset(x, training[1], True),
            validation_data=dataset(x_validation, validation[1], False),
            epochs=given.epochs,
            callbacks=[Clock(), keras.callbacks.EarlyStopping("val_accuracy", patience=2)],
            verbose=0,
        )
    return seen


def ours(training, validation, given, folder, **options) -> list[tuple[float, float]]:
    """`attn_tuner.search`; (seconds, validation accuracy) at every evaluation."""
    import attn_tuner
    from attn_tuner.text import Split, TextDataset

    classes = tuple(str(label) for label in range(int(training[1].max()) + 1))
    data = TextDataset(
        "benchmark", Split(*training), Split(*validation), Split(*validation), classes, [], ()
    )
    result = attn_tuner.search(
        data,
        max_trials=given.trials,
        max_time=60 * given.minutes,
        epochs=given.epochs,
        directory=Path(folder) / "ours",
        progress=False,
        seed=1,
        **options,
    )
    return sorted(
        (record.ended - record.seconds + each["seconds"], each["accuracy"])
        for record in result.run.records
        for each in record.history
    )


def same_trials(training, validation, given, folder, workers=1) -> list[tuple[float, float]]:
    """`attn_tuner.search` on the values that RandomSearch drew."""
    from attn_tuner.tuning.oracles import factory

    drawn = [as_ours(values) for values in json.loads(Path(given.values).read_text())]
    known = {name: value for name, value in drawn[0].items() if "." not in name}
    space = {name: sorted({each[name] for each in drawn}) for name in known} | {
        "vocabulary_size": WORDS,
        "max_length": TOKENS,
        "truncation": "head",
        "spatial_dropout": 0.0,
        "weight_decay": 1e-6,
        "batch_size": 64,
        "embedding_init": "random",
        "epochs": given.epochs,
    }
    with mock.patch.object(factory, "KNOWN_GOOD", drawn):
        options = {"pruner": "none", "tuner": "random", "space": space, "workers": workers}
        return ours(training, validation, given, folder, **options)


def as_ours(values: dict) -> dict:
    """Values of the stock program's space by the names of ours."""
    encoder = ("bi" if values["both"] else "") + values["cell"]
    return {
        "encoder": encoder,
        f"encoder.{encoder}.units": values["units"],
        "head": values["head"],
        "embedding_dim": values["embedding"],
        "dropout": values["dropout"],
        "learning_rate": values["learning_rate"],
    }


PROGRAMS = {
    "ours": ours,
    STOCK[0]: stock,
    SAME[0]: same_trials,
    SAME[1]: lambda *parts: same_trials(*parts, workers=os.cpu_count()),
    STOCK[1]: lambda *parts: stock(*parts, hyperband=True),
}


def measured(name: str, given) -> dict:
    """Runs one program here: its curve of best scores, its memory and its folder's size."""
    training, validation = texts_of(given.data, given.texts)
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        seen = PROGRAMS[name](training, validation, given, folder)
        seconds = time.monotonic() - began
        files = [path for path in Path(folder).rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files) / 1e6
        trials = [
            json.loads(file.read_text())["hyperparameters"]["values"]
            for file in sorted(Path(folder).glob("*/trial_*/trial.json"))
        ]
    best, curve = -1.0, []
    for moment, score in seen:
        if score > best:
            best = score
            curve.append((round(moment, 1), round(score, 4)))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "curve": curve,
        "seconds": seconds,
        "processor": sum(each.ru_utime + each.ru_stime for each in used),
        "trials": len(trials),
        "values": trials,
        "memory_mb": used[0].ru_maxrss / 1024,
        "folder_mb": size,
    }


def compare(given, arguments):
    kept = Path(given.keep) if given.keep else None
    lines = kept.read_text().splitlines() if kept and kept.exists() else []
    found = {each["program"]: each for each in map(json.loads, lines)}
    for name in (each for each in given.programs if each not in found):
        found[name] = {"program": name, **measured_apart(name, arguments, found)}
        line = json.dumps(found[name])
        print(line, flush=True)
        if kept:
            with kept.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")
    text = page(found)
    print(text)
    write_section(f"Searches of {given.trials} trials of {given.epochs} epochs", text)


def measured_apart(name, arguments, found) -> dict:
    """`measured` in a process of its own; the same trials learn what RandomSearch drew."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as drawn:
        json.dump(found.get(STOCK[0], {}).get("values", []), drawn)
        drawn.flush()
        done = subprocess.run(
            [sys.executable, __file__, *arguments, "--one", name, "--values", drawn.name],
            stdout=subprocess.PIPE,
            text=True,
        )
    if done.returncode:
        sys.exit(f"'{name}' failed.")
    return json.loads(done.stdout.splitlines()[-1])


def page(found: dict[str, dict]) -> str:
    """What was measured, in Markdown."""
    lines = [
        "`benchmarks/search.py`",
        "",
        "| program | seconds | processor's | trials | best accuracy | memory, MB | disk, MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, told in found.items():
        used = f"{told['processor']:.0f}", f"{told['memory_mb']:,.0f}"
        processor, memory = ("-", "-") if name == SAME[1] else used
        lines.append(
            f"| {name} | {told['seconds']:.0f} | {processor} | {told['trials']} "
            f"| {told['curve'][-1][1]:.4f} | {memory} | {told['folder_mb']:.1f} |"
        )
    lines += ["", "Seconds to each new best validation accuracy:", ""]
    for name, told in found.items():
        steps = ", ".join(f"{score:.4f} at {moment:.0f}" for moment, score in told["curve"])
        lines.append(f"- {name}: {steps}")
    lines.append("")
    for rival in (each for each in STOCK if each in found):
        bar, whole = found[rival]["curve"][-1][1], found[rival]["seconds"]
        for name in (each for each in found if each not in STOCK):
            there = next((at for at, score in found[name]["curve"] if score >= bar), None)
            reached = f"{there:.0f} s, {there / whole:.1%} of it" if there else "not reached"
            lines.append(f"- {name}, to {bar:.4f}, {rival}'s best after {whole:.0f} s: {reached}")
    for name in (each for each in SAME if each in found):
        share = found[name]["seconds"] / found[STOCK[0]]["seconds"]
        lines.append(f"- {name}: {share:.1%} of {STOCK[0]}'s time, the export included")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", default="imdb_reviews")
    parser.add_argument("--texts", type=int, default=20_000, help="to train on")
    parser.add_argument("--trials", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=60.0, help="for each program at most")
    parser.add_argument(
        "--programs", nargs="+", choices=tuple(PROGRAMS), default=list(PROGRAMS), metavar="NAME"
    )
    parser.add_argument("--keep", help="a file for what was measured")
    parser.add_argument("--one", choices=tuple(PROGRAMS), help=argparse.SUPPRESS)
    parser.add_argument("--values", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.one, given)))
    else:
        compare(given, sys.argv[1:])


if __name__ == "__main__":
    main()
