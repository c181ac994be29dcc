"""What the features of regions add to the first points of a search, alone and in an average.

    ATTN_TUNER_DATA=... TFDS_DATA_DIR=... python benchmarks/regions.py [--set trec subj]
        [--models 'no encoder' bigru] [--seeds 0 1] [--cache FOLDER]

Each point is trained without regions and with them; of texts with fewer than a million tokens
regions add up the usual word vectors, as none are learnt for them. Scores are of the validation
part that a search would hold out; the test part is not read. Answers are kept in the folder, and
their scores in `regions.jsonl`: what has been measured is not measured again.
"""

import argparse
import json
import tempfile
import time
from itertools import combinations, product
from pathlib import Path

import numpy as np
import tensorflow as tf
from data_sets import DATA_SETS
from results import measured_rows, write_section
from unlabelled import FEW_TEXTS, FOR_FEW, MODELS, Schedule, built, encoded, train

from attn_tuner.inputs.predictor import Predictor
from attn_tuner.metrics import columns_of, measure
from attn_tuner.model_space import REGION_SIZES
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.oracles.factory import KNOWN_GOOD

ALL = 10**9  # Training texts: each has its label.
POINTS = {**MODELS, "bigru, adversarial": KNOWN_GOOD[3]}  # Each with regions and without.
SCORES = ("accuracy", "log_loss")
MEASURED = Path(__file__).with_name("regions.jsonl")
KEY = ("set", "model", "region_size", "seed")
FOUND = """
Regions add up learnt vectors on IMDb, and those of the embedding on TREC and on subjectivity, which
have fewer than a million tokens.

Why regions are learnt, and why first points have them by turns: a bidirectional GRU of 64 units
with pairs of words and adversarial training (norms of 1 to 2), written anew in JAX for this and
trained on one NVIDIA H200, 17,391 of IMDb's texts of at most 400 tokens, 5 epochs; word vectors of
regions of 5 tokens learnt from all texts, 10 passes; 7,486 other training texts, after the last
epoch. Means of the answers of two models of different seeds; all pairs of the trained models.

| two models | pairs | accuracy | log loss |
|---|---|---|---|
| both without regions | 6 | 0.9236 | 0.1980 |
| one with regions | 16 | 0.9271 | 0.1909 |
| both with regions | 8 | 0.9217 | 0.1989 |

Alone the GRU gained nothing there (0.9216 to 0.9239 without, 0.9193 to 0.9231 with). The model
without an encoder did, by how its vectors were learnt; means of three seeds, but of one in the
first two lines:

| vectors of regions | accuracy | log loss |
|---|---|---|
| no regions | 0.9066 | 0.241 |
| skip-grams, those of the embedding | 0.9139 | not kept |
| learnt in 3 passes, 64 texts and 256 random words a step | 0.9122 | 0.231 |
| the same with 1,024 random words | 0.9146 | 0.221 |
| the same, 4 passes | 0.9163 | 0.219 |
| the same, 10 passes | 0.9174 | 0.218 |
| 4 passes, regions of 3 tokens | 0.9109 | 0.227 |
| 4 passes, regions of 9 tokens | 0.9155 | 0.217 |
| 4 passes, 64 columns | 0.9135 | 0.224 |
| 4 passes, 256 columns | 0.9161 | 0.219 |

What learnt vectors of 128 columns did for the model without an encoder of a search, on one
processor, before they were made a part of it; validation accuracy of the best epoch and lowest log
loss, means of two seeds, of IMDb three:

| data | without | with | log loss | with |
|---|---|---|---|---|
| IMDb, 20 million tokens | 0.9138 | 0.9167 | 0.225 | 0.222 |
| TREC, 0.05 million | 0.8205 | 0.8315 | 0.527 | 0.479 |
| subjectivity | 0.9368 | 0.9362 | 0.183 | 0.180 |
| tweets, offensive | 0.7743 | 0.7682 | 0.489 | 0.506 |
| hotel reviews, regions of 5 characters | 0.8805 | 0.8822 | 0.271 | 0.269 |

So a search learns them from a million tokens and more, and not of characters. On fewer, regions
add up the vectors of the embedding, and are left to the sampler.

In an hour of IMDb (the row with a teacher, seed 21) the GRU with adversarial training and no
regions had 0.9296 on validation and 0.9223 on the test part, its log loss there 0.1985. The same
point with regions, trained afterwards on the same texts for 29 minutes, had 0.9292, 0.9242 and
0.1984. The average of that hour, 0.9247 and 0.1935, would have had 0.9260 and 0.1916 with it as a
sixth member, weights by validation. So that point has been among the first since."""


