"""How good the models are that `search` finds in a given time, beside what they have to beat.

    TFDS_DATA_DIR=... ATTN_TUNER_DATA=... python benchmarks/quality.py
        [--data imdb trec hotel] [--minutes 5 15 60] [--seeds 0] [--ways linear tutorial ours]

Accuracy on the official test part of IMDb and TREC, and on the test part of the Chinese hotel
reviews, with the 95 % interval that the number of texts gives. `data_sets.py` says where they lie.

- linear: word 1-2-grams (character 1-3-grams where words are not separated), sublinear TF-IDF,
  logistic regression, C by cross-validation: the baseline of every search, here with the
  validation texts in its training part.
- tutorial: Embedding, LSTM(100), attention, two epochs, of `examples/imdb_attention.py`.
- ours: `search` from nothing cached, the whole time given; then, on the same trials and with no
  time for more, the best trial alone.

A finished cell is kept in `benchmarks/quality.jsonl` and not measured again; delete its line to do
so. Every cell is a process of its own. The test part is read once for every cell.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from data_sets import DATA_SETS, loaded, source

HERE = Path(__file__).parent
CELLS = HERE / "quality.jsonl"
NAMES = {name: DATA_SETS[name].title for name in ("imdb", "trec", "hotel")}


def linear(name, minutes, seed) -> dict:
    """The baseline, with the validation texts in its training part."""
    from attn_tuner.baselines import baselines
    from attn_tuner.text import TokenStore
    from attn_tuner.tuning.encoded_data import EncodedData

    dataset = loaded(name, seed)
    with tempfile.TemporaryDirectory() as folder:
        stores = EncodedData.prepare(dataset, Path(folder) / "data").stores
        training = TokenStore.concatenate([stores["train"], stores["validation"]])
        parts = {"validation": stores["validation"], "test": stores["test"]}
        found = baselines.linear_baseline(training, parts, len(dataset.classes), seed)
    return {"linear": found.test["accuracy"], "texts": len(dataset.test.texts)}


def tutorial(name, minutes, seed) -> dict:
    """The tutorial's model, its padding masked."""
    import keras
    import numpy as np

    from attn_tuner.attention import FeedForwardHead
    from attn_tuner.text import Batches, TokenStore, Vectorizer

    keras.utils.set_random_seed(seed)
    dataset = loaded(name, seed)
    vectorizer = Vectorizer.build(dataset.train.texts, size=20_000)
    train, test = (TokenStore.encode(part, vectorizer) for part in (dataset.train, dataset.test))
    ids = keras.Input((None,), dtype="int32")
    mask = keras.ops.not_equal(ids, 0)
    states = keras.layers.Embedding(20_000, 64)(ids)
    states = keras.layers.LSTM(100, return_sequences=True)(states, mask=mask)
    context = FeedForwardHead()(states, mask=mask)
    answer = keras.layers.Dense(len(dataset.classes), activation="softmax")(context)
    model = keras.Model(ids, answer)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(Batches(train, 32, 400, "tail"), epochs=2, verbose=0)
    batches = Batches(test, 128, 400, "tail", shuffle=False)
    answers = batches.in_store_order(model.predict(batches, verbose=0)).argmax(axis=1)
    accuracy = float(np.mean(answers == batches.labels))
    return {"tutorial": accuracy, "texts": len(batches.labels)}


def ours(name, minutes, seed) -> dict:
    """A search, and the best of its trials alone."""
    import attn_tuner

    with tempfile.TemporaryDirectory() as folder:
        run, again = Path(folder) / "run", Path(folder) / "alone"
        given = {**source(name), "max_time": 60 * minutes, "seed": seed, "progress": False}
        began = time.monotonic()
        result = attn_tuner.search(**given, directory=run)
        found = {
            "ours": result.test_metrics["accuracy"],
            "seconds": time.monotonic() - began,
            "members": len(result.run.members),
            "trials": len(result.run.records),
            "texts": result.run.outcome["test_texts"],
        }
        if found["members"] > 1:
            shutil.copytree(run, again)
            for point in again.glob("trial_*/resume-*"):
                shutil.rmtree(point)  # What the clock cut must not go on.
            trials = len(result.run.records)
            given |= {"max_time": None, "max_trials": trials}
            single = attn_tuner.search(**given, ensemble=1, directory=again)
            found["single"] = single.test_metrics["accuracy"]
        else:
            found["single"] = found["ours"]
    return found


