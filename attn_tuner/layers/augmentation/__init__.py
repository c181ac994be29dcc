"""Layers that change series in training, so that a model sees each in many forms.

    values = Jitter(0.05)(values, mask=mask)

They come after the scaling: their strengths are in standard deviations of a feature.
"""

from attn_tuner.layers.augmentation.base import Augmentation
from attn_tuner.layers.augmentation.jitter import Jitter
from attn_tuner.layers.augmentation.magnitude import MagnitudeWarp, Scaling
from attn_tuner.layers.augmentation.time_warp import TimeWarp
from attn_tuner.layers.augmentation.window_slice import WindowSlice

__all__ = ["Augmentation", "Jitter", "MagnitudeWarp", "Scaling", "TimeWarp", "WindowSlice"]
