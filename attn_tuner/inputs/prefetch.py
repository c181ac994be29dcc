"""Hands batches to Keras without the autotuning of tf.data."""

from typing import TYPE_CHECKING

import keras

if TYPE_CHECKING:
    import tensorflow as tf

PREFETCHED_BATCHES = 2  # Batches prepared while the model computes.


class VaryingBatches(keras.utils.PyDataset):
    """Batches whose shapes differ, and which can show by which axes."""

    def examples(self) -> list:
        """Returns two batches that differ in every axis that varies, or one if none does."""
        raise NotImplementedError


def prefetch(batches: keras.utils.PyDataset) -> "keras.utils.PyDataset | tf.data.Dataset":
    """Wraps batches for `fit` and `predict`: the same batches in the same order, epoch after epoch.

    On TensorFlow, Keras reads a `PyDataset` through tf.data, whose autotuning does not help with
    one generator and delays the end of every `fit` and `predict` by two seconds on a busy machine.
    So on TensorFlow this returns a `tf.data.Dataset` without autotuning, on other backends the
    batches.

    Args:
        batches: `keras.utils.PyDataset` with a length. Its `on_epoch_begin` and `on_epoch_end` are
            called as Keras calls them.
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    def epoch():
        batches.on_epoch_begin()
        last = len(batches) - 1
        for index in range(last + 1):
            batch = batches[index]
            if index == last:
                # Before the yield: Keras may begin the next epoch once it has the batch.
                batches.on_epoch_end()
            yield batch

    if isinstance(batches, VaryingBatches):
        examples = batches.examples()
    else:
        examples = [batches[index] for index in range(min(2, len(batches)))]
    signature = tf.nest.map_structure(_spec, examples[0], examples[-1])
    dataset = tf.data.Dataset.from_generator(epoch, output_signature=signature)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(len(batches)))
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.prefetch(PREFETCHED_BATCHES).with_options(options)


def _spec(one, other):
    """Returns the `TensorSpec` of two arrays; the batch axis and axes that differ are None."""
    import tensorflow as tf

    pairs = zip(one.shape[1:], other.shape[1:], strict=True)
    shape = [None, *(a if a == b else None for a, b in pairs)]
    return tf.TensorSpec(shape, one.dtype)
