"""Checks of what layers are given: sizes when they are made, shapes when they are called."""

from numbers import Integral
from typing import Any

from keras import backend

from attn_tuner.errors import DataError, SpaceError
from attn_tuner.layers.types import Tensor


def size(name: str, value: Any, least: int = 1) -> int:
    """Returns a size as an int; a NumPy integer will do.

    Args:
        name: the argument that it was given for.
        value: what was given.
        least: the smallest size that works.

    Raises:
        SpaceError: it is not a whole number, or less than `least`.
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise SpaceError(f"{name} is {value!r}. It should be a whole number of at least {least}.")
    return int(value)


def odd_size(name: str, value: Any) -> int:
    """Returns the size of a window that has a centre.

    Args:
        name: the argument that it was given for.
        value: what was given, an odd whole number.

    Raises:
        SpaceError: it is not an odd whole number of at least 1.
    """
    width = size(name, value)
    if width % 2 == 0:
        raise SpaceError(
            f"{name} is {width}. It should be odd, so that the window has a centre; try "
            f"{width + 1}."
        )
    return width


def require_states(layer: str, states: Tensor) -> None:
    """Raises DataError unless a tensor has the three axes of states.

    Args:
        layer: name of the layer that was called with it, for the message.
        states: anything; what has no shape, or one of unknown rank, passes.
    """
    shape = static_shape(states)
    if shape is None or len(shape) == 3:
        return
    wanted = f"{layer}: expected (batch, steps, features), got"
    if len(shape) != 2:
        raise DataError(f"{wanted} {len(shape)} axes, of shape {shape}.")
    if "int" in backend.standardize_dtype(states.dtype):
        raise DataError(f"{wanted} integers (batch, steps): put an Embedding before it.")
    raise DataError(f"{wanted} (batch, features): give the layer before it return_sequences=True.")


def require_mask(layer: str, mask: Tensor, states: Tensor) -> None:
    """Raises DataError unless a mask has one value for each step of the states.

    Args:
        layer: name of the layer that was called with it, for the message.
        mask: None passes.
        states: (batch, steps, features).
    """
    given, wanted = static_shape(mask), static_shape(states)
    if given is None or wanted is None:
        return
    pairs = zip(given, wanted[:2], strict=False)
    if len(given) != 2 or any(None not in pair and pair[0] != pair[1] for pair in pairs):
        raise DataError(
            f"{layer}: expected a mask (batch, steps) of shape {wanted[:2]}, got {given}: give one "
            "value per step, True where there is text."
        )


def static_shape(tensor: Tensor) -> tuple[int | None, ...] | None:
    """Returns the sizes of a tensor, None for one that is free; None if it has no known rank."""
    shape = getattr(tensor, "shape", None)
    try:
        return None if shape is None else tuple(shape)
    except ValueError:  # TensorFlow, for a tensor of unknown rank.
        return None