def answers_of(
    stored: EncodedData, vectors: np.ndarray, regions: np.ndarray | None, cell: dict
) -> tuple[np.ndarray, np.ndarray, float]:
    """Trains a point; its answers to the validation texts, their labels, and processor seconds."""
    few = FOR_FEW if stored.size("train") < FEW_TEXTS else {}
    own = {**few, **POINTS[cell["model"]], "region_size": cell["region_size"]}
    model, values = built(stored, vectors, own, cell["seed"], regions=regions)
    begun = time.process_time()
    validation = stored.validation(values)
    train(model, stored.training(values, cell["seed"]), validation, Schedule(values["epochs"]))
    seconds = time.process_time() - begun
    labels = np.asarray(validation.labels)
    return columns_of(labels, Predictor(model).in_store_order(validation)), labels, seconds


def measure_set(given: argparse.Namespace, name: str, cache: Path) -> None:
    """Measures the cells of a set that are not known, and writes each to the file."""
    done = {tuple(each[key] for key in KEY) for each in measured_rows(MEASURED)}
    places = product([name], given.models, REGION_SIZES, given.seeds)
    left = [dict(zip(KEY, place, strict=True)) for place in places if place not in done]
    if not left:
        return
    stored, vectors = encoded(name, ALL, cache)
    regions = stored.region_vectors(cache / name / "data", REGION_SIZES[1], 0, None)
    for cell in left:
        answers, labels, seconds = answers_of(stored, vectors, regions, cell)
        np.savez(answers_file(cache, cell), answers=answers, labels=labels)
        row = {**cell, **measure(labels, answers, SCORES), "seconds": seconds}
        with MEASURED.open("a", encoding="utf-8") as file:
            print(json.dumps(row), file=file)
        print(json.dumps(row), flush=True)


def answers_file(cache: Path, cell: dict) -> Path:
    """Where the answers of a trained point are kept."""
    place = "-".join(str(cell[key]).replace(" ", "_") for key in KEY[1:])
    return cache / cell["set"] / f"answers-{place}.npz"


def averages(name: str, cache: Path) -> None:
    """Writes the scores of the averages of two models of a set that differ in point or seed."""
    done = [each for each in measured_rows(MEASURED) if each["set"] == name]
    kept = [each for each in done if "beside" not in each and answers_file(cache, each).exists()]
    known = {(*(each[key] for key in KEY), *each["beside"]) for each in done if "beside" in each}
    for first, second in combinations(kept, 2):
        first, second = sorted((first, second), key=point_of)
        beside = point_of(second)
        if (name, *point_of(first), *beside) in known:
            continue
        parts = [np.load(answers_file(cache, each)) for each in (first, second)]
        mean = (parts[0]["answers"] + parts[1]["answers"]) / 2
        scores = measure(parts[0]["labels"], mean, SCORES)
        row = {**{key: first[key] for key in KEY}, "beside": beside, **scores}
        with MEASURED.open("a", encoding="utf-8") as file:
            print(json.dumps(row), file=file)


def point_of(cell: dict) -> list:
    """What tells a model of a set from the others."""
    return [cell[key] for key in KEY[1:]]


def rows() -> list[str]:
    """Lines of the table: means over the seeds."""
    groups: dict[tuple, list[dict]] = {}
    for each in measured_rows(MEASURED):
        beside = "{}, {}".format(*each["beside"]) if "beside" in each else ""
        key = (each["set"], each["model"], each["region_size"], beside)
        groups.setdefault(key, []).append(each)
    lines = []
    for (name, model, region_size, beside), found in sorted(groups.items()):
        accuracy, log_loss = (np.mean([each[score] for each in found]) for score in SCORES)
        seconds = "" if beside else f"{np.mean([each['seconds'] for each in found]):.0f}"
        lines.append(
            f"| {DATA_SETS[name].title} | {model}, {region_size} | {beside} | {len(found)} | "
            f"{accuracy:.4f} | {log_loss:.4f} | {seconds} |"
        )
    return lines


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--set", nargs="*", choices=DATA_SETS, default=["trec", "subj"])
    reader.add_argument("--models", nargs="+", choices=POINTS, default=list(POINTS))
    reader.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    reader.add_argument("--cache", help="keeps encoded texts, word vectors and answers")
    reader.add_argument("--only-measure", action="store_true", help="leaves RESULTS.md as it is")
    given = reader.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    cache = Path(given.cache or tempfile.mkdtemp())
    for name in given.set:
        measure_set(given, name, cache)
        averages(name, cache)
    if given.only_measure:
        return
    write_section(
        "Features of regions",
        "`python benchmarks/regions.py`: the first points of a search, without the features of "
        "regions (0) and with regions of 5 tokens, on one thread. Validation scores of the best "
        "epoch, means over the trained models; with another point beside it, of the mean of the "
        "answers of both, over all pairs of them; processor seconds of a training.\n\n"
        "| data | point, region | beside | models | accuracy | log loss | seconds |\n"
        "|---|---|---|---|---|---|---|\n" + "\n".join(rows()) + "\n" + FOUND,
    )


if __name__ == "__main__":
    main()
