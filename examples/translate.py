"""Dates in many forms and languages to ISO: the attention is searched, the best model exported.

Usage: python examples/translate.py [FOLDER] [TRIALS] [EPOCHS]   (runs/translate 4 20)
"""

import sys

import keras_tuner
import numpy as np

from attn_tuner import SequenceHyperModel
from attn_tuner.sequence import PairVocabularies, Translator, default_sequence_space
from attn_tuner.text.dates_corpus import dates_corpus


def main(folder="runs/translate", trials=4, epochs=20):
    trials, epochs = int(trials), int(epochs)
    corpus = {
        role: ([pair.source for pair in part], [pair.target for pair in part])
        for role, part in dates_corpus().items()
    }
    vocabularies = PairVocabularies.build(*corpus["train"], split="character")
    x, y = vocabularies.arrays(*corpus["train"])

    space = default_sequence_space().narrow(attention=["additive", "general", "none"])
    sizes = (len(vocabularies.source), len(vocabularies.target))
    objective = keras_tuner.Objective("val_exact_match", "max")
    tuner = keras_tuner.RandomSearch(
        SequenceHyperModel(*sizes, space=space), objective, trials, seed=1, directory=folder
    )
    validation = vocabularies.arrays(*corpus["validation"])
    tuner.search(x, y, validation_data=validation, epochs=epochs, verbose=0)

    translator = Translator(tuner.get_best_models()[0], vocabularies, width=4)
    sources, targets = corpus["test"]
    right = np.mean([one == other for one, other in zip(translator(sources), targets, strict=True)])
    print(f"attention {tuner.get_best_hyperparameters()[0]['attention']}: {right:.3f} right")
    return translator.save(f"{folder}/best")


if __name__ == "__main__":
    print("The SavedModel is in", main(*sys.argv[1:]))
