"""A trained model with its vocabularies: strings in, strings out, and the SavedModel of it."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from attn_tuner.errors import DataError, ExportError
from attn_tuner.layers.types import Tensor
from attn_tuner.sequence.copied_ids import CopiedIds
from attn_tuner.sequence.decoder_steps import NEXT, DecoderSteps
from attn_tuner.sequence.decoding import Decoded, beam_search, greedy
from attn_tuner.sequence.marks import END, START
from attn_tuner.sequence.model import SequenceModel
from attn_tuner.sequence.pairs import PairVocabularies
from attn_tuner.text.token_ids import PADDING
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
        self.limit = vocabularies.target.max_length + 1 if max_length is None else int(max_length)
        most = model.target_size - 2  # Neither padding nor the start mark is written.
        if not 1 <= width <= most or self.limit < 1:
            raise ExportError(
                f"width is {width} and max_length {self.limit}. Both should be at least 1, and "
                f"the width at most {most}, the tokens that can be written."
            )
        self._width, self._penalty = int(width), float(length_penalty)
        plain = SequenceModel.from_config(_in_float32(model.get_config()))
        plain.set_weights([keras.ops.convert_to_numpy(each) for each in model.weights])
        self._values = [tf.Variable(each.numpy(), trainable=False) for each in plain.variables]
        # Not the model itself: as an attribute it would be saved, with all weights twice.
        self.steps = DecoderSteps(plain, self._values)
        self.vocabularies = vocabularies
        self._source = vocabularies.source.graph()
        self._target = vocabularies.target.graph()
        self._copied = CopiedIds(vocabularies.target) if model.copy else None
        texts = tf.TensorSpec((None,), tf.string, name="text")
        self._serve, self._explain, self._hypotheses, self._read = (
            tf.function(each, [texts], autograph=False)
            for each in (self.serve, self.explain, self.hypotheses, self.read)
        )

    def __call__(self, texts: Sequence[str]) -> list[str]:
        """Returns the best target of each text."""
        return self.scored(texts)[0]

    def scored(self, texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
        """Returns the best target of each text, and their scores (texts,)."""
        found = self._serve(_strings(texts))
        return [each.decode("utf-8") for each in found["text"].numpy()], found["score"].numpy()

    def explained(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Returns what `explain` does, as arrays."""
        found = self._explain(_strings(texts))
        return {name: each.numpy() for name, each in found.items()}

    def decode(
        self,
        source: Tensor,
        copied: Tensor | None = None,
        width: int | None = None,
        length_penalty: float | None = None,
    ) -> Decoded:
        """Searches the targets of sources.

        Args:
            source: (batch, steps) ids, each between marks.
            copied: (batch, steps), of a model that copies; see `PairVocabularies.copied`.
            width: hypotheses of the beam search, 1 for greedy decoding; as of the translator if
                not given.
            length_penalty: power of the length penalty; as of the translator if not given.
        """
        width = self._width if width is None else width
        power = self._penalty if length_penalty is None else length_penalty
        model = self.steps.model
        with self.steps.scope():
            prepared = model.read(source, copied)
            given = (model.step, prepared, model.begin(prepared), self.limit)
            if width == 1:
                return greedy(*given, power)
            return beam_search(*given, width, power)

    def greedy(self, texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
        """Returns what greedy decoding writes, and its log probabilities (texts,), undivided."""
        ids, tokens, copied = self._inputs(_strings(texts))
        found = self.decode(ids, copied, width=1, length_penalty=0.0)
        written = self._target.texts(found.ids[:, 0], tokens).numpy()
        return [each.decode("utf-8") for each in written], found.scores[:, 0].numpy()

    def _inputs(self, texts: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """The ids and tokens of the sources, and the ids to copy, (batch, steps) each."""
        ids, tokens = self._source.read(texts)
        return ids, tokens, None if self._copied is None else self._copied(tokens)

    def serve(self, texts: Tensor) -> dict[str, Tensor]:
        """Returns the best target of each text: `text` and `score`, (batch,)."""
        ids, tokens, copied = self._inputs(texts)
        found = self.decode(ids, copied)
        return {"text": self._target.texts(found.ids[:, 0], tokens), "score": found.scores[:, 0]}

    def explain(self, texts: Tensor) -> dict[str, Tensor]:
        """Returns as `serve`, with the tokens of both sides and the alignment.

        `source_tokens` are (batch, source steps) and `target_tokens` (batch, target steps), with
        their marks and "" at padding; `alignment` is (batch, target steps, source steps).
        """
        ids, tokens, copied = self._inputs(texts)
        found = self.decode(ids, copied)
        return {
            "text": self._target.texts(found.ids[:, 0], tokens),
            "score": found.scores[:, 0],
            "source_tokens": tokens,
            "target_tokens": self._target.tokens(found.ids[:, 0], tokens),
            "alignment": found.alignment[:, 0],
        }

    def hypotheses(self, texts: Tensor) -> dict[str, Tensor]:
        """Returns all hypotheses of each text, the best first.

        `texts` and `scores` are (batch, width).
        """
        ids, tokens, copied = self._inputs(texts)
        found = self.decode(ids, copied)
        flat = tf.reshape(found.ids, (tf.shape(ids)[0] * self._width, tf.shape(found.ids)[2]))
        texts = self._target.texts(flat, tf.repeat(tokens, self._width, axis=0))
        written = tf.reshape(texts, (-1, self._width))
        return {"texts": written, "scores": found.scores}

    def read(self, texts: Tensor) -> dict[str, Tensor]:
        """Returns the state before the first step of the decoder, by name; batch first.

        `token` is the start mark, `source_tokens` are (batch, source steps), and `prepared_0`,
        ..., `carried_0`, ... belong to the model.
        """
        ids, tokens, copied = self._inputs(texts)
        start = tf.fill([tf.shape(ids)[0]], START)
        return {"token": start, "source_tokens": tokens, **self.steps.read(ids, copied)}

    def step(self, **state: Tensor) -> dict[str, Tensor]:
        """Writes the most likely token that follows.

        Args:
            **state: what `read` returned, with `next_NAME` of the last step in the place of NAME.

        Returns:
            `piece` (batch,), what it adds to the text, `log_probability` (batch,), `alignment`
            (batch, source steps), and `next_token`, `next_carried_0`, .... A text that has its end
            mark goes on with padding, which adds nothing.
        """
        found = self.steps.step(state)
        logs, last = found.pop("log_probabilities"), state["token"]
        ended = (last == END) | (last == PADDING)
        token = tf.where(ended, PADDING, tf.argmax(logs, axis=-1, output_type=tf.int32))
        return {
            "piece": self._target.pieces(token, last, state["source_tokens"]),
            "log_probability": tf.where(ended, 0.0, tf.reduce_max(logs, axis=-1)),
            f"{NEXT}token": token,
            **found,
        }

    def save(self, folder: str | Path) -> Path:
        """Writes a SavedModel that TensorFlow alone can serve, and returns its folder.

        Signatures, each for a batch of any size, empty included:

            serving_default(text)   text, score
            explain(text)           text, score, source_tokens, target_tokens, alignment
            hypotheses(text)        texts, scores
            read(text)              the state before the first step; see `read`
            step(token, ...)        piece, log_probability, alignment, next_token, ...; see `step`

        It contains no Python function and no custom operator.

        Args:
            folder: where to; made if it is missing.
        """
        functions = {
            "serving_default": self._serve,
            "explain": self._explain,
            "hypotheses": self._hypotheses,
            "read": self._read,
        }
        signatures = {name: each.get_concrete_function() for name, each in functions.items()}
        state = {
            name: tf.TensorSpec(each.shape, each.dtype, name)
            for name, each in signatures["read"].structured_outputs.items()
        }
        step = tf.function(self.step, autograph=False)
        signatures["step"] = step.get_concrete_function(**state)
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


def _strings(texts: str | Sequence[str]) -> Tensor:
    """Returns texts as a tensor; a string alone is one text.

    Raises:
        DataError: one of them is no string.
    """
    given = [texts] if isinstance(texts, str | bytes) else list(texts)
    place = next((at for at, each in enumerate(given) if not isinstance(each, str | bytes)), None)
    if place is not None:
        raise DataError(f"Text {place + 1} is {given[place]!r}. It should be a string.")
    return tf.constant(given, tf.string)
