"""What adversarial training adds to the first points of a search, and texts without labels to it.

    ATTN_TUNER_DATA=... TFDS_DATA_DIR=... python benchmarks/unlabelled.py [--set trec subj]
        [--losses none adversarial virtual entropy] [--norms 1 4] [--labelled 5000] [--cache FOLDER]

Of a set with more training texts than `--labelled`, the others are read without their labels: by
the word vectors in any case, and by the losses that need none. Scores are of the validation part
that a search would hold out; the test part is not read. What has been measured is kept in
`unlabelled.jsonl`, and not measured again; the table has all that is there.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from data_sets import DATA_SETS, loaded
from results import measured_rows, write_section

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.search_defaults import search_space
from attn_tuner.text.token_ids import UNKNOWN
from attn_tuner.text.token_store import TokenStore
from attn_tuner.training.adversarial import PERTURBED
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.tuning.oracles.factory import FEW_TEXTS, FOR_FEW, KNOWN_GOOD
from attn_tuner.tuning.trial.spec import Schedule
from attn_tuner.tuning.trial.training_loop import train

EPOCHS = 8
MODELS = {"no encoder": KNOWN_GOOD[0], "bigru": KNOWN_GOOD[1]}
LOSSES = {
    "none": (),
    "adversarial": ("adversarial",),
    "virtual": ("virtual",),
    "both": ("adversarial", "virtual"),
    "entropy": ("entropy",),
    "virtual + entropy": ("virtual", "entropy"),
}
FOUND = """
Moved: all texts of a batch, or one of so many. The rows of IMDb and of tweets, and those with half
of the texts moved, ran beside another training; they read all labels. The seconds of 7,199
sentences are too high, as programs were compiled on the same cores.

What the norm and the number of texts do, on IMDb: a bidirectional GRU of 64 units with pairs of
words, written anew in JAX for this and trained on one NVIDIA H200, 17,391 texts of at most 400
tokens, 5 epochs, batches of 64; 7,486 other training texts, after the last epoch, seeds 1 and 2.

| weight | norm | moved | accuracy | log loss |
|---|---|---|---|---|
| 0 | - | - | 0.9146, 0.9168 | 0.221, 0.221 |
| 1 | 0.5 | all | 0.9200 | 0.211 |
| 1 | 1 | all | 0.9216 | 0.203 |
| 1 | 1.5 | all | 0.9227 | 0.200 |
| 1 | 2 | all | 0.9233, 0.9233 | 0.200, 0.198 |
| 1 | 2 | 1 in 2 | 0.9223 | 0.202 |
| 1 | 2 | 1 in 4 | 0.9209 | 0.209 |
| 1 | 4 | all | 0.9185, 0.9199 | 0.216, 0.215 |
| 1 | 8 | all | 0.8921 | 0.266 |

