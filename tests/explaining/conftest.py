import numpy as np
import pytest

WORDS = ["", "[UNK]", "not", "good", "bad", "film", "the", "was", "very", "a", "hotel"]


def sentiment_model(classes=2, text_limit=64, keep="head", hops=1):
    """Attention that looks for "good" and "bad", and an answer that follows what it sees."""
    import keras

    from attn_tuner.attention import PoolingHead
    from attn_tuner.limits import TextMask, TokenLimits

    ids = keras.Input((None,), dtype="int32", name="ids")
    limited = TokenLimits(len(WORDS), text_limit, keep, name="limits")(ids)
    mask = TextMask(name="mask")(limited)
    embedded = keras.layers.Embedding(len(WORDS), 2, name="embedding")(limited)
    head = PoolingHead(score="linear", hops=hops, name="head")
    context = head(embedded, mask=mask)
    units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
    answer = keras.layers.Dense(units, activation=activation, name="probabilities")(context)
    model = keras.Model(ids, answer)
    table = np.zeros((len(WORDS), 2), "float32")
    table[WORDS.index("good")] = [1.0, 1.0]
    table[WORDS.index("bad")] = [-1.0, 1.0]
    model.get_layer("embedding").set_weights([table])
    kernels = [np.zeros(weight.shape, "float32") for weight in head.score.get_weights()]
    kernels[0][1] = 4.0  # The second feature says that a word judges.
    head.score.set_weights(kernels)
    kernel, bias = model.get_layer("probabilities").get_weights()
    kernel[:] = 0.0
    kernel[0::2, -1] = 8.0
    model.get_layer("probabilities").set_weights([kernel, bias])
    return model


@pytest.fixture(scope="session")
def make_bundle():
    """Makes a bundle that knows "good" from "bad"."""
    from attn_tuner.exporting import Bundle
    from attn_tuner.text import Vectorizer

    def make(classes=("bad", "good"), text_limit=64, keep="head", hops=1):
        model = sentiment_model(len(classes), text_limit, keep, hops)
        return Bundle(Vectorizer(WORDS), model, classes, text_limit, keep)

    return make


@pytest.fixture(scope="session")
def bundle(make_bundle):
    return make_bundle()
