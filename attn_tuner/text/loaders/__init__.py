"""Loaders of texts and labels: one file per kind of source, registered in `loaders`."""

from attn_tuner.text.loaders.base import RawData, ReadOptions, Table, loaders

__all__ = ["RawData", "ReadOptions", "Table", "loaders"]