So a search moves every second text, at a norm of 1 or 2. Slopes taken with dropout gave the same
as without (0.9211 to 0.9233 at norms of 1 to 2). Without an encoder it gained nothing there (0.9066
without, 0.9049 at a norm of 2)."""
MEASURED = Path(__file__).with_name("unlabelled.jsonl")
SCORES = ("accuracy", "log_loss", "seconds")
KEY = ("set", "labelled", "model", "length", "losses", "weight", "norm", "every", "seed")


def values_of(cell: dict, few: bool) -> dict:
    """Values of a trial that differ from the defaults of the space."""
    values = {**(FOR_FEW if few else {}), **MODELS[cell["model"]]}
    for name in LOSSES[cell["losses"]]:
        values[f"{name}_weight"] = cell["weight"]
        if name != "entropy":
            values[f"{name}_norm"] = cell["norm"]
    return values


def parted(stored: EncodedData, labelled: int) -> EncodedData:
    """So many labelled training texts, class by class; the others without their labels."""
    store = stored.stores["train"]
    if len(store) <= labelled:
        return stored
    rows = store.fraction(labelled / len(store))
    rest = np.setdiff1d(np.arange(len(store)), rows)
    parts = {"train": _rows(store, rows), "unlabelled": _rows(store, rest)}
    return EncodedTexts({**stored.stores, **parts}, stored.vectorizer)


def _rows(store: TokenStore, rows: np.ndarray) -> TokenStore:
    places = [np.arange(*store.offsets[row : row + 2]) for row in rows]
    offsets = np.cumsum([0, *map(len, places)]).astype("int64")
    places = np.concatenate(places)
    ids = store.ids[places]
    parts = None if store.parts is None else store.at(places, subwords=True)[ids == UNKNOWN]
    sizes = (store.vocabulary_size, store.token_length)
    return TokenStore(ids, offsets, store.labels[rows], *sizes, parts=parts)


def encoded(name: str, labelled: int, cache: Path) -> tuple[EncodedData, np.ndarray]:
    """The encoded texts of a set, so many of them labelled, and word vectors; kept in a folder."""
    folder = cache / name / "data"
    if folder.exists():
        whole = EncodedData.open(folder)
    else:
        whole = EncodedData.prepare(loaded(name, 0), folder, False, print)
    stored = parted(whole, labelled)
    return stored, stored.vectors(folder, 128, 0, None)


def built(
    stored: EncodedData,
    vectors: np.ndarray,
    own: dict,
    seed: int,
    length: int | None = None,
    regions: np.ndarray | None = None,
) -> tuple[keras.Model, dict]:
    """The model of a point of the default space of a set, and all its values."""
    space = search_space(None, stored, EPOCHS)
    values = {**space.defaults(), **own}
    if length is not None:
        values["max_length"] = min(values["max_length"], length)
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    given = {"space": space, "vectors": vectors, "region_vectors": regions}
    given["training_texts"] = stored.size("train")
    if stored.has_parts:
        given["parts"] = stored.vectorizer.subwords.tables
    classes = int(stored.stores["train"].labels.max()) + 1
    return AttentionHyperModel(stored.vocabulary_size, classes, **given).model(values), values


def measured(stored: EncodedData, vectors: np.ndarray, cell: dict) -> dict:
    """Trains one point of the default space of a set; scores of its best epoch, and seconds."""
    own = values_of(cell, stored.size("train") < FEW_TEXTS)
    model, values = built(stored, vectors, own, cell["seed"], cell["length"])
    begun = time.process_time()
    data = (stored.training(values, cell["seed"]), stored.validation(values))
    best = train(model, *data, Schedule(epochs=values["epochs"])).best_measures
    scores = {name: best[name] for name in ("accuracy", "log_loss", "epochs")}
    return {**scores, "seconds": time.process_time() - begun}


def cells(given: argparse.Namespace, name: str) -> Iterator[dict]:
    """What is to be measured on a set."""
    for seed, model, losses in product(given.seeds, given.models, given.losses):
        norms = given.norms if {"adversarial", "virtual"} & set(LOSSES[losses]) else [0.0]
        for weight, norm in product(given.weights if LOSSES[losses] else [0.0], norms):
            every = PERTURBED if "adversarial" in LOSSES[losses] else 1
            place = (name, given.labelled, model, given.length, losses, weight, norm, every, seed)
            yield dict(zip(KEY, place, strict=True))


def known() -> list[dict]:
    """All that has been measured; at first, every text was moved."""
    return [{"every": 1, **row} for row in measured_rows(MEASURED)]


def measure_set(given: argparse.Namespace, name: str) -> None:
    """Measures the cells of a set that are not known, and writes each to the file."""
    done = {tuple(each[key] for key in KEY) for each in known()}
    left = [cell for cell in cells(given, name) if tuple(cell.values()) not in done]
    if not left:
        return
    stored, vectors = encoded(name, given.labelled, Path(given.cache or tempfile.mkdtemp()))
    for cell in left:
        line = json.dumps({**cell, **measured(stored, vectors, cell)})
        with MEASURED.open("a", encoding="utf-8") as file:
            print(line, file=file)
        print(line, flush=True)


def rows() -> list[str]:
    """Lines of the table: means over the seeds, and the gain over the same model without."""
    groups: dict[tuple, list[dict]] = {}
    for each in known():
        groups.setdefault(tuple(each[key] for key in KEY[:-1]), []).append(each)
    plain = {key[:4]: found for key, found in groups.items() if key[4] == "none"}
    lines = []
    for key, found in sorted(groups.items()):
        name, labelled, model, length, losses, weight, norm, every = key
        moved = "all" if every == 1 else f"1 in {every}"
        without = {each["seed"]: each["accuracy"] for each in plain.get(key[:4], ())}
        gains = [
            each["accuracy"] - without[each["seed"]] for each in found if each["seed"] in without
        ]
        gain = f"{100 * np.mean(gains):+.1f}" if gains and losses != "none" else ""
        accuracy, log_loss, seconds = (np.mean([each[key] for each in found]) for key in SCORES)
        lines.append(
            f"| {DATA_SETS[name].title}, {labelled:,} | {model}, {length} | {losses} | "
            f"{weight:g} | {norm:g} | {moved} | {len(found)} | {accuracy:.4f} | {gain} | "
            f"{log_loss:.4f} | {seconds:.0f} |"
        )
    return lines


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--set", nargs="*", choices=DATA_SETS, default=["trec", "subj", "imdb"])
    reader.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    reader.add_argument("--losses", nargs="+", choices=LOSSES, default=list(LOSSES))
    reader.add_argument("--weights", nargs="+", type=float, default=[1.0])
    reader.add_argument("--norms", nargs="+", type=float, default=[1.0, 4.0])
    reader.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    reader.add_argument("--labelled", type=int, default=5_000, help="training texts with labels")
    reader.add_argument("--length", type=int, default=400, help="tokens of a text at most")
    reader.add_argument("--cache", help="keeps encoded texts and word vectors")
    reader.add_argument("--only-measure", action="store_true", help="leaves RESULTS.md as it is")
    given = reader.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    for name in given.set:
        measure_set(given, name)
    if given.only_measure:
        return
    write_section(
        "Adversarial training",
        "`python benchmarks/unlabelled.py`: the first points of a search, with losses added, on "
        "one thread. Validation scores of the best epoch, means over the seeds; the gain is in "
        "points of accuracy over the same model without; processor seconds of a training.\n\n"
        "| data, labelled | model, tokens | losses | weight | norm | moved | seeds | accuracy | "
        "gain | log loss | seconds |\n|---|---|---|---|---|---|---|---|---|---|---|\n"
        + "\n".join(rows())
        + "\n"
        + FOUND,
    )


if __name__ == "__main__":
    main()
