"""The hypermodel in a pipeline that uses KerasTuner already, and the best model exported.

Usage: python examples/existing_tuner.py [DATA] [FOLDER] [EPOCHS]   (demo runs/existing 6)
"""

import sys

import keras_tuner

import attn_tuner
from attn_tuner import text
from attn_tuner.hypermodel import default_space


class WorseOfTwo(keras_tuner.Tuner):
    """A tuner of one's own: trains each point twice and believes the worse result."""

    def run_trial(self, trial, *data, **kwargs):
        scores = []
        for _ in range(2):
            model = self.hypermodel.build(trial.hyperparameters)
            history = self.hypermodel.fit(trial.hyperparameters, model, *data, **kwargs)
            scores.append(max(history.history["val_accuracy"]))
        return min(scores)


def main(data="demo", folder="runs/existing", epochs=6):
    epochs = int(epochs)
    corpus = text.load(data)
    vectorizer = text.Vectorizer.build(corpus.train.texts)
    train, validation = (
        (vectorizer.padded(part.texts, max_length=400), part.labels)
        for part in (corpus.train, corpus.validation)
    )
    space = default_space(len(vectorizer), max_lengths=[400]).fix(encoder="bigru", layers=1)
    space = space.narrow(head=["additive", "global", "mean"])
    hypermodel = attn_tuner.AttentionHyperModel(len(vectorizer), len(corpus.classes), space=space)

    objective = keras_tuner.Objective("val_accuracy", "max")
    tuner = keras_tuner.Hyperband(
        hypermodel, objective, max_epochs=epochs, directory=folder, project_name="hyperband"
    )
    tuner.search(*train, validation_data=validation, verbose=0)

    oracle = keras_tuner.oracles.RandomSearchOracle(objective, max_trials=1)
    own = WorseOfTwo(oracle, hypermodel, directory=folder, project_name="own")
    own.search(*train, validation_data=validation, epochs=epochs, verbose=0)
    print(f"the worse of two: {own.oracle.get_best_trials()[0].score:.4f}")

    model = tuner.get_best_models()[0]
    return attn_tuner.export(
        model, f"{folder}/best", vectorizer, corpus.classes, verify_texts=corpus.test.texts[:50]
    )


if __name__ == "__main__":
    for delivered in main(*sys.argv[1:]):
        print(f"{delivered.format}: {delivered.path} ({delivered.megabytes:.1f} MB)")
