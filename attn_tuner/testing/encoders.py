"""What encoders promise."""

import keras
import numpy as np

from attn_tuner.registry import Variant
from attn_tuner.testing.parts import STEPS, TOLERANCE, close, example, make, run
from attn_tuner.testing.shared import SHARED_CHECKS


def text_is_read_alike_with_padding(variant: Variant, dtype: str = "float32") -> None:
    """States of text are the same with further padding in front or behind, and zero at padding."""
    encoder = make(variant, dtype)
    embedded, mask = example()
    states = run(encoder, embedded, mask)
    assert (states[~mask] == 0).all(), "A state at padding is not zero."
    for before, behind in ((0, 5), (5, 0)):
        room = (before, behind)
        wider = np.pad(embedded, ((0, 0), room, (0, 0)), constant_values=7.0)
        found = run(encoder, wider, np.pad(mask, ((0, 0), room)))
        found = found[:, before : before + STEPS]
        close(found, states, 4 * TOLERANCE[dtype], f"{room} steps of padding")


def mask_travels_on(variant: Variant) -> None:
    """The mask of the inputs is the mask of the states."""
    mask = keras.KerasTensor((None, None), dtype="bool")
    assert make(variant).compute_mask(None, mask) is mask


ENCODER_CHECKS = SHARED_CHECKS | {
    check.__name__: check for check in (text_is_read_alike_with_padding, mask_travels_on)
}


def check_encoder(variant: Variant) -> None:
    """Runs every check of an encoder; AssertionError says which promise is broken."""
    for check in ENCODER_CHECKS.values():
        check(variant)
