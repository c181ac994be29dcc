"""Texts, a vocabulary and an untrained classifier, small enough to export in a moment."""

import keras

from attn_tuner.attention import heads
from attn_tuner.encoding import encoders
from attn_tuner.exporting.verification import fresh_process as fresh
from attn_tuner.layers.series_input import FilledSteps, StandardizedSteps, StepLimit, StepMask
from attn_tuner.layers.token_limits import TextMask
from attn_tuner.tasks import TASKS

SENTENCE = "the a film was is very not good bad great awful plot actor 房 间 很 干 净"
WORDS = SENTENCE.split()
TEXTS = [
    "The film was great, very great.",
    "Not a good plot!",
    "An awful, awful film <br /> and a bad actor",
    "房间很干净",
    "CAFÉ was ﬁne",
    "",
    "   ",
    "\U0001f600 unknown words only",
    " ".join(WORDS * 8),
]


def classifier(
    head="additive", encoder="bigru", classes=2, vocabulary=20, width=6, steps=None, seed=3
):
    """An untrained model of ids, with weights far enough from zero to tell texts apart."""
    keras.utils.set_random_seed(seed)
    ids = keras.Input((steps,), dtype="int32", name="ids")
    mask = TextMask()(ids)
    start = keras.initializers.RandomUniform(-1, 1, seed=seed)
    embedded = keras.layers.Embedding(vocabulary, width, embeddings_initializer=start)(ids)
    states = encoders[encoder]()(embedded, mask=mask)
    context = heads[head]()(states, mask=mask)
    units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    output = keras.layers.Dense(units, activation=activation, kernel_initializer=start)(context)
    return keras.Model(ids, output)


def joined(parts, task="binary", classes=2, vocabulary=20, width=4, seed=7):
    """An untrained model that answers by the mean of its parts, each a head behind an encoder.

    Returns:
        The model, and one of the same ids that gives the scores (batch, units) by part.
    """
    keras.utils.set_random_seed(seed)
    ids = keras.Input((None,), dtype="int32", name="ids")
    start = keras.initializers.RandomUniform(-1, 1, seed=seed)
    embedded = keras.layers.Embedding(vocabulary, width, embeddings_initializer=start)(ids)
    return _mean_of(parts, ids, embedded, TextMask()(ids), (task, classes), start)


def joined_series(
    parts, task="binary", classes=2, scaler=None, limit=(16, "tail"), width=4, seed=7
):
    """As `joined`, a model of raw series that cuts, masks and scales them itself.

    Args:
        scaler: `SeriesScaler`.
        limit: (max_length, truncation).
    """
    keras.utils.set_random_seed(seed)
    series = keras.Input((None, scaler.width), name="series")
    steps = StepLimit(*limit)(series)
    mask = StepMask()(steps)
    scaled = StandardizedSteps(scaler.mean, scaler.deviation)(steps)
    filled = FilledSteps(scaler.missing)(scaled, mask)
    start = keras.initializers.RandomUniform(-1, 1, seed=seed)
    projected = keras.layers.Dense(width, kernel_initializer=start)(filled)
    return _mean_of(parts, series, projected, mask, (task, classes), start)


def _mean_of(parts, inputs, embedded, mask, answer, start):
    task, classes = answer
    states, scores = {}, []
    units = TASKS[task].outputs(classes)
    for number, (head, encoder) in enumerate(parts):
        if encoder not in states:
            states[encoder] = encoders[encoder]()(embedded, mask=mask)
        context = heads[head](name=f"{head}_{number}")(states[encoder], mask=mask)
        scores.append(keras.layers.Dense(units, kernel_initializer=start)(context))
    mean = keras.layers.Average()(scores) if len(scores) > 1 else scores[0]
    answered = keras.layers.Activation(TASKS[task].activation)(mean)
    return keras.Model(inputs, answered), keras.Model(
        inputs, dict(zip(map(str, parts), scores, strict=True))
    )


class Here:
    """Runs artefacts in this process as a fresh one does."""

    def ask(self, request):
        return fresh.run(request)
