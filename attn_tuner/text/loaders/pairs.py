"""Lists and arrays that are in memory already: `(texts, labels)`."""

from attn_tuner.text.loaders.base import RawData, loaders


@loaders.register("pairs")
class PairsLoader:
    """Takes a tuple of texts and labels: lists, Series, or arrays of any string type.

    Labels of several columns, an array or a DataFrame, say which labels each text has.
    """

    def accepts(self, source) -> bool:
        return isinstance(source, tuple) and len(source) == 2

    def read(self, source, text=None, label=None) -> RawData:
        names = getattr(source[1], "columns", None)
        texts, labels = (_listed(values) for values in source)
        classes = None if names is None else tuple(map(str, names))
        return RawData("the given texts", {"train": (texts, labels)}, classes)


def _listed(values) -> list:
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    return values.tolist() if hasattr(values, "tolist") else list(values)
