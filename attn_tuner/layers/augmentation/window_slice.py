"""A part of a series in the place of the whole."""

from typing import Any

import keras
from keras import ops

from attn_tuner.errors import SpaceError
from attn_tuner.layers.augmentation.base import Augmentation, strength
from attn_tuner.layers.augmentation.curves import ends, read_at, relative_places
from attn_tuner.layers.types import Tensor


@keras.saving.register_keras_serializable(package="attn_tuner")
class WindowSlice(Augmentation):
    """Cuts a window out of a series and stretches it to the former length.

        y_t = x(o + share t),   o ~ U(0, (1 - share) (T - 1))

    Between steps x is linear. The number of steps and the mask stay the same.

    Args:
        share: float above 0, length of the window as a share of the series.
        seed: int, of the places of the windows.

    Reference:
        Le Guennec et al. 2016, section 4.1 (window slicing); Um et al. 2017, "cropping".
        https://arxiv.org/abs/1706.00527
    """

    def __init__(self, share: float = 0.9, seed: int = 0, **kwargs: Any):
        super().__init__(seed, **kwargs)
        self.share = strength("share", share, most=1.0)
        if not self.share:
            raise SpaceError("share is 0. It should be above 0.")

    def augment(self, values: Tensor, present: Tensor) -> Tensor:
        first, last = ends(present)
        draw = keras.random.uniform((ops.shape(values)[0], 1), dtype="float32", seed=self.generator)
        offset = (1 - self.share) * draw + self.share * relative_places(present)
        return read_at(values, ops.clip(first + offset * (last - first), first, last))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "share": self.share}
