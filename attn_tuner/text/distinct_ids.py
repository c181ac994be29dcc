"""The different ids of a batch, where the backend can number them."""

from typing import Any

import keras


def distinct_ids(ids: Any) -> tuple[Any, Any]:
    """Returns different ids, and for each of the given ids its place among them.

    A batch has far fewer words than tokens, so what is computed for each word costs less so. Their
    number is not known before; where a compiled graph wants to know it, on other backends than
    TensorFlow, these are all ids, and the places are None.

    Args:
        ids: `(n,)` int32.
    """
    if keras.backend.backend() != "tensorflow":
        return ids, None
    import tensorflow as tf

    return tf.unique(ids)
