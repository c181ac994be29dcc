"""What hashed n-grams add: the first points of a search with n-grams of up to 1, 2 and 3 tokens.

    ATTN_TUNER_DATA=... TFDS_DATA_DIR=... python benchmarks/ngrams.py [--set trec imdb]

Scores are of the validation part that a search would hold out; the test part is not read.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from data_sets import DATA_SETS, loaded
from results import write_section

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.search_defaults import search_space
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.oracles.factory import FEW_TEXTS, FOR_FEW, KNOWN_GOOD
from attn_tuner.tuning.trial.spec import Schedule
from attn_tuner.tuning.trial.training_loop import train

EPOCHS = 8
MODELS = {"no encoder": KNOWN_GOOD[0], "bigru": KNOWN_GOOD[1]}


@dataclass(frozen=True)
class Measured:
    """Validation scores of one training, and what it took.

    Args:
        accuracy, log_loss: of its best epoch.
        seconds: of the processor, evaluations included.
    """

    accuracy: float
    log_loss: float
    seconds: float


def trained(
    stored: EncodedData, vectors: np.ndarray, classes: int, point: dict, seed: int
) -> Measured:
    """Trains one point of the default space of a set."""
    space = search_space(None, stored, EPOCHS)
    few = FOR_FEW if stored.size("train") < FEW_TEXTS else {}
    values = {**space.defaults(), **few, **point}
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    hypermodel = AttentionHyperModel(
        stored.vocabulary_size,
        classes,
        space=space,
        vectors=vectors,
        parts=stored.vectorizer.subwords.tables,
        training_texts=stored.size("train"),
    )
    begun = time.process_time()
    schedule = Schedule(epochs=values["epochs"])
    model = hypermodel.model(values)
    progress = train(model, stored.training(values, seed), stored.validation(values), schedule)
    best = progress.best_measures
    return Measured(best["accuracy"], best["log_loss"], time.process_time() - begun)


def rows(name: str, seeds: int, models: list[str]) -> list[str]:
    """Lines of the table for one set."""
    dataset = loaded(name, 0)
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        stored = EncodedData.prepare(dataset, Path(folder) / "data", False, print)
        vectors = stored.vectors(folder, 128, 0, None)
        for model in models:
            for longest in (1, 2, 3):
                point = {**MODELS[model], "hashed_ngrams": longest}
                found = [
                    trained(stored, vectors, len(dataset.classes), point, seed)
                    for seed in range(seeds)
                ]
                mean = [
                    np.mean([getattr(each, key) for each in found])
                    for key in ("accuracy", "log_loss", "seconds")
                ]
                title = f"{DATA_SETS[name].title}, {model}"
                lines.append(
                    f"| {title} | {longest} | {mean[0]:.4f} | {mean[1]:.4f} | {mean[2]:.0f} |"
                )
                print(lines[-1], flush=True)
    return lines


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--set", nargs="+", choices=DATA_SETS, default=["trec", "subj", "clinc150"])
    reader.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    reader.add_argument("--seeds", type=int, default=2)
    given = reader.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    lines = [line for name in given.set for line in rows(name, given.seeds, given.models)]
    write_section(
        "Hashed n-grams",
        f"`python benchmarks/ngrams.py --set {' '.join(given.set)}`: the first points of a search "
        "with n-grams of up to so many tokens, on one thread. Validation scores of the best epoch, "
        f"means over {given.seeds} seeds, and processor seconds of a training.\n\n"
        "| data, model | longest | accuracy | log loss | seconds |\n|---|---|---|---|---|\n"
        + "\n".join(lines),
    )


if __name__ == "__main__":
    main()
