"""What a model does with scaled series before it reads them, by the values of its dimensions."""

from collections.abc import Callable, Mapping
from typing import Any

from attn_tuner.layers.augmentation import Jitter, Scaling, TimeWarp, WindowSlice
from attn_tuner.layers.preparation import Clipping, Differences
from attn_tuner.layers.types import Tensor


def prepared_series(
    steps: Tensor,
    mask: Tensor,
    values: Mapping[str, Any],
    seed: int,
    named: Callable[..., dict],
) -> Tensor:
    """Augments series in training, clips them, and appends their differences.

    A dimension of 0 or False adds no layer.

    Args:
        steps: `(batch, steps, features)`, scaled, NaN where a value is missing.
        mask: `(batch, steps)` bool.
        values: of `time_warp`, `window_slice`, `random_scaling`, `jitter`, `clip`, `differences`.
        seed: int, for the augmentations.
        named: returns the argument that names a layer, `named("clip", True)`.

    Returns:
        `(batch, steps, features)`, twice as many features with `differences`.
    """
    for number, (name, make) in enumerate(_AUGMENTATIONS.items()):
        if values[name]:
            steps = make(values[name], seed=seed + number, **named(name, True))(steps, mask=mask)
    if values["clip"]:
        steps = Clipping(-values["clip"], values["clip"], **named("clip", True))(steps)
    if values["differences"]:
        steps = Differences(**named("differences", True))(steps, mask=mask)
    return steps


def _sliced(left_out: float, **options: Any) -> WindowSlice:
    return WindowSlice(1 - left_out, **options)


_AUGMENTATIONS: dict[str, Callable[..., Any]] = {
    "time_warp": TimeWarp,
    "window_slice": _sliced,
    "random_scaling": Scaling,
    "jitter": Jitter,
}
