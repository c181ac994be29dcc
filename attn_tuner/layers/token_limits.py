"""Limits on token ids: the size of the vocabulary and the length of a text."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.inputs.truncation import TRUNCATIONS
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.space.renamed import current_names
from attn_tuner.text.subwords import reads_subwords
from attn_tuner.text.token_ids import PADDING, UNKNOWN

READING = ("max_length", "truncation", "vocabulary_size")  # Values that say how inputs are read.


def reading_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns how inputs are read for a model of these values, by path.

    These are the names of `READING` that the values have: series have no vocabulary. Of series the
    value `max_length` counts steps that the encoder reads; here it counts steps of the input, as
    many times more as `downsampling` says.
    """
    found = {name: values[name] for name in READING if name in values}
    is_text = "vocabulary_size" in values  # A model of one's own may have a dimension so named.
    if "downsampling" in values and not is_text and found.get("max_length") is not None:
        found["max_length"] *= values["downsampling"]
    if reads_subwords(values):
        # The parts of a word are found by its id in the whole vocabulary.
        found["vocabulary_size"] = None
    return found


@keras.saving.register_keras_serializable(package="attn_tuner")
class TokenLimits(keras.layers.Layer):
    """Truncates texts, replaces ids above a limit by unknown, and applies word dropout.

        kept = ids[first : first + n]               truncation = head
               ids[last - n + 1 : last + 1]         truncation = tail
               half of n from either end            truncation = ends, of an odd n one more in front
        out  = where(id < vocabulary_size, id, 1)

    `first` and `last` are the ends of the text itself; padding on either side is not counted. So
    one encoding of the data serves every value of a search. Truncating a text twice to the same
    limit is the same as once.

    Args:
        vocabulary_size: ids from here on become `UNKNOWN` (1); None keeps all.
        max_length: tokens kept of a text; None keeps all.
        truncation: which part stays, `"head"`, `"tail"` or `"ends"`.
        word_dropout: share of the tokens that are replaced by unknown while training (Dai & Le
            2015).
        seed: int, for the word dropout.

    Shapes:
        ids `(batch, steps)`, padded or a `tf.RaggedTensor`, to ids
        `(batch, min(steps, max_length))`, int32, 0 is padding.
    """

    def __init__(
        self,
        vocabulary_size: int | None,
        max_length: int | None = None,
        truncation: str = "head",
        word_dropout: float = 0.0,
        seed: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if truncation not in TRUNCATIONS:
            raise SpaceError(
                f"truncation is '{truncation}'. It should be one of {', '.join(TRUNCATIONS)}."
            )
        # Padding and unknown are 2 ids.
        if vocabulary_size is not None:
            vocabulary_size = size("vocabulary_size", vocabulary_size, least=2)
        self.vocabulary_size = vocabulary_size
        self.max_length = None if max_length is None else size("max_length", max_length)
        self.truncation = truncation
        self.word_dropout = float(word_dropout)
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def build(self, ids_shape: Shape) -> None:
        pass

    def call(self, ids: Tensor, training: bool = False) -> Tensor:
        if hasattr(ids, "to_tensor"):  # A ragged tensor of TensorFlow is padded at the end.
            ids = ids.to_tensor(PADDING)
        ids = ops.cast(ids, "int32")
        if self.max_length is not None:
            ids = self._cut(ids, self.max_length)
        if self.vocabulary_size is not None:
            ids = ops.where(ids < self.vocabulary_size, ids, UNKNOWN)
        if training and self.word_dropout:
            dropped = keras.random.uniform(ops.shape(ids), seed=self.generator) < self.word_dropout
            ids = ops.where(ops.logical_and(dropped, ids != PADDING), UNKNOWN, ids)
        return ids

    def _cut(self, ids: Tensor, limit: int) -> Tensor:
        steps = ops.shape(ids)[1]
        static = isinstance(steps, int)  # JAX wants a Python int, TensorFlow may have a tensor.
        kept = min(steps, limit) if static else ops.minimum(steps, limit)
        is_text = ops.cast(ids != PADDING, "int32")
        first = ops.argmax(is_text, axis=1, keepdims=True)
        place = ops.arange(steps, dtype="int32")
        last = ops.max(is_text * place, axis=1, keepdims=True)
        first = ops.cast(first, "int32")
        overlong = ops.maximum(last + 1 - first - limit, 0)
        at = ops.arange(kept, dtype="int32")
        front = limit - limit // 2  # As in `inputs.truncation`.
        skipped = {"head": 0, "tail": 1, "ends": ops.cast(at >= front, "int32")}
        index = first + at + overlong * skipped[self.truncation]
        index = ops.where(index < steps, index, steps - 1)
        cut = ops.take_along_axis(ids, index, axis=1)
        # After the end of a left-padded text there is nothing to keep.
        return ops.where(first + at <= last, cut, PADDING)

    def compute_output_spec(self, ids: Tensor, training: bool = False) -> Any:
        steps = ids.shape[1]
        if steps is not None and self.max_length is not None:
            steps = min(steps, self.max_length)
        return keras.KerasTensor((ids.shape[0], steps), dtype="int32")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "TokenLimits":
        return cls(**current_names(config))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "max_length": self.max_length,
            "truncation": self.truncation,
            "word_dropout": self.word_dropout,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="attn_tuner")
class TextMask(keras.layers.Layer):
    """True where there is text: an id other than 0, or a step with a feature other than 0.

    m_t = (id_t != 0)   or   m_t = any_i (x_ti != 0)
    """

    def build(self, input_shape: Shape) -> None:
        pass

    def call(self, inputs: Tensor) -> Tensor:
        present = ops.not_equal(inputs, 0)
        return ops.any(present, axis=-1) if len(inputs.shape) == 3 else present

    def compute_output_spec(self, inputs: Tensor) -> Any:
        return keras.KerasTensor(inputs.shape[:2], dtype="bool")
