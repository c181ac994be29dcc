"""A trained model with its vocabularies: strings in, strings out, and the SavedModel of it."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from attn_tuner.errors import ExportError
from attn_tuner.layers.types import Tensor
from attn_tuner.sequence.decoding import Decoded, beam_search, greedy
from attn_tuner.sequence.model import SequenceModel
from attn_tuner.sequence.pairs import PairVocabularies
from attn_tuner.verbosity import silence


class Translator(tf.Module):
    """Writes the target of each source text.

        translator = Translator(model, vocabularies, width=4)
        translator(["3 May 2021"])           # ["2021-05-03"]
        translator.save("translator")        # a SavedModel

    It computes in float32, on one copy of the weights of the model; later training does not change
    it. Texts longer than the vocabulary of the source allows are cut.

    Args:
        model: a `SequenceModel`.
        vocabularies: those of its training.
        width: hypotheses of the beam search; 1 decodes greedily.
        length_penalty: power of the length penalty, 0 for none; see `decoding.penalty`.
        max_length: tokens of a target at most, the end mark included; by default 1 more than the
            vocabulary of the target keeps of a text.

    Raises:
        ExportError: the model has other vocabularies, Keras runs on another backend than
            TensorFlow, or a number is out of range.
    """

    def __init__(
        self,
        model: SequenceModel,
        vocabularies: PairVocabularies,
        width: int = 1,
        length_penalty: float = 0.0,
        max_length: int | None = None,
    ):
        super().__init__(name="translator")
        _check(model, vocabularies)
        self._limit = vocabularies.target.max_length + 1 if max_length is None else int(max_length)
        most = model.target_size - 2  # Neither padding nor the start mark is written.
        if not 1 <= width <= most or self._limit < 1:
            raise ExportError(
                f"width is {width} and max_length {self._limit}. Both should be at least 1, and "
                f"the width at most {most}, the tokens that can be written."
            )
        self._width, self._penalty = int(width), float(length_penalty)
        plain = SequenceModel.from_config(_in_float32(model.get_config()))
        plain.set_weights([keras.ops.convert_to_numpy(each) for each in model.weights])
        self._values = [tf.Variable(each.numpy(), trainable=False) for each in plain.variables]
        # A function: the model as an attribute would be saved, with all weights twice.
        self._model = lambda: plain
        self._source = vocabularies.source.graph()
        self._target = vocabularies.target.graph()
        texts = tf.TensorSpec((None,), tf.string, name="text")
        self._serve, self._explain, self._hypotheses = (
            tf.function(each, [texts], autograph=False)
            for each in (self.serve, self.explain, self.hypotheses)
        )

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """Returns the best target of each text."""
        return self.scored(texts)[0]

    def scored(self, texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
        """Returns the best target of each text, and their scores (texts,)."""
        found = self._serve(tf.constant(list(texts), tf.string))
        return [each.decode("utf-8") for each in found["text"].numpy()], found["score"].numpy()

    def explained(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Returns what `explain` does, as arrays."""
        found = self._explain(tf.constant(list(texts), tf.string))
        return {name: each.numpy() for name, each in found.items()}

    def decode(self, source: Tensor, width: int | None = None) -> Decoded:
        """Searches the targets of sources.

        Args:
            source: (batch, steps) ids, each between marks.
            width: hypotheses of the beam search, 1 for greedy decoding; as of the translator if
                not given.
        """
        width = self._width if width is None else width
        model = self._model()
        pairs = zip(model.variables, self._values, strict=True)
        with keras.StatelessScope([(own, tf.convert_to_tensor(value)) for own, value in pairs]):
            prepared = model.read(source)
            given = (model.step, prepared, model.begin(prepared), self._limit)
            if width == 1:
                return greedy(*given, self._penalty)
            return beam_search(*given, width, self._penalty)

    def serve(self, texts: Tensor) -> dict[str, Tensor]:
        """Returns the best target of each text: `text` and `score`, (batch,)."""
        found = self.decode(self._source.ids(texts))
        return {"text": self._target.texts(found.ids[:, 0]), "score": found.scores[:, 0]}

    def explain(self, texts: Tensor) -> dict[str, Tensor]:
        """Returns as `serve`, with the tokens of both sides and the alignment.

        `source_tokens` are (batch, source steps) and `target_tokens` (batch, target steps), with
        their marks and "" at padding; `alignment` is (batch, target steps, source steps).
        """
        ids = self._source.ids(texts)
        found = self.decode(ids)
        return {
            "text": self._target.texts(found.ids[:, 0]),
            "score": found.scores[:, 0],
            "source_tokens": self._source.tokens(ids),
            "target_tokens": self._target.tokens(found.ids[:, 0]),
            "alignment": found.alignment[:, 0],
        }

    def hypotheses(self, texts: Tensor) -> dict[str, Tensor]:
        """Returns all hypotheses of each text, the best first.

        `texts` and `scores` are (batch, width).
        """
        found = self.decode(self._source.ids(texts))
        ids = found.ids
        flat = tf.reshape(ids, (tf.shape(ids)[0] * self._width, tf.shape(ids)[2]))
        written = tf.reshape(self._target.texts(flat), (-1, self._width))
        return {"texts": written, "scores": found.scores}

    def save(self, folder: str | Path) -> Path:
        """Writes a SavedModel that TensorFlow alone can serve, and returns its folder.

        Signatures, each for a batch of any size, empty included:

            serving_default(text)   text, score
            explain(text)           text, score, source_tokens, target_tokens, alignment
            hypotheses(text)        texts, scores

        It contains no Python function and no custom operator.

        Args:
            folder: where to; made if it is missing.
        """
        functions = {
            "serving_default": self._serve,
            "explain": self._explain,
            "hypotheses": self._hypotheses,
        }
        signatures = {name: each.get_concrete_function() for name, each in functions.items()}
        options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
        with silence():  # TensorFlow logs every lookup table that it saves.
            tf.saved_model.save(self, str(folder), signatures=signatures, options=options)
        return Path(folder)


def _check(model: SequenceModel, vocabularies: PairVocabularies) -> None:
    if keras.backend.backend() != "tensorflow":
        raise ExportError(
            f"Keras runs on {keras.backend.backend()}, and decoding needs TensorFlow. Save the "
            "model as .keras, and load it in a process with KERAS_BACKEND=tensorflow."
        )
    wanted = (model.source_size, model.target_size)
    given = (len(vocabularies.source), len(vocabularies.target))
    if wanted != given:
        raise ExportError(
            f"The model has vocabularies of {wanted[0]} and {wanted[1]} ids, and got those of "
            f"{given[0]} and {given[1]}. Give the vocabularies of its training."
        )


def _in_float32(config: dict) -> dict:
    """The configuration with every dtype policy in it replaced by float32."""
    found = {}
    for key, value in config.items():
        if key == "dtype":
            found[key] = "float32"
        elif isinstance(value, dict):
            found[key] = _in_float32(value)
        else:
            found[key] = value
    return found
