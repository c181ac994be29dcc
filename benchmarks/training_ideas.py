"""What R-Drop, mixup, dropped frequent words and cuts add to the first points of a search.

    ATTN_TUNER_DATA=... TFDS_DATA_DIR=... python benchmarks/training_ideas.py [--set trec subj]
        [--models "no encoder" bigru] [--ideas none r_drop mixup] [--seeds 0 1] [--cache FOLDER]

Each idea changes a training step and nothing else; on TensorFlow, one thread:

- r_drop: every text is answered twice, with two draws of dropout, and half of
  KL(p || q) + KL(q || p) joins the mean of the two losses, with a weight. Liang et al. 2021,
  equation 4, https://arxiv.org/abs/2106.14448
- mixup: what the last layer reads of two texts is mixed, l h_i + (1 - l) h_j with l from
  Beta(a, a), and so is their loss. Guo et al. 2019, "sentence", https://arxiv.org/abs/1905.08941
- frequent: a word is read as unknown with the probability 1 - sqrt(t / f), f its share of all
  words, at most a half. Mikolov et al. 2013, equation 5, https://arxiv.org/abs/1310.4546
- cut: half of the texts of each batch are replaced by a run of 40 to 100 % of their words.
- running average: `use_ema`, a dimension of the search.

A set of more training texts than `--labelled` is cut to so many, class by class. Scores are of the
validation part that a search would hold out; the test part is not read. What has been measured is
kept in `training_ideas.jsonl`, and not measured again; the table has all that is there.
"""

import argparse
import tempfile
import time
from collections.abc import Iterable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from data_sets import DATA_SETS
from results import add_row, conditions, measured_rows, write_section
from unlabelled import EPOCHS, MODELS, built, encoded

from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.tuning.encoded_data import EncodedData
from attn_tuner.tuning.oracles.factory import FEW_TEXTS, FOR_FEW
from attn_tuner.tuning.trial.spec import Schedule
from attn_tuner.tuning.trial.training_loop import train

# Weight, parameter of the Beta distribution, t, share of the texts.
IDEAS = {
    "none": (0.0,),
    "r_drop": (1.0, 4.0),
    "mixup": (0.2, 1.0),
    "frequent": (1e-3,),
    "cut": (0.5,),
    "running average": (1.0,),
}
MEASURED = Path(__file__).with_name("training_ideas.jsonl")
KEY = ("set", "labelled", "model", "idea", "strength", "seed")
MOST_DROPPED = 0.5
SHORTEST_CUT = 0.4
_LEAST = 1e-7


