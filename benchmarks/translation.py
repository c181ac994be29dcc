"""German to English on Multi30k: a search, one without attention, and a tutorial, in the same time.

    python benchmarks/translation.py [--minutes 60] [--who search none tutorial] [--seed 0]

Each reads the training part of Multi30k (Elliott et al. 2016), in `multi30k_de_en` below
`ATTN_TUNER_DATA`, and stops after so many minutes, export included. BLEU is that of sacrebleu on
the test part, in lower case: of all three, and of the references, the words are split as this
package splits them. Prints a line each, then BLEU by the length of the source. Run folders are
kept under --out, and a search that is there goes on.

`tutorial` is written by hand after the tutorials of Keras and TensorFlow on translation with
attention: words, a bidirectional GRU, a GRU decoder with additive attention (Bahdanau et al. 2015),
Adam, early stopping on the validation loss, greedy decoding.
"""

import argparse
import csv
import os
import time
from pathlib import Path

import keras
import numpy as np
from keras import layers

import attn_tuner
from attn_tuner.sequence_search.examples import by_length
from attn_tuner.sequence_search.text_metrics import measure_texts
from attn_tuner.text.tokenization import tokens

WORDS, EMBEDDING, UNITS, BATCH = 5_000, 256, 256, 64  # The tutorial's; its units are 256 in all.
LONGEST = 40  # Words of a text in the tutorial.
START, END = "[start]", "[end]"
PARTS = ("train", "validation", "test")


