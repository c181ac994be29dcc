"""The loss and the metrics of sequences, which do not count padding."""

from typing import Any

import keras
from keras import ops

from attn_tuner.layers.types import Tensor
from attn_tuner.text.token_ids import PADDING, UNKNOWN
from attn_tuner.training.losses import SmoothedLoss


@keras.saving.register_keras_serializable("attn_tuner")
class TokenCrossentropy(SmoothedLoss):
    """Computes the cross-entropy of tokens with label smoothing, the mean over all but padding.

        L_t = -(1 - s) log p_{y_t} - s / k sum_c log p_c,  p = softmax(logits)

    Args:
        smoothing: float in [0, 1), s, the part of each label that is spread over the k tokens.

    An id outside the vocabulary, which only a model that copies can write, counts as unknown.

    Shapes:
        y_true `(batch, steps)` ids, y_pred `(batch, steps, vocabulary)` logits.

    Raises:
        SpaceError: smoothing is out of range.

    Reference:
        Szegedy et al. 2016, section 7. https://arxiv.org/abs/1512.00567
    """

    def __init__(self, smoothing: float = 0.0, name: str = "token_crossentropy", **kwargs: Any):
        super().__init__(smoothing, name, **kwargs)

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        counts = _counts(y_true, y_pred.dtype)
        logs = ops.log_softmax(y_pred, axis=-1)
        hit = of_tokens(logs, y_true)
        losses = -(1.0 - self.smoothing) * hit - self.smoothing * ops.mean(logs, axis=-1)
        # Keras takes the mean over all tokens of the batch, padding included.
        share = ops.maximum(ops.mean(counts), 1e-7)
        return losses * counts / share


@keras.saving.register_keras_serializable("attn_tuner")
class TokenAccuracy(keras.metrics.Mean):
    """Computes the share of tokens that are the most likely one, each after the true ones before.

    A token that is unknown to the model is never right.

    Shapes:
        y_true `(batch, steps)` ids, y_pred `(batch, steps, vocabulary)` logits.
    """

    def __init__(self, name: str = "token_accuracy", **kwargs: Any):
        super().__init__(name=name, **kwargs)

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        counts = _counts(y_true, "float32")
        if sample_weight is not None:
            counts = counts * ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1))
        super().update_state(_hits(y_true, y_pred), counts)


@keras.saving.register_keras_serializable("attn_tuner")
class ExactMatch(keras.metrics.Mean):
    """Computes the share of targets that greedy decoding writes without a mistake.

    Decoding need not run for it: it writes the target if and only if each token is the most likely
    one after those before it, and until its first mistake it has read the true ones.

    Shapes:
        y_true `(batch, steps)` ids, y_pred `(batch, steps, vocabulary)` logits.
    """

    def __init__(self, name: str = "exact_match", **kwargs: Any):
        super().__init__(name=name, **kwargs)

    def update_state(
        self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor | None = None
    ) -> None:
        padding = 1.0 - _counts(y_true, "float32")
        whole = ops.min(ops.maximum(_hits(y_true, y_pred), padding), axis=1)
        super().update_state(whole, sample_weight)


def coverage_loss(alignment: Tensor, target: Tensor) -> Tensor:
    """Computes how much of the source is attended to again, the mean over all tokens but padding.

        c_ij = sum_{l < i} a_lj
        L_i = sum_j min(a_ij, c_ij)

    Args:
        alignment: (batch, target steps, steps), a.
        target: (batch, target steps) ids.

    Reference:
        See et al. 2017, eqs. 10 and 12. https://aclanthology.org/P17-1099
    """
    before = ops.cumsum(alignment, axis=1) - alignment
    again = ops.sum(ops.minimum(alignment, before), axis=-1)
    counts = _counts(target, again.dtype)
    return ops.sum(again * counts) / ops.maximum(ops.sum(counts), 1.0)


def of_tokens(logs: Tensor, ids: Tensor) -> Tensor:
    """Returns the log probabilities of tokens, (batch, steps).

    Args:
        logs: (batch, steps, vocabulary).
        ids: (batch, steps); those outside the vocabulary count as unknown.
    """
    ids = ops.cast(ids, "int32")
    ids = ops.where(ids < ops.shape(logs)[-1], ids, UNKNOWN)
    return ops.take_along_axis(logs, ids[:, :, None], axis=-1)[:, :, 0]


def right_tokens(logits: Tensor, ids: Tensor) -> Tensor:
    """Returns where the most likely token is the true one, and not unknown: (batch, steps) bool.

    Args:
        logits: (batch, steps, vocabulary).
        ids: (batch, steps).
    """
    ids = ops.cast(ids, "int32")
    likely = ops.cast(ops.argmax(logits, axis=-1), "int32")
    return ops.logical_and(ops.equal(likely, ids), ops.not_equal(ids, UNKNOWN))


def _counts(y_true, dtype) -> Tensor:
    """1 for a token, 0 for padding."""
    return ops.cast(ops.not_equal(y_true, PADDING), dtype)


def _hits(y_true, y_pred) -> Tensor:
    """1 where the most likely token is the true one."""
    return ops.cast(right_tokens(y_pred, y_true), "float32")
