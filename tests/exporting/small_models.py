"""Texts, a vocabulary and an untrained classifier, small enough to export in a moment."""

import keras

from attn_tuner.attention import heads
from attn_tuner.encoding import encoders
from attn_tuner.exporting import fresh
from attn_tuner.limits import TextMask

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


class Here:
    """Runs artefacts in this process, by the functions that run them in a fresh one."""

    def __init__(self, kind):
        self.run = fresh.RUNNERS[kind]

    def ask(self, request):
        return self.run(request)
