"""What a trial spends before its first batch is done, and how seldom it could take that over.

    python benchmarks/tracing.py [--rounds 5] [--trials 100] [--seeds 3]

First, the seconds of a `fit` of two batches by a fresh model, which traces the training step, and
of two later ones: once as `AttentionHyperModel` compiles it, once compiled in the same way by
Keras alone, which makes the variables of its metrics while it traces, and then traces once more.

Second, how many trials of a search have the structure of an earlier one, so that they could go on
with its traced graph if all that is a number in it (rates, dropout, decay, lengths) were a
variable. The values are those of the standard space as the standard oracle draws them. No model is
trained: a trial's score grows with what usually does well, with noise, so that the oracle comes
back to it as it would.
"""

import argparse
import contextlib
import io
import math
import random
import tempfile
import time
import warnings
from statistics import median

ENCODERS = ("lstm", "bigru", "none")
NUMBERS = {
    *("learning_rate", "weight_decay", "batch_size", "epochs", "max_length", "truncation"),
    *("spatial_dropout", "encoder_dropout", "dropout", "word_dropout"),
}


def first_fits(encoder: str, rounds: int) -> list[float]:
    """Seconds of the first `fit` as we compile and as Keras does, and of a later one."""
    import keras
    import numpy as np

    from attn_tuner.hypermodel import AttentionHyperModel

    random = np.random.default_rng(0)
    ids = random.integers(2, 20_000, (128, 50)).astype("int32")
    labels = random.integers(0, 2, 128).astype("int32")

    def seconds(model):
        began = time.perf_counter()
        model.fit(ids, labels, batch_size=64, verbose=0)
        return time.perf_counter() - began

    ours, keras_alone, later = [], [], []
    for _ in range(rounds + 1):
        for found, again in ((ours, False), (keras_alone, True)):
            keras.utils.clear_session()
            model = AttentionHyperModel(20_000, 2).model({"encoder": encoder})
            if again:
                model.compile(model.optimizer, model.loss, metrics=["accuracy"], jit_compile=False)
            found.append(seconds(model))
            later.append(seconds(model))
    return [median(each[1:]) for each in (ours, keras_alone, later)]


def repeated(trials: int, seed: int) -> int:
    """Trials whose structure an earlier one had."""
    import keras_tuner
    from keras_tuner.engine.trial import TrialStatus

    from attn_tuner.hypermodel import AttentionHyperModel
    from attn_tuner.model_space import default_space
    from attn_tuner.space import Choice
    from attn_tuner.space.kerastuner import declare
    from attn_tuner.tuning.oracles import objective_of, oracles
    from attn_tuner.tuning.oracles.factory import known_good

    space = default_space(20_000).extend(epochs=Choice((2, 3, 4, 6), default=3))
    hypermodel = AttentionHyperModel(20_000, 2, space=space)
    noise, seen = random.Random(seed), set()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        oracle = oracles["tpe"](
            objective=objective_of("max:val_accuracy"),
            hyperparameters=hypermodel.hyperparameters(),
            max_trials=trials,
            first_points=list(known_good(space)),
            seed=seed,
        )
        keras_tuner.Tuner(oracle, hypermodel, directory=folder, project_name="tracing")
        for _ in range(trials):
            trial = oracle.create_trial("tuner0")
            values = declare(trial.hyperparameters, space)
            seen.add(tuple(sorted(pair for pair in values.items() if pair[0] not in NUMBERS)))
            oracle.update_trial(trial.trial_id, {"val_accuracy": score(values, noise)})
            trial.status = TrialStatus.COMPLETED
            oracle.end_trial(trial)
    return trials - len(seen)


def score(values: dict, noise) -> float:
    """A validation accuracy such as these values might reach."""
    encoders = {"bigru": 0.012, "bilstm": 0.010, "gru": 0.006, "lstm": 0.005}
    heads = {"pooling": 0.005, "additive": 0.004, "feedforward": 0.003, "gated": 0.002}
    gains = encoders.get(values["encoder"], -0.01) + heads.get(values["head"], 0.0)
    losses = 0.006 * abs(math.log(values["learning_rate"] / 2e-3)) + 0.002 * values["dense_layers"]
    return 0.88 + gains - losses + noise.gauss(0, 0.003)


def page(arguments) -> str:
    """Both tables, in Markdown."""
    lines = [
        "`benchmarks/tracing.py`",
        "",
        "| encoder | first `fit` of two batches, s | compiled by Keras alone | a later one |",
        "|---|---|---|---|",
    ]
    for encoder in ENCODERS:
        ours, keras_alone, later = first_fits(encoder, arguments.rounds)
        share = f"{keras_alone:.2f} ({keras_alone / ours:.2f} times)"
        lines.append(f"| {encoder} | {ours:.2f} | {share} | {later:.2f} |")
    counts = [repeated(arguments.trials, seed) for seed in range(arguments.seeds)]
    told = ", ".join(map(str, counts))
    lines += [
        "",
        f"Trials of {arguments.trials} with the structure of an earlier one, for "
        f"{arguments.seeds} seeds of TPE: {told}.",
    ]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    from results import write_section

    warnings.filterwarnings("ignore", category=DeprecationWarning)
    text = page(arguments)
    print(text)
    write_section("What a trial spends on tracing", text)


if __name__ == "__main__":
    main()
