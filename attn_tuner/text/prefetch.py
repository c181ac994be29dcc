"""Batches as Keras reads them, without what tf.data does for itself."""

import keras

from attn_tuner.text.batches import Batches

AHEAD = 2  # Batches made while the model is at work on an earlier one.


def stream(batches: keras.utils.PyDataset):
    """What to hand to `fit` and `predict`: the same batches in the same order, epoch after epoch.

    On TensorFlow Keras reads a `PyDataset` through tf.data, whose tuning of its own threads is of
    no use for one generator, and holds up the end of every `fit` and `predict` for two seconds
    where the other cores are busy or there are none. So there it is a `tf.data.Dataset` that is not
    tuned. On other backends it is the batches themselves.

    Args:
        batches: of a known length. Its `on_epoch_begin` and `on_epoch_end` are called as by Keras.
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
                # Before the batch is out: Keras may begin the next epoch as soon as it has it.
                batches.on_epoch_end()
            yield batch

    if isinstance(batches, Batches):
        examples = batches.examples()
    else:
        examples = [batches[index] for index in range(min(2, len(batches)))]
    signature = tf.nest.map_structure(_spec, examples[0], examples[-1])
    dataset = tf.data.Dataset.from_generator(epoch, output_signature=signature)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(len(batches)))
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.prefetch(AHEAD).with_options(options)


def _spec(one, other):
    """The dtype of an array and those of its axes that do not vary, the first taken to vary."""
    import tensorflow as tf

    pairs = zip(one.shape[1:], other.shape[1:], strict=True)
    shape = [None, *(a if a == b else None for a, b in pairs)]
    return tf.TensorSpec(shape, one.dtype)