WAYS = {"linear": linear, "tutorial": tutorial, "ours": ours}


def cells(arguments):
    """What there is to measure: (way, data, minutes, seed)."""
    for name in arguments.data:
        for way in arguments.ways:
            for minutes in arguments.minutes if way == "ours" else [0.0]:
                for seed in arguments.seeds if way != "linear" else [0]:
                    yield way, name, minutes, seed


def measured(cell) -> dict:
    """One cell, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--cell", *map(str, cell)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        sys.exit(f"The cell {cell} failed.")
    return json.loads(done.stdout.splitlines()[-1])


def known() -> list[dict]:
    """The cells that were measured before."""
    if not CELLS.exists():
        return []
    return [json.loads(line) for line in CELLS.read_text(encoding="utf-8").splitlines() if line]


def table(found: list[dict]) -> str:
    """A row for each way, a column for each data set, in Markdown."""
    names = [name for name in NAMES if any(each["data"] == name for each in found)]
    rows = {"linear": ("linear", 0.0, "linear"), "tutorial LSTM": ("tutorial", 0.0, "tutorial")}
    for minutes in sorted({each["minutes"] for each in found if each["way"] == "ours"}):
        rows[f"ours, {minutes:g} minutes"] = ("ours", minutes, "ours")
        rows[f"its best trial alone, {minutes:g} minutes"] = ("ours", minutes, "single")
    lines = [
        f"| test accuracy | {' | '.join(NAMES[name] for name in names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    for title, (way, minutes, key) in rows.items():
        own = [each for each in found if (each["way"], each["minutes"]) == (way, minutes)]
        columns = [_column([each for each in own if each["data"] == name], key) for name in names]
        lines.append(f"| {title} | {' | '.join(columns)} |")
    return "\n".join(lines)


def _column(own: list[dict], key: str) -> str:
    from attn_tuner.metrics import interval

    if not own:
        return "-"
    scores = [each[key] for each in own]
    mean = statistics.mean(scores)
    low, high = interval(mean, own[0]["texts"])
    spread = f" ± {statistics.stdev(scores):.4f}, {len(scores)} seeds" if len(scores) > 1 else ""
    return f"{mean:.4f}{spread} ({low:.4f} to {high:.4f})"


def main():
    if sys.argv[1:2] == ["--cell"]:
        way, name, minutes, seed = sys.argv[2:]
        return print(json.dumps(WAYS[way](name, float(minutes), int(seed))))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", nargs="+", choices=tuple(NAMES), default=list(NAMES))
    parser.add_argument("--minutes", nargs="+", type=float, default=[5.0, 15.0, 60.0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--ways", nargs="+", choices=tuple(WAYS), default=list(WAYS))
    arguments = parser.parse_args()
    from results import write_section

    found = known()
    done = {(each["way"], each["data"], each["minutes"], each["seed"]) for each in found}
    for cell in cells(arguments):
        if cell in done:
            continue
        way, name, minutes, seed = cell
        load = os.getloadavg()[0]
        own = {"way": way, "data": name, "minutes": minutes, "seed": seed, "load": round(load, 1)}
        found.append(own | measured(cell))
        with CELLS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(found[-1]) + "\n")
        print(json.dumps(found[-1]), flush=True)
    text = table(found)
    print(text)
    write_section("Quality", f"`benchmarks/quality.py`\n\n{text}")


if __name__ == "__main__":
    main()
