"""Lists and arrays that are in memory already: `(texts, labels)`."""

from attn_tuner.text.loaders.base import RawData, loaders


@loaders.register("pairs")
class PairsLoader:
    """Takes a tuple of texts and labels: lists, Series, or arrays of any string type."""

    def accepts(self, source) -> bool:
        return isinstance(source, tuple) and len(source) == 2

    def read(self, source, text=None, label=None) -> RawData:
        texts, labels = (_listed(values) for values in source)
        return RawData("the given texts", {"train": (texts, labels)})


def _listed(values) -> list:
    return values.tolist() if hasattr(values, "tolist") else list(values)
