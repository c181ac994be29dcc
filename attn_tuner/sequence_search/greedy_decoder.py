"""Decodes greedily with a model that is still being trained."""

from collections.abc import Sequence

import keras
import tensorflow as tf

from attn_tuner.errors import SpaceError
from attn_tuner.sequence.decoding import greedy
from attn_tuner.sequence.model import SequenceModel
from attn_tuner.sequence.pairs import PairVocabularies
from attn_tuner.sequence.vocabulary import padded

_BATCH = 64


class GreedyDecoder:
    """Writes the target of each text with the weights that a model has at the moment.

    Args:
        model: a `SequenceModel`, on TensorFlow.
        vocabularies: those of its training.

    Raises:
        SpaceError: Keras runs on another backend.
    """

    def __init__(self, model: SequenceModel, vocabularies: PairVocabularies):
        if keras.backend.backend() != "tensorflow":
            raise SpaceError(
                f"Decoding needs TensorFlow, and Keras runs on {keras.backend.backend()}. Take "
                "the objective token_accuracy or exact_match, which need no decoding."
            )
        self._vocabularies = vocabularies
        limit = vocabularies.target.max_length + 1

        def decode(source, copied):
            prepared = model.read(source, copied)
            return greedy(model.step, prepared, model.begin(prepared), limit).ids[:, 0]

        spec = tf.TensorSpec((None, None), tf.int32)
        self._decode = tf.function(decode, input_signature=[spec, spec], autograph=False)

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """Returns the target of each text."""
        found: list[str] = []
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            ids = self._vocabularies.source.padded(batch)
            copied = padded(self._vocabularies.copied(batch))
            written = self._decode(tf.constant(ids), tf.constant(copied)).numpy()
            found += self._vocabularies.texts(written, batch)
        return found
