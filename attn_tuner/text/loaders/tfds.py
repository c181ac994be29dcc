"""Reads a data set of TensorFlow Datasets by name, such as `imdb_reviews` or `glue/sst2`."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attn_tuner.errors import DataError
from attn_tuner.text.loaders.base import ReadOptions, Table, loaders, role_of

_NAME = re.compile(r"[a-zA-Z]\w*(/[\w.+-]+)?(:[\d.*]+)?")


@loaders.register("tfds")
class TfdsLoader:
    """Takes a TFDS name; reads its splits and class names.

    Reads from `TFDS_DATA_DIR` if that is set; downloads and prepares the data set if needed.
    """

    def accepts(self, source: Any) -> bool:
        is_name = isinstance(source, str) and _NAME.fullmatch(source) and source != "demo"
        return bool(is_name) and not os.path.exists(source)

    def read(self, source: Any, options: ReadOptions) -> Table:
        import tensorflow_datasets as tfds

        builder = _prepared(tfds, source)
        features, splits = builder.info.features, builder.info.splits
        usual = builder.info.supervised_keys
        parts = {role: _Columns(builder, each) for each in splits if (role := role_of(each))}
        if "train" not in parts:
            raise DataError(
                f"{source} has no split called train. Its splits: {', '.join(splits) or 'none'}."
            )
        names = {each: getattr(features[each], "names", None) for each in features}
        return Table(
            source,
            parts,
            {each: tuple(found) for each, found in names.items() if found},
            usual if usual and len(usual) == 2 else None,
        )


class _Columns(Mapping):
    """The features of a split, read when one is asked for, in the order on disk."""

    def __init__(self, builder: Any, split: str):
        self._builder, self._split = builder, split
        self._features: Mapping | None = None

    def __getitem__(self, name: str) -> list:
        import tensorflow_datasets as tfds

        if self._features is None:  # All features of a split are read together.
            self._features = self._builder.as_dataset(
                split=self._split, batch_size=-1, shuffle_files=False
            )
        return tfds.as_numpy(self._features[name]).tolist()

    def __iter__(self) -> Iterator[str]:
        return iter(self._builder.info.features)

    def __len__(self) -> int:
        return len(self._builder.info.features)

    @property
    def rows(self) -> int:
        return self._builder.info.splits[self._split].num_examples


def _prepared(tfds: Any, name: str):
    try:
        builder = tfds.builder(name, data_dir=os.environ.get("TFDS_DATA_DIR"))
    except Exception as error:  # TFDS raises its own, ValueError and import errors alike.
        raise DataError(
            f"'{name}' is neither a file nor a data set that TFDS can make: {_brief(error)}"
        ) from error
    if not builder.info.splits:
        try:
            builder.download_and_prepare()
        except Exception as error:  # Network, disk or a broken source.
            raise DataError(
                f"'{name}' is not prepared in {builder.data_dir}, and TFDS failed to prepare it: "
                f"{_brief(error)} Set TFDS_DATA_DIR to the folder that holds it."
            ) from error
    return builder


def _brief(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    first = lines[0] if lines else type(error).__name__
    return first if first.endswith(".") else first + "."
