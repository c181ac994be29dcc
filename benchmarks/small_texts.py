"""What cross-validation is worth where texts are few: models of folds, or trainings on all texts.

    ATTN_TUNER_DATA=... python benchmarks/small_texts.py run [--data irony trec] [--seeds 0 1]
    python benchmarks/small_texts.py table

Of `train.csv` a part is held out and measured, the rest is what a search would be given; the test
part is not read. A model with the default values of a search, without word vectors, is trained once
on the training part, its epochs chosen by the validation part. Then five models are trained on all
texts with fresh seeds, and five on four fifths of them each. The share of the linear model is
chosen by the validation texts, or by answers to all texts that their models have not learnt from.
Rows are kept in `small_texts.jsonl`; what is there is not measured again.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from data_sets import DATA_SETS, labelled, source, write_labelled
from results import add_row, conditions, measured_rows, table_of, write_section
from sklearn.model_selection import train_test_split

from attn_tuner.baselines.baselines import linear_baseline
from attn_tuner.baselines.folds import cross_validation_folds
from attn_tuner.finalizing.averages import SHARES
from attn_tuner.finalizing.candidates import predict_batches
from attn_tuner.finalizing.rating import Rating
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.inputs.prefetch import prefetch
from attn_tuner.metrics import columns_of, measure
from attn_tuner.search_defaults import search_space
from attn_tuner.text import load
from attn_tuner.training.row_adamw import swap_averages
from attn_tuner.tuning.encoded_data import EVALUATION_BATCH, EncodedData

DATA = ("customer_reviews", "irony", "trec", "mpqa")
TEXTS = {"trec": 1_000, "mpqa": 1_000}  # That a search is given; of the others 70 %.
MOST_HELD = 2_000
EPOCHS, FOLDS = 6, 5
ROWS = Path(__file__).with_name("small_texts.jsonl")
TITLE = "Cross-validation of few texts"
FOUND = """\
Against as many trainings on all texts, models of folds have 1.1, -0.1 and -2.2 points of accuracy
without the linear model, and -0.3, -0.5 and -0.5 with it, where one point is 9, 11 and 20 texts:
with 990 questions, training on four fifths of them costs more accuracy than cross-validation gains.
On customer reviews they took 34.6 processor seconds, and the others 38.8. A share of the linear
model by answers of the folds, and not by the validation texts, gained 0.7, 1.2 and 0.0 points for
five models on all texts, within chance for one seed. So searches of texts have no cross-validation.
Not measured: whole searches in the same time, MPQA, a second seed. The epochs of TREC are the most
that were tried, 6."""
WAYS = (
    "one training on all",
    "five on all",
    "five on folds",
    "linear model",
    "five on all, linear by validation",
    "five on all, linear by folds",
    "five on folds, linear by folds",
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["run", "table"])
    parser.add_argument("--data", nargs="+", default=DATA)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    arguments = parser.parse_args()
    rows = measured_rows(ROWS)
    if arguments.what == "table":
        return write_section(TITLE, table(rows))
    done = {(row["data"], row["seed"]) for row in rows}
    for seed in arguments.seeds:
        for name in arguments.data:
            if (name, seed) not in done:
                row = measured(name, seed) | conditions()
                add_row(ROWS, row)
                print(row, flush=True)


@dataclass
class Trainer:
    """Trains models of default values on parts of the texts that a search is given."""

    stored: EncodedData
    seed: int

    def __post_init__(self):
        train, validation = self.stored.stores["train"], self.stored.stores["validation"]
        self.both = type(train).concatenate([train, validation])
        self.labels = np.asarray(self.both.labels)
        self.classes = int(self.labels.max()) + 1
        self.learnt = np.arange(len(train))
        self.held = np.arange(len(train), len(self.both))
        self.hypermodel = AttentionHyperModel(
            self.stored.vocabulary_size,
            self.classes,
            space=search_space(None, self.stored, EPOCHS),
            parts=self.stored.vectorizer.subwords.tables,
            training_texts=len(train),
            seed=self.seed,
        )
        self.values = {**self.hypermodel.space.defaults(), "epochs": EPOCHS}

    def fit(self, rows, seed, epochs, watched=None):
        """Returns the model, and its answers to the watched texts after each epoch."""
        keras.utils.clear_session()
        keras.utils.set_random_seed(seed)
        self.hypermodel.training_texts = len(rows)
        model, found = self.hypermodel.model(self.values), []
        batches = self.stored.shuffled(self.both, self.values, seed, rows)
        for epoch in range(epochs):
            model.fit(prefetch(batches), verbose=0, shuffle=False)
            batches.begin(epoch + 1)
            if watched is not None:
                found.append(self.ask(model, self.both, watched))
        swap_averages(model)
        return model, found

    def ask(self, model, store, rows=None):
        rows = np.arange(len(store)) if rows is None else rows
        options = {"shuffle": False, "rows": rows}
        asked = self.stored.batches(store, self.values, EVALUATION_BATCH, **options)
        return columns_of(store.labels, predict_batches(model, asked))


def measured(name: str, seed: int) -> dict:
    """Trains the models of a set and measures every way to combine them."""
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        stored = EncodedData.prepare(divided(name, seed, Path(folder)), folder + "/data")
        trainer, test = Trainer(stored, seed), stored.stores["test"]
        labels, folds = trainer.labels, cross_validation_folds(trainer.labels, seed, count=FOLDS)
        watched = trainer.fit(trainer.learnt, seed, EPOCHS, trainer.held)[1]
        losses = [measure(labels[trainer.held], each, {"log_loss"}) for each in watched]
        best = int(np.argmin([each["log_loss"] for each in losses]))
        again = [
            trainer.ask(trainer.fit(np.arange(len(labels)), 100 * seed + place, best + 1)[0], test)
            for place in range(FOLDS)
        ]
        of_folds, out_of_fold = [], np.zeros((len(labels), trainer.classes))
        linear_out_of_fold = np.zeros_like(out_of_fold)
        whole = linear(trainer, trainer.learnt, {"validation": trainer.held})
        for place, (learnt, held) in enumerate(folds):
            model = trainer.fit(learnt, 100 * seed + 50 + place, best + 1)[0]
            out_of_fold[held] = trainer.ask(model, trainer.both, held)
            of_folds.append(trainer.ask(model, test))
            fitted = linear(trainer, learnt, {"validation": held}, whole.learnt)
            linear_out_of_fold[held] = fitted.probabilities["validation"]
        everything = np.arange(len(labels))
        final = linear(trainer, everything, {"validation": trainer.held}, whole.learnt, test)
    own = labels[trainer.held], watched[best], whole.probabilities["validation"]
    by_validation, by_folds = share(*own), share(labels, out_of_fold, linear_out_of_fold)
    beside, five, other = final.probabilities["test"], np.mean(again, 0), np.mean(of_folds, 0)
    answers = (again[0], five, other, beside) + (
        mixed(five, beside, by_validation),
        mixed(five, beside, by_folds),
        mixed(other, beside, by_folds),
    )
    facts = {"data": name, "seed": seed, "texts": len(labels), "held": len(test)}
    facts |= {"epochs": best + 1, "seconds": round(time.process_time() - began, 1)}
    facts |= {"share by validation": by_validation, "share by folds": by_folds}
    for way, each in zip(WAYS, answers, strict=True):
        found = measure(test.labels, each, {"accuracy", "log_loss"})
        facts[way] = [round(found["accuracy"], 4), round(found["log_loss"], 4)]
    return facts


def divided(name: str, seed: int, folder: Path):
    """Writes the texts that a search is given and those held out, and loads them."""
    rows = labelled(source(name)["data"])
    many = TEXTS.get(name, int(0.7 * len(rows)))
    parts = train_test_split(
        rows,
        train_size=many,
        test_size=min(len(rows) - many, MOST_HELD),
        random_state=seed,
        stratify=[label for _, label in rows],
    )
    train, test = (
        write_labelled(folder / f"{part}.csv", own)
        for part, own in zip(("train", "test"), parts, strict=True)
    )
    return load(train, test=test, text="text", label="label", seed=seed)


def linear(trainer, learnt, asked, like=None, test=None):
    """The linear baseline of some texts, asked others."""
    parts = {role: trainer.both.take(rows) for role, rows in asked.items()}
    parts |= {} if test is None else {"test": test}
    return linear_baseline(trainer.both.take(learnt), parts, trainer.classes, like=like)


def share(labels, answers, others) -> float:
    """The share of the linear model with the lowest log loss."""
    rate = Rating(labels, "log_loss")
    return max((0.0, *SHARES), key=lambda each: rate(mixed(answers, others, each)))


def mixed(answers, others, part):
    return (1 - part) * answers + part * others


def table(rows: list[dict]) -> str:
    """Returns the section: a row for each set and seed, a column for each way."""
    lines = [
        f"| {DATA_SETS[row['data']].title}, {row['seed']} | {row['texts']:,}, {row['held']:,} | "
        + " | ".join(f"{row[way][0]:.4f}, {row[way][1]:.3f}" for way in WAYS)
        + " |"
        for row in rows
    ]
    means = np.mean([[row[way] for way in WAYS] for row in rows], axis=0)
    lines.append("| mean | | " + " | ".join(f"{a:.4f}, {b:.3f}" for a, b in means) + " |")
    intro = (
        "`benchmarks/small_texts.py`: accuracy and log loss on texts of `train.csv` that are held "
        "out; a row for each set and seed. No test part is read."
    )
    return f"{intro}\n\n{table_of(['texts, held out', *WAYS], lines)}\n\n{FOUND}"


if __name__ == "__main__":
    main()
