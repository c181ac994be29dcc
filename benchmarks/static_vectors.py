"""What static embeddings of a package add to the first points of a search, with few labels.

    pip install 'attn-tuner[vectors]' wordllama
    ATTN_TUNER_DATA=... TFDS_DATA_DIR=... python benchmarks/static_vectors.py [--set trec imdb]
        [--labelled 1000] [--seeds 0 1] [--only-measure]

The embedding begins at random, with vectors learnt from the labelled texts, or with those that the
wheel of `wordllama` ships (MIT licence; 32,000 tokens, 256 columns of which 128 are kept). The
vocabulary is that of the labelled texts in each case. Scores are of the validation part that a
search would hold out; the test part is not read. What has been measured is kept in
`static_vectors.jsonl`, and not measured again; the table has all that is there.
"""

import argparse
import dataclasses
import os
import tempfile
import time
from importlib.metadata import distribution
from itertools import product
from pathlib import Path
from shutil import copy

import keras
import numpy as np
import tensorflow as tf
from data_sets import DATA_SETS, loaded
from results import add_row, measured_rows, write_section

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.search_defaults import search_space
from attn_tuner.text import TextDataset
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.tuning.oracles.factory import FOR_FEW, KNOWN_GOOD
from attn_tuner.tuning.trial.spec import Schedule
from attn_tuner.tuning.trial.training_loop import train

WIDTH = 128  # Of the widest embedding of a search.
EPOCHS = 8
MODELS = {"no encoder": KNOWN_GOOD[0], "bigru": KNOWN_GOOD[1]}
VECTORS = ("random", "learnt", "wordllama")
MEASURED = Path(__file__).with_name("static_vectors.jsonl")
KEY = ("set", "labelled", "model", "dim", "length", "vectors", "seed")


def wordllama_folder(folder: Path) -> Path:
    """Copies the vectors and the tokenizer of the installed package beside each other."""
    package = Path(str(distribution("wordllama").locate_file("wordllama")))
    folder.mkdir(exist_ok=True)
    copy(package / "weights/l2_supercat_256.safetensors", folder / "model.safetensors")
    copy(package / "tokenizers/l2_supercat_tokenizer_config.json", folder / "tokenizer.json")
    return folder


def few_labelled(dataset: TextDataset, labelled: int) -> TextDataset:
    """The data set with so many training texts, drawn once for all seeds."""
    rows = np.random.default_rng(0).permutation(len(dataset.train))[:labelled]
    return dataclasses.replace(dataset, train=dataset.train.take(np.sort(rows)), unlabelled=())


def vectors_of(stored: EncodedTexts, kind: str, folder: Path) -> np.ndarray | None:
    """Returns what the embedding begins with; None for random numbers."""
    if kind == "random":
        return None
    if kind == "learnt":
        return stored.vectors(folder, WIDTH, 0, None)
    return stored.vectors_of(wordllama_folder(folder / kind), WIDTH, 0, print)


def measured(stored: EncodedTexts, vectors: np.ndarray | None, classes: int, cell: dict) -> dict:
    """Trains one point of the default space; returns the scores of its best epoch, and seconds."""
    space = search_space(None, stored, EPOCHS)
    values = {**space.defaults(), **FOR_FEW, **MODELS[cell["model"]]}
    values["embedding_init"] = "random" if vectors is None else "word_vectors"
    values["embedding_dim"] = cell["dim"]
    values["max_length"] = min(values["max_length"], cell["length"])
    keras.utils.clear_session()
    keras.utils.set_random_seed(cell["seed"])
    given = {"space": space, "vectors": vectors, "training_texts": stored.size("train")}
    if stored.has_parts:
        given["parts"] = stored.vectorizer.subwords.tables
    model = AttentionHyperModel(stored.vocabulary_size, classes, **given).model(values)
    begun = time.process_time()
    data = (stored.training(values, cell["seed"]), stored.validation(values))
    best = train(model, *data, Schedule(epochs=values["epochs"])).best_measures
    return {
        "accuracy": best["accuracy"],
        "log_loss": best["log_loss"],
        "seconds": time.process_time() - begun,
        "load": os.getloadavg()[0],
    }


def measure_set(given: argparse.Namespace, name: str) -> None:
    """Measures what is not known of a set, and writes each to the file."""
    done = {tuple(each[key] for key in KEY) for each in measured_rows(MEASURED)}
    facts = [[name], [given.labelled], MODELS, [given.dim], [given.length], VECTORS, given.seeds]
    cells = [dict(zip(KEY, place, strict=True)) for place in product(*facts)]
    left = [cell for cell in cells if tuple(cell.values()) not in done]
    if not left:
        return
    with tempfile.TemporaryDirectory() as folder:
        dataset = few_labelled(loaded(name, 0), given.labelled)
        stored = EncodedTexts.encode(dataset, Path(folder) / "data")
        for kind in {cell["vectors"]: None for cell in left}:
            vectors = vectors_of(stored, kind, Path(folder))
            for cell in left:
                if cell["vectors"] == kind:
                    row = {**cell, **measured(stored, vectors, len(dataset.classes), cell)}
                    add_row(MEASURED, row)
                    print(row, flush=True)


def lines() -> list[str]:
    """Lines of the table: means over the seeds, and the gain over a random beginning."""
    groups: dict[tuple, list[dict]] = {}
    for each in measured_rows(MEASURED):
        groups.setdefault(tuple(each[key] for key in KEY[:-1]), []).append(each)
    found = []
    for key, each in sorted(groups.items()):
        name, labelled, model, dim, length, kind = key
        random = groups.get((*key[:-1], "random"), each)
        accuracies, base = ([row["accuracy"] for row in rows] for rows in (each, random))
        gain = f"{100 * (np.mean(accuracies) - np.mean(base)):+.1f}" if kind != "random" else ""
        found.append(
            f"| {DATA_SETS[name].title}, {labelled:,} | {model}, {dim} x {length} | {kind} | "
            f"{' '.join(f'{accuracy:.4f}' for accuracy in accuracies)} | {gain} | "
            f"{np.mean([row['log_loss'] for row in each]):.4f} | "
            f"{np.mean([row['seconds'] for row in each]):.0f} | "
            f"{np.mean([row['load'] for row in each]):.1f} |"
        )
    return found


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--set", nargs="*", choices=DATA_SETS, default=["trec", "subj", "imdb"])
    reader.add_argument("--labelled", type=int, default=1_000, help="training texts")
    reader.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    reader.add_argument("--dim", type=int, default=64, help="width of the embedding")
    reader.add_argument("--length", type=int, default=128, help="tokens of a text at most")
    reader.add_argument("--only-measure", action="store_true", help="leaves RESULTS.md as it is")
    given = reader.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    for name in given.set:
        measure_set(given, name)
    if given.only_measure:
        return
    write_section(
        "Static embeddings",
        "`python benchmarks/static_vectors.py`: the first points of a search on few labelled "
        "texts, on one thread. What the embedding begins with: random numbers, vectors learnt from "
        "these texts, or those of wordllama 0.4 (256 columns). Validation accuracy of the best "
        "epoch for each seed; the gain is in points over a random beginning; log loss, processor "
        "seconds of a training and load are means.\n\n"
        "| data, labelled | model, width x tokens | embedding | accuracy by seed | gain | log loss "
        "| seconds | load |\n|---|---|---|---|---:|---:|---:|---:|\n" + "\n".join(lines()),
    )


if __name__ == "__main__":
    main()
