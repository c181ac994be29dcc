"""Records the learning curves of many configurations on eight sets of short texts.

    ATTN_TUNER_DATA=... python benchmarks/portfolio_record.py [--set trec subj ...] [--seed 0]
        [--texts 4000] [--limit 30] [--until 2400] [--pause FILE] [--cache FOLDER]

One row a (set, configuration, seed) is added to `benchmarks/portfolio/SET.jsonl`; what is there is
not trained again, so that the same command goes on where it was stopped. The first configurations
are complete on all sets before the next begins (`portfolio_points.py`). `portfolio_choose.py` and
`replay.py` read the rows.

A curve ends with its epochs, three epochs behind its highest accuracy, or after `--limit` seconds
of processor. Twice an epoch: validation accuracy and log loss, on the part that
`search` holds out, and the seconds of processor since the start, building the model and evaluations
included. One thread. Sets of more than `--texts` training texts are cut to the first so many of a
random order. No test part is read, but to leave its texts out of training, as a search does.
"""

import argparse
import datetime
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from data_sets import loaded
from keras_tuner.errors import FailedTrialError
from portfolio_points import Configuration, configurations, with_phrases
from portfolio_table import ROWS
from results import add_row, commit, load, measured_rows, package_versions

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.search_defaults import search_space
from attn_tuner.text import TextDataset
from attn_tuner.tuning.encoded_texts import EncodedTexts
from attn_tuner.tuning.trial.callbacks import TrialCallbacks
from attn_tuner.tuning.trial.spec import Schedule
from attn_tuner.tuning.trial.training_loop import train

SETS = (
    "trec",
    "subj",
    "offensive",
    "irony",
    "customer_reviews",
    "mpqa",
    "ag_news",
    "clinc150",
)
EPOCHS, CHECKS = 10, 2  # Epochs at most, as of a search; evaluations in an epoch.
WIDEST = 128
PATIENCE = 3  # Epochs without a better score; a search has 2.


@dataclass(frozen=True, eq=False)
class Recorder:
    """Trains configurations on one set.

    Args:
        name: key of `DATA_SETS`.
        stored: its encoded texts.
        hypermodel: makes the models.
        limit: float, seconds of processor of a training at most.
    """

    name: str
    stored: EncodedTexts
    hypermodel: AttentionHyperModel
    limit: float

    @property
    def facts(self) -> dict[str, float]:
        """What is known of the set before any training."""
        train_part = self.stored.stores["train"]
        judged = self.stored.stores["validation"].labels
        return {
            "texts": len(train_part),
            "classes": self.hypermodel.classes,
            "median_tokens": float(np.median(train_part.lengths)),
            "unknown_share": round(float(self.stored.unknown_share), 4),
            "validation_texts": len(judged),
            "chance": round(float(np.bincount(judged).max() / len(judged)), 4),
        }

    def row(self, configuration: Configuration, seed: int) -> dict[str, Any]:
        """Trains a configuration and returns its row."""
        values = configuration.values(self.hypermodel.hyperparameters())
        about = {"set": self.name, "configuration": configuration.name, "seed": seed}
        about |= {"values": values, "facts": self.facts}
        before, began = load(), time.process_time()
        try:
            about |= self.trained(values, seed)
        except FailedTrialError as error:
            about["error"] = str(error)
        about["seconds"] = round(time.process_time() - began, 2)
        return about | {
            "date": datetime.date.today().isoformat(),
            "commit": commit(),
            "versions": package_versions(),
            "load": [before, load()],
        }

    def trained(self, values: Mapping[str, Any], seed: int) -> dict[str, Any]:
        """Trains values to their last epoch or the limit, and returns the curve."""
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        clock = Clock(self.limit)
        model = self.hypermodel.model(values)
        progress = train(
            model,
            self.stored.training(dict(values), seed),
            self.stored.validation(dict(values)),
            Schedule(values["epochs"], PATIENCE, "accuracy", checks=CHECKS),
            clock,
        )
        return {
            "parameters": model.count_params(),
            "stopped": progress.stopped,
            "curve": clock.curve(progress.history),
        }


