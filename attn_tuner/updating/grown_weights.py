"""Copies the weights of a model into one with more words and more classes."""

import keras
import numpy as np

from attn_tuner.layers.subword_embedding import SubwordEmbedding
from attn_tuner.text.token_ids import UNKNOWN
from attn_tuner.training.row_adamw import begin_averages


def take_over(model: keras.Model, former: keras.Model) -> None:
    """Gives a model the weights of another with the same values, fewer words and fewer classes.

    The odds between old classes stay what they were. Each new word is read as an unknown one, and
    the logit of a new class is 0, until they are trained; in regions a new word stays unknown.

    Args:
        model: the larger model, from `AttentionHyperModel.model`.
        former: the other, likewise.
    """
    last = model.layers[-1]
    for layer, old in zip(model.layers, former.layers, strict=True):
        if isinstance(layer, SubwordEmbedding):
            (table,) = old.table.get_weights()
            layer.table.set_weights([_repeated(table, layer.buckets)])
        elif layer is last:
            layer.set_weights(_widened(old.get_weights(), layer.get_weights()))
        elif isinstance(layer, keras.layers.Embedding):
            (table,) = old.get_weights()
            layer.set_weights([_lengthened(table, layer.input_dim)])
        else:
            layer.set_weights(old.get_weights())
    begin_averages(model)


def _lengthened(table: np.ndarray, rows: int) -> np.ndarray:
    """Returns a table with further rows, all like that of unknown words."""
    return np.concatenate([table, np.repeat(table[[UNKNOWN]], rows - len(table), axis=0)])


def _repeated(table: np.ndarray, rows: int) -> np.ndarray:
    """Returns a table of hash buckets for a larger power of two: row i is the old row i mod n."""
    return table[np.arange(rows) % len(table)]


def _widened(old: list[np.ndarray], new: list[np.ndarray]) -> list[np.ndarray]:
    """Returns kernel and bias of the last layer: the old columns, then zeros for new classes."""
    kernel, bias = old
    if new[1].shape == bias.shape:
        return old
    if len(bias) == 1:  # A sigmoid of z is the softmax of (-z / 2, z / 2).
        kernel = np.concatenate([-kernel / 2, kernel / 2], axis=1)
        bias = np.concatenate([-bias / 2, bias / 2])
    added = len(new[1]) - len(bias)
    return [np.pad(kernel, ((0, 0), (0, added))), np.pad(bias, (0, added))]
