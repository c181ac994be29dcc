"""A softmax over the true tokens and a sample of the others, for large target vocabularies."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from attn_tuner.layers.arguments import size
from attn_tuner.layers.types import Tensor
from attn_tuner.sequence.marks import END
from attn_tuner.text.token_ids import PADDING, UNKNOWN

_NEVER = -1e9
_TRUE = 2  # The place of the true token among those it is compared with.


class SampledSoftmaxModel(keras.Model):
    """A model over a large vocabulary that is trained on a sample of it in each step.

    In training `call` may return what `compared` does in the place of logits. Then loss and metrics
    compare the true tokens with a sample: those of `fit` tell how often the true token is likelier
    than all of the sample. Evaluation and prediction have all logits.

    Attributes:
        to_logits: the Dense layer over the vocabulary, whose most frequent tokens come first.
        sampled_softmax: number of tokens in a sample; 0 for none.
    """

    to_logits: keras.layers.Dense
    sampled_softmax = 0

    def sample(self, count: int) -> None:
        """Sets the number of tokens in a sample, before the model is built.

        Raises:
            SpaceError: it is neither 0 nor at least 2.
        """
        self.sampled_softmax = size("sampled_softmax", count, least=2) if count else 0
        if self.sampled_softmax:
            self.softmax_seed = keras.random.SeedGenerator()

    def compared(self, vectors: Tensor, ids: Tensor) -> dict[str, Tensor]:
        """Returns logits of the true tokens and of a sample, and their ids; see `sampled_logits`.

        It is part of the answer of the model, as JAX lets neither loss nor metrics read weights.

        Args:
            vectors: (batch, steps, units).
            ids: (batch, steps), the true tokens.
        """
        kernel, bias = self.to_logits.kernel, self.to_logits.bias
        drawn = draw_ids(self.sampled_softmax, kernel.shape[-1], self.softmax_seed)
        ids, logits = sampled_logits(vectors, ids, drawn, kernel, bias)
        return {"ids": ids, "logits": logits}

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Computes the loss of logits, or of a sample of them.

        A weight may be of a pair, `(batch,)`, or of each token of its target, `(batch, steps)`.
        """
        y, y_pred = _of_sample(y, y_pred)
        if sample_weight is not None and len(sample_weight.shape) == 1:
            sample_weight = ops.expand_dims(sample_weight, 1)
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict:
        """Updates the metrics by logits, or by a sample of them, and returns them."""
        y, y_pred = _of_sample(y, y_pred)
        return super().compute_metrics(x, y, y_pred, sample_weight)


def _of_sample(y: Any, y_pred: Any) -> tuple[Any, Any]:
    return (y_pred["ids"], y_pred["logits"]) if isinstance(y_pred, dict) else (y, y_pred)


def following(target: Tensor) -> Tensor:
    """Returns the token that follows each of a target, as teacher forcing wants it.

        [START] a b, [START] c [END]   ->   a b [END], c [END] padding

    Args:
        target: (batch, steps) ids that begin with the start mark; the longest lack their end mark.
    """
    padding = ops.zeros_like(target[:, :1])
    after = ops.concatenate([target[:, 1:], padding], axis=1)
    goes_on = ops.logical_and(ops.not_equal(target, END), ops.not_equal(target, PADDING))
    lacks_end = ops.logical_and(goes_on, ops.equal(after, PADDING))
    return ops.where(lacks_end, ops.full_like(after, END), after)


def sampling_probabilities(count: int) -> np.ndarray:
    """Returns how likely each id is drawn, (count,): nearly as frequent tokens are, by Zipf's law.

        q_k = log((k + 2) / (k + 1)) / log(count + 1)

    Args:
        count: ids of a vocabulary whose most frequent tokens come first.

    Reference:
        `tf.random.log_uniform_candidate_sampler`.
    """
    ranks = np.arange(count, dtype="float64")
    return np.log((ranks + 2) / (ranks + 1)) / math.log(count + 1)


def draw_ids(number: int, count: int, seed: keras.random.SeedGenerator) -> Tensor:
    """Draws so many ids of `count`, with replacement, by `sampling_probabilities`: int32."""
    uniform = keras.random.uniform((number,), seed=seed)
    ranks = ops.floor(ops.exp(uniform * math.log(count + 1))) - 1.0
    return ops.cast(ops.clip(ranks, 0, count - 1), "int32")


def sampled_logits(
    vectors: Tensor, ids: Tensor, drawn: Tensor, kernel: Tensor, bias: Tensor
) -> tuple[Tensor, Tensor]:
    """Computes the logits of the true tokens and of drawn ones, as if those were the vocabulary.

        o_y = w_y . t + b_y
        o_k = w_k . t + b_k - log(n q_k)

    of the true token y and of each of the n drawn ones; q as in `sampling_probabilities`. A drawn
    token that is the true one does not count. So the sum of all exp(o) is on average that of the
    whole vocabulary, and the cross-entropy tends to that of all logits as n grows.

    Args:
        vectors: (batch, steps, units), t.
        ids: (batch, steps), the true tokens; those outside the vocabulary count as unknown.
        drawn: (n,) ids.
        kernel: (units, count), w; `bias`: (count,), b.

    Returns:
        Ids (batch, steps) for the loss, 2 for the true token and 0 for padding, and the logits
        (batch, steps, 1 + n), in which the true token has place 2.

    Reference:
        Blanc & Rendle 2018, section 2.2. https://arxiv.org/abs/1712.00527 ;
        Jean et al. 2015, section 3. https://aclanthology.org/P15-1001
    """
    count = kernel.shape[-1]
    often = np.log(drawn.shape[0] * sampling_probabilities(count)).astype("float32")
    ids = ops.cast(ids, "int32")
    known = ops.where(ids < count, ids, UNKNOWN)
    rows = ops.transpose(kernel)
    vectors = ops.cast(vectors, rows.dtype)
    own = ops.sum(vectors * ops.take(rows, known, axis=0), axis=-1) + ops.take(bias, known)
    others = ops.matmul(vectors, ops.transpose(ops.take(rows, drawn, axis=0)))
    others = others + ops.take(bias - ops.convert_to_tensor(often), drawn)
    others = ops.where(ops.equal(known[:, :, None], drawn), _NEVER, others)
    # Not in the place of padding or of the unknown token, which loss and metrics take apart.
    logits = ops.concatenate([others[:, :, :_TRUE], own[:, :, None], others[:, :, _TRUE:]], axis=-1)
    return ops.where(ops.equal(ids, PADDING), PADDING, _TRUE), logits
