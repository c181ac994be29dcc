"""Words hidden from an encoder and guessed from its states: what texts without labels teach.

data = HiddenWords([train, unlabelled], words=30_000, batches=500)
model = language_model(embedding, encoder, data.chances)
model.fit(data)                      # embedding and encoder have learnt, and are kept
"""

import keras
import numpy as np
from keras import ops

from attn_tuner.layers.token_limits import TextMask
from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.training.row_adamw import RowAdamW

SHARE = 0.15  # Of a text's words that are hidden; Devlin et al.
NEGATIVES = 512
FLATTER = 0.75  # Power of the words' shares by which negatives are drawn; Mikolov et al. 2013.
STEPS, TEXTS = 64, 64  # A window, and how many are a batch.
RATE = 4e-3
_NEVER = -1e9


class HiddenWords(keras.utils.PyDataset):
    """Windows of texts with some words hidden, and words drawn at random to tell them from.

    A window begins anywhere in a text. Of its known words `share` are hidden: they read as
    unknown. Padding and unknown words are never asked for, nor drawn.

    Args:
        stores: each with `ids` and `offsets`, as a `TokenStore`.
        words: ids from here on are read as unknown.
        batches: in an epoch; no two epochs are the same.
        steps: words of a window at most.
        texts: windows in a batch.
        share: of the known words that are hidden.
        negatives: words drawn for a batch, for all that is hidden in it.
        seed: of the windows, of what is hidden and of what is drawn.

    Shapes:
        ids (texts, steps); places and words (texts, hidden): where words are hidden and which;
        negatives (negatives,). The targets are 0, the class of the hidden word; the weights
        (texts, hidden) are 0 where a text hides fewer words, and 1 on average.
    """

    def __init__(
        self,
        stores,
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

    def __getitem__(self, index: int):
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
        asked = {"ids": ids, "places": places, "words": words, "negatives": negatives}
        asked = {name: array.astype("int32") for name, array in asked.items()}
        return asked, np.zeros(places.shape, "int32"), weights / max(weights.mean(), 1e-6)

    def on_epoch_end(self):
        self.epoch += 1

    def _windows(self, random) -> np.ndarray:
        """Ids (texts, steps) around tokens of one store, every token as likely."""
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


def word_chances(stores, words: int) -> np.ndarray:
    """(words,) share of each word among all known words; 0 for padding and unknown."""
    counts = np.zeros(words)
    for store in stores:
        ids = np.asarray(store.ids)
        counts += np.bincount(ids[ids < words], minlength=words)
    counts[[PADDING, UNKNOWN]] = 0
    return counts / max(counts.sum(), 1)


class Guess(keras.layers.Layer):
    """How likely a hidden word is from the state in its place, and each of the negatives.

        g_t = W h_t + b
        logit_w = v_w . g_t + log p(w) - log q(w),   q(w) ~ p(w)^0.75

    v_w is the word's vector in the embedding, p its share of all words and q the chance to be
    drawn. So the softmax over the hidden word and the negatives estimates that over the whole
    vocabulary in which P(w) ~ p(w) exp(v_w . g_t): a vector need not know how frequent its word
    is. A negative that is the hidden word itself is left out.

    Args:
        chances: (words,) p.

    Shapes:
        states (batch, steps, features); places, words (batch, hidden) and their vectors (batch,
        hidden, width); negatives (n,) and their vectors (n, width); to logits (batch, hidden,
        1 + n), that of the hidden word first.

    Reference:
        Jean et al. 2015, eqs. 8-10. https://aclanthology.org/P15-1001
    """

    def __init__(self, chances, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.supports_masking = True
        chances = np.maximum(chances, 1e-12)
        drawn = chances**FLATTER
        self.corrections = np.log(chances * drawn.sum() / drawn).astype("float32")

    def build(self, states_shape, vectors_shape):
        width = vectors_shape[-1]
        self.W = self.add_weight(shape=(states_shape[-1], width), name="W")
        self.b = self.add_weight(shape=(width,), initializer="zeros", name="b")
        self.correction = self.add_weight(
            shape=self.corrections.shape, initializer="zeros", trainable=False, name="correction"
        )
        self.correction.assign(self.corrections)

    def call(self, states, places, words, vectors, negatives, negative_vectors):
        guesses = ops.take_along_axis(states, places[..., None], axis=1)
        guesses = ops.matmul(guesses, self.W) + self.b
        own = ops.sum(guesses * vectors, axis=-1, keepdims=True)
        own = own + ops.take(self.correction, words)[..., None]
        others = ops.einsum("bhd,nd->bhn", guesses, negative_vectors)
        others = others + ops.take(self.correction, negatives)
        others = ops.where(words[..., None] == negatives, _NEVER, others)
        return ops.concatenate([own, others], axis=-1)

    def compute_mask(self, inputs, previous_mask=None):
        return None  # The encoder's counts steps, and the answers are hidden words.

    def compute_output_spec(self, states, places, words, vectors, negatives, negative_vectors):
        return keras.KerasTensor((*words.shape, None), dtype="float32")


def language_model(embedding, encoder, chances: np.ndarray, rate: float = RATE) -> keras.Model:
    """A compiled model that learns to guess hidden words by training `embedding` and `encoder`.

        loss = - mean over hidden t of log P(w_t | h_t),   h = encoder(embedding(ids))

    The vectors that a state is compared with are the embedding itself. To an encoder that reads
    from left to right a hidden word is the next one, so that this is a language model; one that
    reads both ways sees both sides of it.

    Args:
        embedding: a `keras.layers.Embedding`.
        encoder: embedded words to states, `encoder(embedded, mask=mask)`.
        chances: (words,) share of each word in the texts.
        rate: of learning.

    Reference:
        Dai & Le 2015, section 2.1, for a language model as a classifier's start,
        https://arxiv.org/abs/1511.01432; Devlin et al. 2019, section 3.1, for hiding words,
        https://aclanthology.org/N19-1423; Inan et al. 2017 for the embedding as what states are
        compared with, https://arxiv.org/abs/1611.01462
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
