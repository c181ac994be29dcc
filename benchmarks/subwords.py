"""What the parts of words are worth: the same training with words alone and with their parts.

    ATTN_TUNER_DATA=... python benchmarks/subwords.py [--data clinc150] [--seeds 0 1]

Every model has the default values of a search, no word vectors, and 8 epochs. A model is judged on
the validation part that a search would hold out of `train.csv`, by the epoch of its best accuracy;
no test part is read. Rows are kept in `subwords.jsonl`; what is there is not measured again.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

import keras
import numpy as np
from results import write_section

from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.inputs.prefetch import prefetch
from attn_tuner.metrics import columns_of, measure
from attn_tuner.search_defaults import search_space
from attn_tuner.text import load
from attn_tuner.text.subwords import TOKENS
from attn_tuner.tuning.encoded_data import EncodedData

DATA = ("tweeteval_irony", "tweeteval_offensive", "clinc150", "customer_reviews", "mpqa", "trec")
ROWS = Path(__file__).with_name("subwords.jsonl")
EPOCHS = 8
TITLE = "Words and their parts"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", default=DATA)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    arguments = parser.parse_args()
    rows = [json.loads(line) for line in ROWS.read_text().splitlines()] if ROWS.exists() else []
    done = {(row["data"], row["seed"], row["tokens"]) for row in rows}
    for name in arguments.data:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(os.environ["ATTN_TUNER_DATA"]) / name / "train.csv"
            stored = EncodedData.prepare(load(path, text="text", label="label"), folder + "/data")
            for seed in arguments.seeds:
                for tokens in TOKENS:
                    if (name, seed, tokens) not in done:
                        row = {"data": name, "seed": seed, "tokens": tokens}
                        rows.append(row | trained(stored, tokens, seed))
                        with ROWS.open("a") as file:
                            file.write(json.dumps(rows[-1]) + "\n")
                        print(rows[-1], flush=True)
    write_section(TITLE, table(rows))


def trained(stored: EncodedData, tokens: str, seed: int) -> dict:
    """Trains one model; returns its best validation accuracy, and its lowest log loss."""
    hypermodel = AttentionHyperModel(
        stored.vocabulary_size,
        int(stored.stores["train"].labels.max()) + 1,
        space=search_space(None, stored, EPOCHS),
        parts=stored.vectorizer.subwords.tables,
        training_texts=stored.size("train"),
        seed=seed,
    )
    values = {**hypermodel.space.defaults(), "epochs": EPOCHS, "tokens": tokens}
    model = hypermodel.model(values)
    batches, validation = stored.training(values, seed), stored.validation(values)
    began, found = time.process_time(), []
    for _ in range(EPOCHS):
        model.fit(prefetch(batches), verbose=0, shuffle=False)
        given = model.predict(prefetch(validation), verbose=0)
        answers = columns_of(validation.labels, validation.in_store_order(given))
        found.append(measure(validation.labels, answers, ["accuracy", "log_loss"]))
        batches.begin(len(found))
    keras.utils.clear_session()
    return {
        "accuracy": max(each["accuracy"] for each in found),
        "log_loss": min(each["log_loss"] for each in found),
        "seconds": time.process_time() - began,
        "parameters": model.count_params(),
        "texts": len(validation.labels),
        "unknown": stored.unknown_share,
    }


def table(rows: list[dict]) -> str:
    """The section: a row a data set, the mean over the seeds."""
    lines = [
        "`python benchmarks/subwords.py`: validation accuracy (best of 8 epochs) and lowest log "
        "loss, means over the seeds, of the same training with words alone and with the mean of "
        "their character n-grams beside them; no word vectors.",
        "",
        "| data | validation texts, unknown tokens | seeds | accuracy, words | with parts "
        "| gain by seed, points | log loss, words | with parts | processor seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row["data"] for row in rows):
        own = [row for row in rows if row["data"] == name]
        words, parts = ([row for row in own if row["tokens"] == tokens] for tokens in TOKENS)
        pairs = [(a, b) for a in words for b in parts if a["seed"] == b["seed"]]
        if not pairs:
            continue
        means = [
            [np.mean([pair[side][what] for pair in pairs]) for side in (0, 1)]
            for what in ("accuracy", "log_loss", "seconds")
        ]
        gains = ", ".join(f"{100 * (b['accuracy'] - a['accuracy']):+.1f}" for a, b in pairs)
        (accuracy, loss, seconds), first = means, own[0]
        lines.append(
            f"| {name} | {first['texts']:,}, {first['unknown']:.1%} | {len(pairs)} "
            f"| {accuracy[0]:.4f} | {accuracy[1]:.4f} | {gains} | {loss[0]:.3f} | {loss[1]:.3f} "
            f"| {seconds[0]:.0f}, {seconds[1]:.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
