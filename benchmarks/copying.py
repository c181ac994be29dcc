"""What copying is worth on the orders, in the same time: with known names and with new ones.

    python benchmarks/copying.py [--seconds 60] [--seeds 0]

Models of words with the default values of the space, with and without `copy`, are trained for so
many seconds on the training part of the orders corpus. Measured is how many lines greedy decoding
writes without a mistake: of the test part, and of the same orders with last names that are not in
the training part. Prints a line each.
"""

import argparse
import os

from sequence import TimeLimit, texts

from attn_tuner.sequence import PairVocabularies, SequenceHyperModel, Translator
from attn_tuner.sequence_search.text_metrics import exact_match
from attn_tuner.text.orders_corpus import orders_corpus

BATCH = 128
NEW_NAMES = {
    "Bauer": "Quist",
    "Costa": "Zebrowski",
    "Lindholm": "Abernathy",
    "Okafor": "Yilmaz",
    "Novak": "Dupont",
    "Moreau": "Hansen",
    "Tanaka": "Ferraro",
    "Rossi": "Kowal",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    arguments = parser.parse_args()
    corpus = orders_corpus()
    training, test = texts(corpus["train"]), texts(corpus["test"])
    vocabularies = PairVocabularies.build(*training, split="word")
    new = [[renamed(text) for text in side] for side in test]
    for seed in arguments.seeds:
        for copy in (False, True):
            load = os.getloadavg()[0]
            model, epochs = trained(training, vocabularies, copy, arguments.seconds, seed)
            translator = Translator(model, vocabularies)
            known, unknown = (measured(translator, part) for part in (test, new))
            print(
                f"copy={copy!s:<5} seed {seed}: exact match {known:.3f}, with new last names "
                f"{unknown:.3f}, {epochs} epochs in {arguments.seconds:.0f} s, load {load:.1f} to "
                f"{os.getloadavg()[0]:.1f}",
                flush=True,
            )


def renamed(text):
    """The text with last names that no training text has."""
    for known, new in NEW_NAMES.items():
        text = text.replace(known, new)
    return text


def trained(training, vocabularies, copy, seconds, seed):
    """A model after so many seconds of training, and the epochs that it had."""
    sizes = (len(vocabularies.source), len(vocabularies.target))
    model = SequenceHyperModel(*sizes, seed=seed).model({"copy": copy})
    x, y = vocabularies.arrays(*training)
    limit = TimeLimit(seconds)
    history = model.fit(x, y, batch_size=64, epochs=10_000, verbose=0, callbacks=[limit])
    return model, len(history.epoch)


def measured(translator, part):
    """The share of lines that are written without a mistake."""
    sources, targets = part
    written = []
    for start in range(0, len(sources), BATCH):
        written += translator(sources[start : start + BATCH])
    return exact_match(written, [*map(translator.vocabularies.target.as_written, targets)])


if __name__ == "__main__":
    main()
