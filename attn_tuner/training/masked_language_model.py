"""Masked language modelling: pretrains an embedding and an encoder on texts without labels.

data = HiddenWords([train, unlabelled], words=30_000, batches=500)
model = language_model(embedding, encoder, data.chances)
model.fit(data)                      # trains the embedding and the encoder in place
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.layers.token_limits import TextMask
from attn_tuner.layers.types import Shape, Tensor
from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.text.token_store import TokenStore
from attn_tuner.training.row_adamw import RowAdamW

SHARE = 0.15  # Of a text's words that are masked; Devlin et al. 2019.
NEGATIVES = 512
FLATTER = 0.75  # Negatives are drawn by the words' frequencies to this power; Mikolov et al. 2013.
STEPS, TEXTS = 64, 64  # Tokens of a window, windows of a batch.
RATE = 4e-3
_NEVER = -1e9  # Logit of a class that cannot be predicted.


class HiddenWords(keras.utils.PyDataset):
    """Samples windows of texts with masked words, and negatives for sampled softmax.

    A window begins at a random token of a text. A share of its known words is masked by the id of
    unknown words. Padding and unknown words are neither masked nor drawn as negatives.

    Args:
        stores: list of `TokenStore`.
        words: int, vocabulary size; larger ids are read as unknown.
        batches: int, batches of an epoch. Every epoch has other windows.
        steps: int, tokens of a window at most.
        texts: int, windows of a batch.
        share: float in (0, 1], share of the known words that is masked.
        negatives: int, negatives of a batch, shared by all its masked words.
        seed: int, for windows, masked words and negatives.

    Shapes:
        ids (texts, steps); places and words (texts, hidden): positions and ids of the masked words;
        negatives (negatives,). The targets are 0, the class of the masked word. The sample weights
        (texts, hidden) are 0 where a text has fewer masked words, and 1 on average.
    """

    def __init__(
        self,
        stores: Sequence[TokenStore],
        words: int,
        batches: int,
        steps: int = STEPS,
        texts: int = TEXTS,
        share: float = SHARE,
        negatives: int = NEGATIVES,
        seed: int = 0,
    ):
        super().__init__()
        self.stores = list(stores)
        self.words = words
        self.batches = batches
        lengths = np.concatenate([np.diff(store.offsets) for store in self.stores])
        self.steps = int(min(steps, lengths.max()))
        self.texts = texts
        self.share = share
        self.negatives = negatives
        self.seed = seed
        self.epoch = 0
        self.chances = word_chances(self.stores, words)
        ladder = np.cumsum(self.chances**FLATTER)
        self._ladder = ladder / ladder[-1]
        sizes = np.array([len(store.ids) for store in self.stores])
        self.tokens = int(sizes.sum())
        self._sizes = sizes / sizes.sum()

    def __len__(self) -> int:
        return self.batches

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        random = np.random.default_rng((self.seed, self.epoch, index))
        ids = self._windows(random)
        hidden = max(1, round(self.share * self.steps))
        known = ids > UNKNOWN
        places = np.argsort(np.where(known, random.random(ids.shape), 2.0), axis=1)[:, :hidden]
        counts = np.ceil(self.share * known.sum(axis=1, keepdims=True))
        weights = (np.arange(hidden) < counts).astype("float32")
        words = np.take_along_axis(ids, places, axis=1)
        np.put_along_axis(ids, places, np.where(weights > 0, UNKNOWN, words), axis=1)
        negatives = np.searchsorted(self._ladder, random.random(self.negatives), side="right")
        inputs = {"ids": ids, "places": places, "words": words, "negatives": negatives}
        inputs = {name: array.astype("int32") for name, array in inputs.items()}
        return inputs, np.zeros(places.shape, "int32"), weights / max(weights.mean(), 1e-6)

    def on_epoch_end(self) -> None:
        self.epoch += 1

    def _windows(self, random: np.random.Generator) -> np.ndarray:
        """Samples windows of one store, ids (texts, steps), around uniformly drawn tokens."""
        store = self.stores[random.choice(len(self.stores), p=self._sizes)]
        at = random.integers(len(store.ids), size=self.texts)
        text = np.searchsorted(store.offsets, at, side="right") - 1
        begin, end = store.offsets[text], store.offsets[text + 1]
        first = at - random.integers(self.steps, size=self.texts)
        first = np.maximum(np.minimum(first, end - self.steps), begin)
        places = first[:, None] + np.arange(self.steps)
        there = places < end[:, None]
        ids = np.full(there.shape, PADDING, "int32")
        ids[there] = store.ids[places[there]]
        ids[ids >= self.words] = UNKNOWN
        return ids


def word_chances(stores: Sequence[TokenStore], words: int) -> np.ndarray:
    """Returns the relative frequency of each known word, (words,); 0 for padding and unknown.

    Args:
        stores: list of `TokenStore`.
        words: int, vocabulary size.
    """
    counts = np.zeros(words)
    for store in stores:
        ids = np.asarray(store.ids)
        counts += np.bincount(ids[ids < words], minlength=words)
    counts[[PADDING, UNKNOWN]] = 0
    return counts / max(counts.sum(), 1)


class Guess(keras.layers.Layer):
    """Computes logits of a masked word and of the negatives, from the state at its position.

        g_t = W h_t + b
        logit_w = v_w . g_t + log p(w) - log q(w),   q(w) ~ p(w)^0.75

    v_w is the word's vector in the embedding, p its frequency and q its probability as a negative.
    The softmax over the masked word and the negatives estimates the softmax over the whole
    vocabulary with P(w) ~ p(w) exp(v_w . g_t), so vectors need not encode frequencies. A negative
    that equals the masked word is left out.

    Args:
        chances: (words,) float, the frequencies p.

    Shapes:
        states (batch, steps, features); places, words (batch, hidden) and their vectors (batch,
        hidden, width); negatives (n,) and their vectors (n, width); to logits (batch, hidden,
        1 + n), that of the masked word first.

    Reference:
        Jean et al. 2015, eqs. 8-10. https://aclanthology.org/P15-1001
    """

    def __init__(self, chances: np.ndarray, **kwargs: Any):
        super().__init__(dtype="float32", **kwargs)
        self.supports_masking = True
        chances = np.maximum(chances, 1e-12)
        drawn = chances**FLATTER
        self.corrections = np.log(chances * drawn.sum() / drawn).astype("float32")

    def build(self, states_shape: Shape, vectors_shape: Shape) -> None:
        width = vectors_shape[-1]
        self.W = self.add_weight(shape=(states_shape[-1], width), name="W")
        self.b = self.add_weight(shape=(width,), initializer="zeros", name="b")
        self.correction = self.add_weight(
            shape=self.corrections.shape, initializer="zeros", trainable=False, name="correction"
        )
        self.correction.assign(self.corrections)

    def call(
        self,
        states: Tensor,
        places: Tensor,
        words: Tensor,
        vectors: Tensor,
        negatives: Tensor,
        negative_vectors: Tensor,
    ) -> Tensor:
        guesses = ops.take_along_axis(states, places[..., None], axis=1)
        guesses = ops.matmul(guesses, self.W) + self.b
        own = ops.sum(guesses * vectors, axis=-1, keepdims=True)
        own = own + ops.take(self.correction, words)[..., None]
        others = ops.einsum("bhd,nd->bhn", guesses, negative_vectors)
        others = others + ops.take(self.correction, negatives)
        others = ops.where(words[..., None] == negatives, _NEVER, others)
        return ops.concatenate([own, others], axis=-1)

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None = None) -> None:
        return None  # The encoder's mask is of steps; the output has one row per masked word.

    def compute_output_spec(
        self,
        states: Tensor,
        places: Tensor,
        words: Tensor,
        vectors: Tensor,
        negatives: Tensor,
        negative_vectors: Tensor,
    ) -> Any:
        return keras.KerasTensor((*words.shape, None), dtype="float32")


def language_model(
    embedding: keras.layers.Embedding,
    encoder: Callable[..., Tensor],
    chances: np.ndarray,
    rate: float = RATE,
) -> keras.Model:
    """Builds a compiled masked language model that trains `embedding` and `encoder`.

        loss = - mean over masked t of log P(w_t | h_t),   h = encoder(embedding(ids))

    Input and output vectors are tied: both are the embedding. An encoder that reads from left to
    right sees only the words before a masked one; a bidirectional one sees both sides.

    Args:
        embedding: a `keras.layers.Embedding`.
        encoder: layer from embedded words to states, `encoder(embedded, mask=mask)`.
        chances: (words,) float, frequencies of the words in the texts.
        rate: float, learning rate.

    Reference:
        Dai & Le 2015, section 2.1, for pretraining a classifier as a language model,
        https://arxiv.org/abs/1511.01432; Devlin et al. 2019, section 3.1, for masking words,
        https://aclanthology.org/N19-1423; Inan et al. 2017 for tied vectors,
        https://arxiv.org/abs/1611.01462
    """
    ids = keras.Input((None,), dtype="int32", name="ids")
    places = keras.Input((None,), dtype="int32", name="places")
    words = keras.Input((None,), dtype="int32", name="words")
    negatives = keras.Input((), dtype="int32", name="negatives")
    states = encoder(embedding(ids), mask=TextMask()(ids))
    vectors = embedding(words), embedding(negatives)
    logits = Guess(chances)(states, places, words, vectors[0], negatives, vectors[1])
    inputs = {"ids": ids, "places": places, "words": words, "negatives": negatives}
    model = keras.Model(inputs, logits, name="language_model")
    jit = "auto" if keras.backend.backend() == "jax" else False
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(RowAdamW(rate, weight_decay=1e-4, clipnorm=1.0), loss, jit_compile=jit)
    return model
