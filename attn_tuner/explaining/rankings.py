"""Ranks tokens by gradients, integrated gradients and leave-one-out, to compare attention with."""

from collections.abc import Sequence
from functools import cached_property

import keras
import numpy as np

from attn_tuner.explaining.explainer import predict_ids
from attn_tuner.exporting.bundle import Bundle, pad_ids
from attn_tuner.exporting.bundle_checks import subword_layers
from attn_tuner.inputs.truncation import truncate
from attn_tuner.layers.token_limits import TokenLimits

INTEGRATION_STEPS = 16


class Gradients:
    """Computes gradients of a probability by each token's embedding. TensorFlow backend only.

    Args:
        bundle: an `exporting.Bundle` whose model gives a token one vector; see
            `Gradients.applicable`.
    """

    def __init__(self, bundle: Bundle):
        # A copy: models that begin inside a graph add to its layers what Keras cannot save.
        model = keras.models.clone_model(bundle.model)
        model.set_weights(bundle.model.get_weights())
        embedding = _embeddings(model)[0]
        self.bundle = bundle
        self._limits = [layer for layer in model.layers if isinstance(layer, TokenLimits)]
        self._embed = keras.Model(model.inputs[0], embedding.output)
        self._rest = keras.Model([model.inputs[0], embedding.output], model.outputs[0])

    @staticmethod
    def applicable(bundle: Bundle) -> bool:
        """Returns whether the backend is TensorFlow and the model gives a token one vector.

        A model that has vectors of n-grams or of regions too, or an average of several models, does
        not.
        """
        found = _embeddings(bundle.model)
        tables = [each for each in bundle.model.layers if isinstance(each, keras.layers.Embedding)]
        return (
            keras.backend.backend() == "tensorflow"
            and len(found) == 1
            and len(tables) <= 1
            and found[0].input is not bundle.model.outputs[0]
        )

    def __call__(self, ids: Sequence[int], answer: int) -> tuple[np.ndarray, np.ndarray]:
        """Computes gradient x input and integrated gradients, each `(tokens,)`.

            gradient_t   = | e_t . dp/de_t |
            integrated_t = e_t . mean over s of dp/de_t at (s - 1/2)/n e,  s = 1 .. n

        Tokens that the model cuts off have 0.

        Args:
            ids: token ids of one text.
            answer: int, index of the class whose probability p is differentiated.

        Reference:
            Jain & Wallace 2019, section 3. https://aclanthology.org/N19-1357 ;
            Sundararajan et al. 2017, eq. 3. https://arxiv.org/abs/1703.01365
        """
        batch = pad_ids([ids], self.bundle.steps)
        embedded = keras.ops.convert_to_numpy(self._embed(batch))
        shares = (np.arange(INTEGRATION_STEPS) + 0.5) / INTEGRATION_STEPS
        points = np.concatenate([embedded, embedded * shares[:, None, None]]).astype("float32")
        slopes = self._slopes(np.repeat(batch, len(points), axis=0), points, answer)
        plain = np.abs((slopes[0] * embedded[0]).sum(axis=-1))
        integrated = (slopes[1:].mean(axis=0) * embedded[0]).sum(axis=-1)
        return self._placed(plain, len(ids)), self._placed(integrated, len(ids))

    def _placed(self, scores: np.ndarray, tokens: int) -> np.ndarray:
        """Turns scores of the tokens that the model keeps into scores of all `(tokens,)`."""
        places = np.arange(tokens)
        for limits in self._limits:
            places = truncate(places, limits.max_length, limits.truncation)
        found = np.zeros(tokens, scores.dtype)
        found[places] = scores[: len(places)]
        return found

    def _slopes(self, ids, points, answer):
        """Differentiates the probability: `(points, tokens, width)`.

        One graph serves all lengths; eagerly a recurrent model takes seconds.
        """
        slopes = self._follow(ids, points, answer).numpy()
        return -slopes if self._rest.output_shape[-1] == 1 and answer == 0 else slopes

    @cached_property
    def _follow(self):
        import tensorflow as tf

        def follow(ids, points, answer):
            with tf.GradientTape() as tape:
                tape.watch(points)
                given = self._rest([ids, points])
                followed = given[:, 0] if given.shape[-1] == 1 else given[:, answer]
            return tape.gradient(followed, points)

        ids, points = self._rest.inputs
        return tf.function(
            follow,
            input_signature=[
                tf.TensorSpec(ids.shape, "int32"),
                tf.TensorSpec(points.shape, "float32"),
                tf.TensorSpec((), "int32"),
            ],
        )


def leave_one_out(bundle: Bundle, ids: Sequence[int], answer: int) -> np.ndarray:
    """Computes how far the probability of a class falls without each token, `(tokens,)`.

    Args:
        bundle: the model.
        ids: token ids of the text.
        answer: int, index of the class.

    Reference: Li et al. 2016, "Understanding neural networks through representation erasure",
    eq. 1. https://arxiv.org/abs/1612.08220
    """
    without = [[*ids[:place], *ids[place + 1 :]] for place in range(len(ids))]
    given = predict_ids(bundle, [list(ids), *without])[:, answer]
    return given[0] - given[1:]


def _embeddings(model):
    """Returns the layers that give the vectors of words, those of their parts included."""
    words = [layer for layer in model.layers if isinstance(layer, keras.layers.Embedding)]
    return subword_layers(model) or words
