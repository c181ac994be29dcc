"""The encoder-decoder as a Keras model."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from attn_tuner.attention.decoding import decoder_attentions
from attn_tuner.encoding import encoders
from attn_tuner.errors import DataError, SpaceError
from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Member, Tensor
from attn_tuner.sequence.decoder import AttentionDecoder
from attn_tuner.sequence.losses import coverage_loss
from attn_tuner.sequence.marks import FIRST_TOKEN
from attn_tuner.sequence.pointer import PointerGenerator
from attn_tuner.sequence.sampled_softmax import SampledSoftmaxModel, following
from attn_tuner.text.token_ids import PADDING, UNKNOWN


@keras.saving.register_keras_serializable("attn_tuner")
class SequenceModel(SampledSoftmaxModel):
    """Embedding -> encoder -> decoder with attention -> Dense over the target vocabulary.

        logits = model({"source": source_ids, "target": target_ids})

    Both are padded integer ids, 0 at padding: `source` (batch, steps), and `target` (batch, target
    steps), which begins with the start mark. `logits` (batch, target steps, vocabulary) are those
    of the token that follows each target token, in float32. For decoding without a target:

        prepared = model.read(source_ids, copied_ids)
        carried = model.begin(prepared)
        logits, alignment, carried = model.step(tokens, carried, prepared)

    A model that copies also takes `copied` (batch, steps), the ids of the source tokens in the
    extended vocabulary; see `PairVocabularies.copied`. Its logits are over that vocabulary.

    Args:
        source_size: ids of the source vocabulary.
        target_size: ids of the target vocabulary.
        embedding_dim: features of an embedded token, of either side.
        encoder: one of `encoders`, its name, or the layer.
        attention: one of `decoder_attentions`, its name, or the layer.
        cell: "gru" or "lstm", of the decoder.
        layers: number of layers of the decoder.
        units: features of a state of the decoder.
        input_feeding: whether the decoder reads its last vector; see `AttentionDecoder`.
        dropout: share of the features dropped of embedded tokens, of the states of the encoder, and
            before the last layer.
        scheduled_sampling: probability with which training reads, in the place of a token of the
            target, the most likely one after the true ones before it. More than 0 decodes twice.
        coverage_loss: weight of what is attended to again, which is added to the loss in training;
            see `losses.coverage_loss`.
        copy: whether tokens of the source may be copied; see `PointerGenerator`.
        sampled_softmax: tokens with which a training step compares each true one, drawn anew for
            each batch; 0 for all, as where there are no more or where tokens are copied. See
            `SampledSoftmaxModel`.

    Raises:
        SpaceError: a vocabulary has no token besides its marks, a size is under 1,
            `scheduled_sampling` is not in [0, 1), or another number is under 0.

    Reference:
        Sutskever et al. 2014, section 2. https://arxiv.org/abs/1409.3215 ;
        Bahdanau et al. 2015, section 3. https://arxiv.org/abs/1409.0473 ;
        Bengio et al. 2015 (scheduled sampling), https://arxiv.org/abs/1506.03099, in one pass:
        Duckworth et al. 2019, section 3. https://arxiv.org/abs/1906.04331 ;
        See et al. 2017, eqs. 8-9 and 13 (copying, coverage). https://aclanthology.org/P17-1099
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        embedding_dim: int = 64,
        encoder: Member = "bigru",
        attention: Member = "additive",
        cell: str = "gru",
        layers: int = 1,
        units: int = 128,
        input_feeding: bool = False,
        dropout: float = 0.0,
        scheduled_sampling: float = 0.0,
        coverage_loss: float = 0.0,
        copy: bool = False,
        sampled_softmax: int = 0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        for name, given in (("source_size", source_size), ("target_size", target_size)):
            if size(name, given) <= FIRST_TOKEN:
                raise SpaceError(
                    f"{name} is {given}, which leaves no token besides padding, unknown and the "
                    f"marks; give at least {FIRST_TOKEN + 1}."
                )
        self.source_size, self.target_size = int(source_size), int(target_size)
        self.embedding_dim = size("embedding_dim", embedding_dim)
        self.dropout = dropout
        if not 0 <= scheduled_sampling < 1:
            raise SpaceError(
                f"scheduled_sampling is {scheduled_sampling!r}. It should be in [0, 1)."
            )
        self.scheduled_sampling = scheduled_sampling
        if scheduled_sampling:
            self.sampling_seed = keras.random.SeedGenerator()
        if coverage_loss < 0:
            raise SpaceError(f"coverage_loss is {coverage_loss!r}. It should be at least 0.")
        self.coverage_loss = float(coverage_loss)
        self.sample(sampled_softmax)
        policy = self.dtype_policy

        def embedding(ids: int, name: str) -> keras.layers.Embedding:
            return keras.layers.Embedding(ids, self.embedding_dim, name=name, dtype=policy)

        self.source_embedding = embedding(self.source_size, "source_embedding")
        self.target_embedding = embedding(self.target_size, "target_embedding")
        self.encoder = _layer(encoders, encoder, policy)
        attention = _layer(decoder_attentions, attention, policy)
        self.decoder = AttentionDecoder(
            units, cell, layers, attention, input_feeding, name="decoder", dtype=policy
        )
        self.drop = keras.layers.Dropout(dropout, dtype=policy)
        # float32 even under mixed_float16, as the loss.
        self.to_logits = keras.layers.Dense(self.target_size, name="logits", dtype="float32")
        self.copy = bool(copy)
        self.pointer: Any = None
        if copy:
            self.pointer = PointerGenerator(name="pointer", dtype="float32")
        self._make_weights()

    def _make_weights(self) -> None:
        """Makes all weights: their shapes follow from the arguments, and loading needs them."""
        width = self.embedding_dim
        embedded = (None, None, width)
        self.source_embedding.build((None, None))
        self.target_embedding.build((None, None))
        self.encoder.build(embedded)
        self.decoder.build(embedded, (None, None, self.encoder.features_out(width)))
        self.to_logits.build((None, None, self.decoder.units))
        if self.pointer is not None:
            self.pointer.build(self.decoder.units + width)
        self.built = self.drop.built = True

    def build(self, input_shape: Any = None) -> None:
        pass  # The weights are there.

    def call(self, inputs: Mapping[str, Tensor], training: bool = False) -> Any:
        states, mask = self._states(inputs["source"], training)
        target, copied = inputs["target"], inputs.get("copied")
        read = target
        if training and self.scheduled_sampling:
            first = self._logits(*self._decoded(target, states, mask, training=False), copied)
            read = self._sampled(target, first)
        vectors, embedded, alignment = self._decoded(read, states, mask, training)
        if training and self.coverage_loss:
            self.add_loss(self.coverage_loss * coverage_loss(alignment, target))
        if training and self.pointer is None and 0 < self.sampled_softmax < self.target_size:
            return self.compared(vectors, following(target))
        return self._logits(vectors, embedded, alignment, copied)

    def _decoded(
        self, target: Tensor, states: Tensor, mask: Tensor, training: bool
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """The vectors, the embedded target, and the alignment where it is needed."""
        embedded = self.drop(self._embedded(target), training=training)
        alignment = None
        if self.pointer is not None or (training and self.coverage_loss):
            found = self.decoder(embedded, states, mask=mask, return_alignment=True)
            vectors, alignment = found
        else:
            vectors = self.decoder(embedded, states, mask=mask)
        return self.drop(vectors, training=training), embedded, alignment

    def _logits(
        self, vectors: Tensor, embedded: Tensor, alignment: Tensor | None, copied: Tensor | None
    ) -> Tensor:
        if self.pointer is None:
            return self.to_logits(vectors)
        return self._mixed(vectors, embedded, alignment, copied)

    def _mixed(
        self, vectors: Tensor, embedded: Tensor, alignment: Tensor | None, copied: Tensor | None
    ) -> Tensor:
        """Logits over the extended vocabulary, (batch, target steps, target_size + steps)."""
        if copied is None:
            raise DataError("A model that copies needs 'copied' beside 'source', the ids to copy.")
        read = ops.concatenate([vectors, embedded], axis=-1)
        return self.pointer(self.to_logits(vectors), read, alignment, copied)

    def _embedded(self, target: Tensor) -> Tensor:
        if self.pointer is not None:  # What has been copied has no embedding of its own.
            target = ops.where(target < self.target_size, target, UNKNOWN)
        return self.target_embedding(target)

    def _sampled(self, target: Tensor, logits: Tensor) -> Tensor:
        """The target with some tokens replaced by the most likely ones; padding stays."""
        likely = ops.cast(ops.argmax(ops.stop_gradient(logits), axis=-1), target.dtype)
        likely = ops.concatenate([target[:, :1], likely[:, :-1]], axis=1)  # Each reads the last.
        drawn = keras.random.uniform(ops.shape(target), seed=self.sampling_seed)
        replaced = ops.logical_and(drawn < self.scheduled_sampling, target != PADDING)
        return ops.where(replaced, likely, target)

    def _states(self, source: Tensor, training: bool = False) -> tuple[Tensor, Tensor]:
        mask = ops.not_equal(source, PADDING)
        embedded = self.drop(self.source_embedding(source), training=training)
        states = self.encoder(embedded, mask=mask, training=training)
        return self.drop(states, training=training), mask

    def read(self, source: Tensor, copied: Tensor | None = None) -> tuple[Tensor, ...]:
        """Returns what is computed once for a source, a tuple of tensors, batch first.

        Args:
            source: (batch, steps) ids.
            copied: (batch, steps), the ids of the same tokens in the extended vocabulary; read by
                a model that copies only.
        """
        prepared = self.decoder.prepare(*self._states(source))
        if self.pointer is None:
            return prepared
        if copied is None:
            raise DataError("A model that copies needs the ids to copy: read(source, copied).")
        return (*prepared, copied)

    def begin(self, prepared: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Returns what is carried into the first step, a tuple of tensors, batch first."""
        return self.decoder.begin(self._of_decoder(prepared))

    def _of_decoder(self, prepared: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return prepared if self.pointer is None else prepared[:-1]

    def step(
        self, tokens: Tensor, carried: tuple[Tensor, ...], prepared: tuple[Tensor, ...]
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """Returns the logits of the next token, the alignment, and what is carried on.

        Args:
            tokens: (batch,) ids of the last tokens, at first of the start mark.
            carried: what the last step returned, or `begin`.
            prepared: what `read` returned.

        Returns:
            Logits (batch, vocabulary), alignment (batch, hops, steps), and what is carried.
        """
        embedded = self._embedded(tokens)
        source = self._of_decoder(prepared)
        vector, alignment, carried = self.decoder.step(embedded, carried, source)
        if self.pointer is None:
            return self.to_logits(vector), alignment, carried
        mean = ops.mean(alignment, axis=1, keepdims=True)
        logits = self._mixed(vector[:, None], embedded[:, None], mean, prepared[-1])
        return logits[:, 0], alignment, carried

    def get_config(self) -> dict[str, Any]:
        decoder = self.decoder.get_config()
        return {
            **super().get_config(),
            "source_size": self.source_size,
            "target_size": self.target_size,
            "embedding_dim": self.embedding_dim,
            "encoder": _config_of(self.encoder),
            "attention": _config_of(self.decoder.attention),
            "cell": decoder["cell"],
            "layers": decoder["layers"],
            "units": decoder["units"],
            "input_feeding": decoder["input_feeding"],
            "dropout": self.dropout,
            "scheduled_sampling": self.scheduled_sampling,
            "coverage_loss": self.coverage_loss,
            "copy": self.copy,
            "sampled_softmax": self.sampled_softmax,
        }


def _layer(registry: Any, given: Member, policy: Any) -> keras.layers.Layer:
    """The layer that a name, a saved config or the layer itself stands for."""
    if isinstance(given, str):
        return registry[given](dtype=policy)
    if isinstance(given, dict):
        return keras.saving.deserialize_keras_object(given)
    return given


def _config_of(layer: keras.layers.Layer) -> dict[str, Any]:
    config = keras.saving.serialize_keras_object(layer)
    config.pop("build_config", None)  # The model builds it; Keras would do so on reading.
    return config
