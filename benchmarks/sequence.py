"""What attention between encoder and decoder is worth on the dates, in the same time.

    python benchmarks/sequence.py [--attentions additive none] [--seconds 120] [--seeds 0]

Each model has the default values of the space and the attention named. It is trained for so many
seconds on the training part of the dates corpus, and measured on the test part: how many dates are
written without a mistake by greedy decoding, and which share of the alignment lies on the
characters that decide the part of the date that is being written. Prints a line each.
"""

import argparse
import os
import time

import keras
import numpy as np
import tensorflow as tf

from attn_tuner.sequence import PairVocabularies, SequenceHyperModel, Translator
from attn_tuner.text.dates_corpus import PARTS, dates_corpus

MARK = 1  # The start mark stands in front of the first character of a source.


class TimeLimit(keras.callbacks.Callback):
    """Stops a training after so many seconds, the first batch, which is traced, included."""

    def __init__(self, seconds):
        super().__init__()
        self.end = time.perf_counter() + seconds

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = time.perf_counter() > self.end

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = time.perf_counter() > self.end


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attentions", nargs="+", default=["additive", "none"])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    corpus = dates_corpus()
    vocabularies = PairVocabularies.build(*texts(corpus["train"]))
    for seed in arguments.seeds:
        for attention in arguments.attentions:
            load = os.getloadavg()[0]
            model, epochs = trained(corpus, vocabularies, attention, arguments.seconds, seed)
            exact, mass = measured(Translator(model, vocabularies), corpus["test"])
            print(
                f"{attention:<12} seed {seed}: exact match {exact:.4f}, alignment on the span "
                f"{mass:.3f}, {epochs} epochs in {arguments.seconds:.0f} s, load {load:.1f} to "
                f"{os.getloadavg()[0]:.1f}",
                flush=True,
            )


def texts(part):
    return [pair.source for pair in part], [pair.target for pair in part]


def trained(corpus, vocabularies, attention, seconds, seed):
    """A model after so many seconds of training, and the epochs that it had."""
    sizes = (len(vocabularies.source), len(vocabularies.target))
    model = SequenceHyperModel(*sizes, seed=seed).model({"attention": attention})
    x, y = vocabularies.arrays(*texts(corpus["train"]))
    history = model.fit(
        x, y, batch_size=64, epochs=10_000, verbose=0, callbacks=[TimeLimit(seconds)]
    )
    return model, len(history.epoch)


def measured(translator, pairs):
    """The share of dates without a mistake, and of the alignment on the characters that decide."""
    sources, targets = texts(pairs)
    found = translator.explain(tf.constant(sources))
    written = [each.decode() for each in found["text"].numpy()]
    exact = np.mean([one == other for one, other in zip(written, targets, strict=True)])
    shares = []
    for pair, alignment in zip(pairs, found["alignment"].numpy(), strict=True):
        for part, (first, last) in PARTS.items():
            start, end = pair.spans[part]
            rows = alignment[first:last]
            shares.append(rows[:, start + MARK : end + MARK].sum() / max(rows.sum(), 1e-9))
    return exact, np.mean(shares)


if __name__ == "__main__":
    main()