class Clock(TrialCallbacks):
    """Takes the processor time of every evaluation, and ends a training at its limit.

    Args:
        limit: float, seconds of processor.
    """

    resume_interval = float("inf")

    def __init__(self, limit: float):
        self.limit = limit
        self.began = time.process_time()
        self.seconds: list[float] = []

    def should_stop(self) -> bool:
        return time.process_time() - self.began > self.limit

    def on_evaluated(self, epoch: int, metrics: dict) -> None:
        self.seconds.append(round(time.process_time() - self.began, 2))

    def curve(self, history: list[dict]) -> dict[str, list[float]]:
        """Returns a list of values of each measure, one an evaluation."""
        measures = ("epochs", "accuracy", "log_loss")
        measured = {name: [round(float(each[name]), 4) for each in history] for name in measures}
        return measured | {"seconds": self.seconds}


def recorder(name: str, seed: int, texts: int, limit: float, folder: Path) -> Recorder:
    """Encodes a set, learns its word vectors and returns its recorder.

    Args:
        name: key of `DATA_SETS`.
        seed: int, for the validation part.
        texts: int, training texts at most.
        limit: float, seconds of processor of a training at most.
        folder: keeps the encoded texts and vectors.
    """
    dataset = cut(replace(loaded(name, seed), test=None), texts)
    home = folder / f"{name}-{seed}-{texts}"
    stored = EncodedTexts.encode(dataset, home / "data")
    vectors = stored.vectors(home, WIDEST, seed, seconds=0.0)
    hypermodel = AttentionHyperModel(
        space=with_phrases(search_space(None, stored, EPOCHS)),
        vocabulary_size=stored.vocabulary_size,
        classes=len(dataset.classes),
        vectors=vectors,
        training_texts=stored.size("train"),
        parts=stored.vectorizer.subwords.tables,
    )
    return Recorder(name, stored, hypermodel, limit)


def cut(dataset: TextDataset, texts: int) -> TextDataset:
    """Returns a data set with so many training texts at most."""
    train_part = dataset.train
    if len(train_part) <= texts:
        return dataset
    order = np.random.default_rng(0).permutation(len(train_part))
    return replace(dataset, train=train_part.take(np.sort(order[:texts])))


def missing(rows: Path, sets: list[str], seeds: list[int]) -> Iterator[tuple]:
    """Yields set, configuration and seed of what has no row yet, in the order of recording."""
    known = {
        (name, row["configuration"], row["seed"])
        for name in sets
        for row in measured_rows(rows / f"{name}.jsonl")
    }
    for seed in seeds:
        for configuration in configurations():
            for name in sets:
                if (name, configuration.name, seed) not in known:
                    yield name, configuration, seed


def record(given: argparse.Namespace) -> None:
    """Records what is missing, until `--until` seconds have passed."""
    began = time.monotonic()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    opened = cache(lambda name: recorder(name, 0, given.texts, given.limit, given.cache))
    given.rows.mkdir(exist_ok=True)
    for name, configuration, seed in missing(given.rows, given.set, given.seed):
        while given.pause and given.pause.exists():
            time.sleep(1)
        if time.monotonic() - began > given.until:
            break
        row = opened(name).row(configuration, seed)
        add_row(given.rows / f"{name}.jsonl", row)
        best = max(row.get("curve", {}).get("accuracy", [0.0]))
        print(f"{name:17}{configuration.name:22}{best:.4f} {row['seconds']:6.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--set", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--seed", nargs="+", type=int, default=[0], help="of weights and batches")
    parser.add_argument("--texts", type=int, default=4000, help="training texts at most")
    parser.add_argument("--limit", type=float, default=30.0, help="seconds of a training at most")
    parser.add_argument("--until", type=float, default=1e9, help="seconds of recording in all")
    parser.add_argument("--pause", type=Path, metavar="FILE", help="wait while this file is there")
    parser.add_argument("--rows", type=Path, default=ROWS, metavar="FOLDER")
    usual = Path.home() / ".cache" / "attn_tuner_portfolio"
    parser.add_argument("--cache", type=Path, default=usual, metavar="FOLDER")
    record(parser.parse_args())


if __name__ == "__main__":
    main()