class Changed(keras.Model):
    """A model whose training step is changed by one idea.

    Args:
        model: compiled Functional model of ids, whose last layer gives probabilities.
        idea: key of `IDEAS`.
        strength: float, of the idea.
        shares: `(words,)`, the share of each word in the training texts.
    """

    def __init__(self, model: keras.Model, idea: str, strength: float, shares: np.ndarray):
        super().__init__(model.inputs, model.outputs[0])
        self.idea, self.strength = idea, strength
        rare = 1.0 - np.sqrt(strength / np.maximum(shares, 1e-12))
        self.dropped = tf.constant(np.clip(rare, 0.0, MOST_DROPPED), "float32")
        self.answer_layer = model.layers[-1]
        self.context = keras.Model(model.inputs, model.layers[-1].input)
        self.mean_loss = keras.metrics.Mean(name="loss")
        self.compile(model.optimizer, model.loss, jit_compile=False)

    def train_step(self, data: Any) -> dict[str, Any]:
        ids, y, _ = keras.utils.unpack_x_y_sample_weight(data)
        ids = self._changed(ids[0] if isinstance(ids, list | tuple) else ids)
        with tf.GradientTape() as tape:
            loss = self._loss(ids, y)
        variables = self.trainable_variables
        slopes = tape.gradient(loss, variables)
        self.optimizer.apply_gradients(zip(slopes, variables, strict=True))
        self.mean_loss.update_state(loss)
        return {"loss": self.mean_loss.result()}

    def _changed(self, ids: tf.Tensor) -> tf.Tensor:
        if self.idea == "frequent":
            places = tf.minimum(ids, len(self.dropped) - 1)
            drawn = tf.random.uniform(tf.shape(ids)) < tf.gather(self.dropped, places)
            return tf.where(drawn & (ids > UNKNOWN), UNKNOWN, ids)
        if self.idea == "cut":
            return self._cut(ids)
        return ids

    def _cut(self, ids: tf.Tensor) -> tf.Tensor:
        words = tf.reduce_sum(tf.cast(ids != PADDING, tf.int32), axis=1, keepdims=True)
        share = tf.random.uniform(tf.shape(words), SHORTEST_CUT, 1.0)
        kept = tf.cast(tf.math.ceil(tf.cast(words, tf.float32) * share), tf.int32)
        room = tf.cast(words - kept + 1, tf.float32)
        start = tf.cast(tf.random.uniform(tf.shape(words)) * room, tf.int32)
        places = tf.range(tf.shape(ids)[1])[None]
        outside = (places < start) | (places >= start + kept)
        chosen = tf.random.uniform(tf.shape(words)) < self.strength
        return tf.where(chosen & outside, PADDING, ids)

    def _loss(self, ids: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        if self.idea == "mixup":
            return self._mixed(ids, y)
        answers = self(ids, training=True)
        loss = tf.reduce_mean(self._loss_of_each(y, answers))
        if self.idea != "r_drop":
            return loss
        again = self(ids, training=True)
        both = (loss + tf.reduce_mean(self._loss_of_each(y, again))) / 2
        p, q = distributions(answers), distributions(again)
        apart = tf.reduce_sum((p - q) * (tf.math.log(p) - tf.math.log(q)), axis=1) / 2
        return both + self.strength / 2 * tf.reduce_mean(apart)

    def _mixed(self, ids: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
        context = self.context(ids, training=True)
        size = tf.shape(context)[0]
        one, other = (tf.random.gamma((size, 1), self.strength) + _LEAST for _ in range(2))
        share = one / (one + other)
        order = tf.random.shuffle(tf.range(size))
        answers = self.answer_layer(share * context + (1 - share) * tf.gather(context, order))
        losses = share[:, 0] * self._loss_of_each(y, answers)
        losses += (1 - share[:, 0]) * self._loss_of_each(tf.gather(y, order), answers)
        return tf.reduce_mean(losses)

    def _loss_of_each(self, y: tf.Tensor, answers: tf.Tensor) -> tf.Tensor:
        if answers.shape[-1] == 1:
            targets = tf.reshape(tf.cast(y, answers.dtype), (-1, 1))
            return keras.losses.binary_crossentropy(targets, answers)
        return keras.losses.sparse_categorical_crossentropy(y, answers)


def distributions(answers: tf.Tensor) -> tf.Tensor:
    """Returns probabilities of all classes, `(batch, classes)`, none of them 0."""
    if answers.shape[-1] == 1:
        answers = tf.concat([1.0 - answers, answers], axis=1)
    return tf.clip_by_value(answers, _LEAST, 1.0)


def measured(stored: EncodedData, vectors: np.ndarray, cell: Mapping[str, Any]) -> dict[str, float]:
    """Trains one point of a set by one idea; scores of its best epoch, and seconds.

    Args:
        stored: the encoded set.
        vectors: its word vectors.
        cell: what is measured, by `KEY`.
    """
    train_part = stored.stores["train"]
    few = FOR_FEW if len(train_part) < FEW_TEXTS else {}
    own = {**few, **MODELS[cell["model"]], "use_ema": cell["idea"] == "running average"}
    model, values = built(stored, vectors, own, cell["seed"])
    words = np.bincount(np.asarray(train_part.ids), minlength=stored.vocabulary_size)
    if cell["idea"] not in ("none", "running average"):
        model = Changed(model, cell["idea"], cell["strength"], words / words.sum())
    begun = time.process_time()
    data = (stored.training(values, cell["seed"]), stored.validation(values))
    progress = train(model, *data, Schedule(epochs=EPOCHS, patience=EPOCHS))
    best = progress.best_measures
    return {
        "accuracy": best["accuracy"],
        "log_loss": min(each["log_loss"] for each in progress.history),
        "epochs": best["epochs"],
        "seconds": round(time.process_time() - begun, 1),
    }


def measure_set(given: argparse.Namespace, name: str) -> None:
    """Measures what is not known of a set, and writes each row to the file.

    Args:
        given: the arguments.
        name: key of `DATA_SETS`.
    """
    done = {tuple(each[key] for key in KEY) for each in measured_rows(MEASURED)}
    cells = [
        (name, given.labelled, model, idea, strength, seed)
        for seed, model, idea in product(given.seeds, given.models, given.ideas)
        for strength in IDEAS[idea]
    ]
    cells = [cell for cell in cells if cell not in done]
    if not cells:
        return
    stored, vectors = encoded(name, given.labelled, Path(given.cache or tempfile.mkdtemp()))
    for cell in cells:
        row = dict(zip(KEY, cell, strict=True))
        add_row(MEASURED, row | measured(stored, vectors, row) | conditions())
        print(*cell, flush=True)


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Writes the table: means over the seeds, and what an idea gains over none.

    Args:
        rows: as `training_ideas.jsonl` has them.
    """
    groups: dict[tuple, dict[int, Mapping]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in KEY[:-1]), {})[row["seed"]] = row
    head = "| data, labelled | model | idea | strength | seeds | accuracy | gain | log loss | "
    lines = [head + "gain | seconds |", "|---|---|---|" + "---:|" * 7]
    gained: dict[tuple, list[tuple[float, float]]] = {}
    for (name, labelled, model, idea, strength), found in sorted(groups.items()):
        plain = groups[name, labelled, model, "none", 0.0]
        pairs = [(plain[seed], found[seed]) for seed in found if seed in plain]
        gains = [100 * (new["accuracy"] - old["accuracy"]) for old, new in pairs]
        losses = [new["log_loss"] - old["log_loss"] for old, new in pairs]
        accuracy, log_loss, seconds = (
            np.mean([each[key] for each in found.values()])
            for key in ("accuracy", "log_loss", "seconds")
        )
        gained.setdefault((idea, strength), []).append((np.mean(gains), np.mean(losses)))
        lines.append(
            f"| {DATA_SETS[name].title}, {labelled:,} | {model} | {idea} | {strength:g} | "
            f"{len(found)} | {accuracy:.4f} | {np.mean(gains):+.1f} | {log_loss:.4f} | "
            f"{np.mean(losses):+.4f} | {seconds:.0f} |"
        )
    lines += ["", "| idea | strength | sets and models | accuracy, points | log loss |"]
    lines += ["|---|---:|---:|---:|---:|"]
    for (idea, strength), each in gained.items():
        (accuracy, error), (log_loss, spread) = (
            mean_and_error(column) for column in zip(*each, strict=True)
        )
        lines.append(
            f"| {idea} | {strength:g} | {len(each)} | {accuracy:+.2f} ± {error:.2f} | "
            f"{log_loss:+.4f} ± {spread:.4f} |"
        )
    return "\n".join(lines)


def mean_and_error(numbers: Iterable[float]) -> tuple[float, float]:
    """Returns the mean and its standard error."""
    numbers = np.array(list(numbers))
    return numbers.mean(), numbers.std(ddof=1) / np.sqrt(len(numbers)) if len(numbers) > 1 else 0.0


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--set", nargs="*", choices=DATA_SETS, default=["trec", "subj", "imdb"])
    reader.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    reader.add_argument("--ideas", nargs="+", choices=IDEAS, default=list(IDEAS))
    reader.add_argument("--seeds", nargs="+", type=int, default=[0, 1])
    reader.add_argument("--labelled", type=int, default=5_000, help="training texts at most")
    reader.add_argument("--cache", help="keeps encoded texts and word vectors")
    reader.add_argument("--only-measure", action="store_true", help="leaves RESULTS.md as it is")
    given = reader.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for name in given.set:
        measure_set(given, name)
    if given.only_measure:
        return
    explained = (
        "`benchmarks/training_ideas.py`: the first points of a search, their training step changed "
        "by one idea. Validation scores of the best epoch, means over the seeds; a gain is over "
        "the same model and seed without. The second table has means over sets and models, with "
        "the standard error over these. None gains two standard errors of accuracy over three "
        "sets but the running average, which is a dimension of the search, so none was built."
    )
    rows = table(measured_rows(MEASURED))
    write_section("Changed training steps", f"{explained}\n\n{rows}")


if __name__ == "__main__":
    main()