def main(given=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument(
        "--who",
        nargs="+",
        default=["search", "none", "tutorial"],
        choices=["search", "none", "tutorial"],
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--objective", default="chrf")
    parser.add_argument("--split", default="subword")
    parser.add_argument("--pairs", type=int, help="training pairs; all if not given")
    parser.add_argument("--out", type=Path, default=Path("runs/translation"))
    arguments = parser.parse_args(given)
    parts = read_parts(arguments.pairs)
    for who in arguments.who:
        load = os.getloadavg()[0]
        began = time.perf_counter()
        if who == "tutorial":
            written = tutorial(parts, 60 * arguments.minutes, arguments.seed)
            facts = ""
        else:
            written, facts = searched(who, parts, arguments)
        spent = time.perf_counter() - began
        say(who, parts["test"], written)
        print(f"    {facts}{spent:.0f} s, load {load:.1f} to {os.getloadavg()[0]:.1f}", flush=True)


def read_parts(most=None):
    """Role to (sources, targets)."""
    folder = Path(os.environ["ATTN_TUNER_DATA"]) / "multi30k_de_en"
    parts = {}
    for role in PARTS:
        with open(folder / f"{role}.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        rows = rows[:most] if role == "train" else rows
        parts[role] = [row["source"] for row in rows], [row["target"] for row in rows]
    return parts


def searched(who, parts, arguments):
    """What the best model of a search writes, and which it is."""
    result = attn_tuner.search(
        tuple(parts[role] for role in PARTS),
        task="sequence",
        split=arguments.split,
        objective=arguments.objective,
        max_time=60 * arguments.minutes,
        space={"attention": ["none"]} if who == "none" else None,
        seed=arguments.seed,
        directory=arguments.out / f"{who}-{arguments.minutes:g}-{arguments.seed}",
    )
    written = result.predict(parts["test"][0])
    outcome = result.run.outcome
    winner = next(each for each in result.run.records if each.trial_id == outcome["winner"])
    attention, width = winner.values["attention"], outcome["width"]["width"]
    return written, f"attention {attention}, beam {width}, {len(result.run.records)} trials, "


def say(who, part, written):
    """Prints the metrics of what was written, and BLEU by the length of the source."""
    sources, targets = part
    wanted = [plain(each) for each in targets]
    written = [plain(each) for each in written]
    found = measure_texts(written, wanted)
    line = ", ".join(f"{name} {value:.2f}" for name, value in found.items())
    print(f"{who:<9} {line}")
    lengths = [len(tokens(each)) for each in sources]
    for row in by_length(lengths, wanted, {who: written}):
        bleu = row["metrics"][who]["bleu"]
        print(f"    {row['from']:>2} to {row['to']:>2} words, {row['pairs']:>3}: BLEU {bleu:.2f}")


def plain(text):
    return " ".join(tokens(text))


class TimeLimit(keras.callbacks.Callback):
    """Stops a training at a time of `perf_counter`."""

    def __init__(self, end):
        super().__init__()
        self.end = end

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training |= time.perf_counter() > self.end


def tutorial(parts, seconds, seed):
    """What the tutorial's model writes for the test sources after so many seconds of training."""
    keras.utils.set_random_seed(seed)
    end = time.perf_counter() + 0.9 * seconds  # The rest is for decoding.
    sides = []
    for side, marks in ((0, ("", "")), (1, (f"{START} ", f" {END}"))):
        texts = {
            role: [f"{marks[0]}{plain(each)}{marks[1]}" for each in parts[role][side]]
            for role in PARTS
        }
        vectorize = layers.TextVectorization(
            WORDS, standardize=None, output_sequence_length=LONGEST + side
        )
        vectorize.adapt(texts["train"])
        ids = {role: np.asarray(vectorize(texts[role])) for role in PARTS}
        sides.append((vectorize.get_vocabulary(), ids))
    (_, source), (vocabulary, target) = sides
    encoder, decoder = tutorial_models()
    ids, words = keras.Input((LONGEST,), dtype="int32"), keras.Input((None,), dtype="int32")
    model = keras.Model([ids, words], decoder([words, encoder(ids), ids]))
    model.compile("adam", masked_loss)
    model.fit(
        [source["train"], target["train"][:, :-1]],
        target["train"][:, 1:],
        BATCH,
        epochs=1_000,
        validation_data=(
            [source["validation"], target["validation"][:, :-1]],
            target["validation"][:, 1:],
        ),
        callbacks=[
            TimeLimit(end),
            keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True),
        ],
        verbose=0,
    )
    return greedily(encoder, decoder, source["test"], vocabulary)


def tutorial_models():
    """The encoder, ids to states; and the decoder, words, states and ids to logits."""
    ids = keras.Input((LONGEST,), dtype="int32")
    embedded = layers.Embedding(WORDS, EMBEDDING, mask_zero=True)(ids)
    states = layers.Bidirectional(layers.GRU(UNITS, return_sequences=True), merge_mode="sum")(
        embedded
    )
    encoder = keras.Model(ids, states)
    words, given = keras.Input((None,), dtype="int32"), keras.Input((LONGEST, UNITS))
    read = keras.Input((LONGEST,), dtype="int32")
    # Padding stands behind the words, so that the GRU needs no mask.
    asked = layers.GRU(UNITS, return_sequences=True)(layers.Embedding(WORDS, EMBEDDING)(words))
    there = layers.Lambda(lambda each: keras.ops.not_equal(each, 0))(read)
    context = layers.AdditiveAttention()([asked, given], mask=[None, there])
    vectors = layers.LayerNormalization()(layers.Add()([asked, context]))
    return encoder, keras.Model([words, given, read], layers.Dense(WORDS)(vectors))


def masked_loss(wanted, logits):
    """The cross-entropy of all tokens but padding."""
    losses = keras.losses.sparse_categorical_crossentropy(wanted, logits, from_logits=True)
    there = keras.ops.cast(keras.ops.not_equal(wanted, 0), losses.dtype)
    return keras.ops.sum(losses * there) / keras.ops.sum(there)


def greedily(encoder, decoder, source, vocabulary):
    """The most likely word after those before it, until the end mark."""
    start, end = vocabulary.index(START), vocabulary.index(END)
    states = encoder.predict(source, verbose=0)
    words = np.full((len(source), 1), start, "int32")
    while words.shape[1] <= LONGEST and not (words == end).any(axis=1).all():
        logits = decoder.predict([words, states, source], BATCH, verbose=0)[:, -1]
        logits[:, 0] = -np.inf  # Padding is not written.
        words = np.concatenate([words, logits.argmax(-1)[:, None].astype("int32")], axis=1)
    found = []
    for row in words[:, 1:].tolist():
        kept = row[: row.index(end)] if end in row else row
        found.append(" ".join(vocabulary[each] for each in kept))
    return found


if __name__ == "__main__":
    main()
