"""Garbage, of which a search makes little and Keras and TensorFlow have piled up much."""

import contextlib
import gc


@contextlib.contextmanager
def spared():
    """For the length of a `with`, what is alive at its beginning is not searched for garbage.

    A full collection goes through everything that libraries have made while they were imported,
    and the records of trials provoke one again and again.
    """
    spare()
    try:
        yield
    finally:
        gc.unfreeze()
        gc.collect()


def spare():
    """What is alive now is not searched for garbage any more."""
    gc.collect()
    gc.freeze()
