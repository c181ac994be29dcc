"""Smooth random curves over a series, and a series read at other places."""

from keras import ops

from attn_tuner.layers.types import Tensor


def ends(present: Tensor) -> tuple[Tensor, Tensor]:
    """Returns first and last step of each series, `(batch, 1)` float32; 0 where all is padding.

    Args:
        present: bool, `(batch, steps)`.
    """
    there = ops.cast(present, "int32")
    place = ops.arange(ops.shape(present)[1], dtype="int32")
    first = ops.cast(ops.argmax(there, axis=1, keepdims=True), "float32")
    last = ops.cast(ops.max(there * place, axis=1, keepdims=True), "float32")
    return first, last


def relative_places(present: Tensor) -> Tensor:
    """Returns the place of each step in its series, from 0 at the first to 1 at the last.

    Args:
        present: bool, `(batch, steps)`.

    Shapes:
        `(batch, steps)` float32; padding has the place of the end that it adjoins.
    """
    first, last = ends(present)
    step = ops.cast(ops.arange(ops.shape(present)[1], dtype="int32"), "float32")
    return ops.clip((step - first) / ops.maximum(last - first, 1.0), 0.0, 1.0)


def smooth_curve(places: Tensor, knots: Tensor) -> Tensor:
    """Returns the cubic spline through evenly spaced knots.

        c(u) = sum_{j=-1..2} w_j(f) k_{i+j},   u (K - 1) = i + f
        w = (-f + 2 f^2 - f^3, 2 - 5 f^2 + 3 f^3, f + 4 f^2 - 3 f^3, -f^2 + f^3) / 2

    Before the first knot and after the last, that knot stands once more.

    Args:
        places: `(batch, steps)` between 0 and 1.
        knots: `(batch, knots, curves)`.

    Returns:
        `(batch, steps, curves)`.

    Reference:
        Catmull & Rom 1974, A class of local interpolating splines.
    """
    count = knots.shape[1]
    place = places * (count - 1)
    knot = ops.clip(ops.floor(place), 0, count - 2)
    f = place - knot
    shares = (
        (-f + 2 * f**2 - f**3) / 2,
        (2 - 5 * f**2 + 3 * f**3) / 2,
        (f + 4 * f**2 - 3 * f**3) / 2,
        (-(f**2) + f**3) / 2,
    )
    basis = 0.0
    for offset, share in zip((-1, 0, 1, 2), shares, strict=True):
        index = ops.cast(ops.clip(knot + offset, 0, count - 1), "int32")
        basis = basis + share[:, :, None] * ops.one_hot(index, count, dtype="float32")
    return ops.einsum("btk,bkc->btc", basis, knots)


def read_at(values: Tensor, places: Tensor) -> Tensor:
    """Reads a series between its steps, on the line from one to the next.

    A value that lies between a missing one and its neighbour is missing.

    Args:
        values: `(batch, steps, features)` float32.
        places: `(batch, steps)` float32, steps counted from 0.
    """
    steps = ops.shape(values)[1]
    low = ops.floor(places)
    share = (places - low)[:, :, None]
    low = ops.cast(low, "int32")
    high = ops.minimum(low + 1, steps - 1)
    before, after = (
        ops.take_along_axis(values, ops.broadcast_to(each[:, :, None], ops.shape(values)), axis=1)
        for each in (low, high)
    )
    # Nothing of a missing value may come in with the share 0.
    return ops.where(share > 0, before + share * (after - before), before)
