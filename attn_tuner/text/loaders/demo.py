"""Generates the `demo` data set, the same on every machine."""

from typing import Any

from attn_tuner.text.demo_corpus import CLASSES, corpus
from attn_tuner.text.loaders.base import RawData, ReadOptions, loaders


@loaders.register("demo")
class DemoLoader:
    """Takes the string "demo" and generates reviews; needs no file and no network."""

    def accepts(self, source: Any) -> bool:
        return isinstance(source, str) and source == "demo"

    def read(self, source: Any, options: ReadOptions) -> RawData:
        parts = {
            role: ([each.text for each in part], [each.label for each in part])
            for role, part in corpus().items()
        }
        return RawData("demo", parts, CLASSES)
