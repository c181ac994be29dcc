"""Where texts come from: one file per kind of source, each a loader in the registry `loaders`."""

from attn_tuner.text.loaders.base import RawData, loaders

__all__ = ["RawData", "loaders"]
