"""Reads series with their labels, and divides them into parts as texts are divided."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.inputs.kinds import SERIES
from attn_tuner.inputs.other_settings import refuse_settings
from attn_tuner.series.dataset import SeriesDataset, SeriesPart
from attn_tuner.series.labelled_series import LabelledSeries
from attn_tuner.series.named_features import reordered
from attn_tuner.series.numbers import read_series
from attn_tuner.series.sources import named_source
from attn_tuner.storage.plan import refuse_faithful
from attn_tuner.tasks import quantile_task
from attn_tuner.text.dataset import Split
from attn_tuner.text.loaders.base import RawData
from attn_tuner.text.loaders.sequences import column_names, to_list
from attn_tuner.text.loading import load

NAME = "the given series"
# Settings of texts, and what to do without each.
_OF_TEXTS = {
    "text": "Leave it out: the series are the first argument.",
    "label": "Give the labels beside the series: search((series, labels)).",
    "features": "Leave it out: the features of series are in their arrays.",
    "weight": "Leave it out.",
    "group": "Give LabelledSeries(series, labels, features, groups=...).",
    "time": "Give LabelledSeries(series, labels, features, times=...).",
    "unlabelled": "Leave it out.",
    "corrections": "Correct the labels before the call.",
    "encoding": "Leave it out.",
    "header": "Leave it out.",
    "word_index": "Leave it out for series.",
    "vectors": "Leave it out.",
    "hypermodel": "Train it with AttentionHyperModel(features=...) in a KerasTuner tuner.",
    "max_size_mb": "Limit the size with max_parameters; a weight has 4 bytes.",
    "faithful": "Leave it out.",
    "pretrain": "Leave it out.",
    "teacher": "Leave it out.",
}


def check_settings(options: Mapping, defaults: Mapping) -> None:
    """Refuses settings that have a meaning for texts alone.

    Args:
        options: every setting, checked.
        defaults: the default of each.

    Raises:
        DataError: one of them was given.
    """
    why = "is for texts, and the data are series of numbers."
    refuse_settings(options, defaults, _OF_TEXTS, why)
    measured = "Faithfulness is measured on the words of texts, and the data are series of numbers."
    refuse_faithful(options["objective"], measured)


def load_series(
    data: Any,
    validation: Any = None,
    test: Any = None,
    seed: int = 0,
    task: str | None = None,
    drop_missing: bool = False,
    min_per_class: int | None = None,
    rare_classes: str = "drop",
    quantiles: Sequence[float] | None = None,
) -> SeriesDataset:
    """Reads series and labels, checks them and divides them into parts.

    Labels mean what they mean for texts, and parts are divided alike: stratified by class, with
    all copies of a series, and all series of a group, in one part.

    Args:
        data: `(series, labels)`, series as `numbers.read_series` takes them; `LabelledSeries`, such
            as a loader returns; the path of a .ts file; or "sensor-demo", which has its own parts.
        validation, test: further such data of one part, or float, the fraction to hold out.
        seed, drop_missing, min_per_class, rare_classes: as of `text.load`.
        task: as of `text.load`; besides "forecast", which labels of several numbers are, and
            "quantiles", which forecasts the quantiles of each number.
        quantiles: levels of these quantiles, rising, with 0.5 among them; 0.1, 0.5 and 0.9 if not
            given. With them `task` may be left out.

    Raises:
        DataError: the data cannot be used; says why and what to do.
    """
    library = _Library()
    name, own = named_source(data) or (NAME, {"train": data})
    parts: dict[str, Any] = {"train": library.add(own["train"], name)}
    for role, given in (("validation", validation), ("test", test)):
        given = own.get(role) if given is None else given
        is_data = given is not None and not isinstance(given, float)
        parts[role] = library.add(given, f"the {role} series") if is_data else given
    task = task or _task_of_rows(parts["train"])
    task = task if quantiles is None else quantile_task(quantiles)
    options = {"validation": parts["validation"], "test": parts["test"], "seed": seed, "task": task}
    options |= {"drop_missing": drop_missing, "min_per_class": min_per_class}
    divided = _worded(lambda: load(parts["train"], **options, rare_classes=rare_classes))
    return SeriesDataset(
        name=name,
        train=library.part(divided.train),
        validation=library.part(divided.validation),
        test=library.part(divided.test),
        classes=divided.classes,
        features=library.features,
        notes=(*library.notes, *map(SERIES.worded, divided.notes)),
        held_out=divided.held_out,
    )


class _Library:
    """The series of all parts by a key, by which they are divided: equal series have one key."""

    def __init__(self) -> None:
        self.by_key: dict[str, np.ndarray] = {}
        self.keys: dict[bytes, str] = {}
        self.spans: dict[str, np.ndarray] = {}
        self.features: tuple[str, ...] = ()
        self.notes: list[str] = []

    def add(self, data: Any, where: str) -> RawData:
        """Reads series with labels; returns their keys in the place of texts."""
        given = _labelled(data, where)
        found, features, notes = read_series(given.series, where, given.features)
        self.notes += dict.fromkeys((*given.notes, *notes))
        if self.features and len(features) != len(self.features):
            raise DataError(
                f"The series of {where} have {len(features)} features, and those of training "
                f"{len(self.features)}. Give the same features in all parts."
            )
        self.features = self.features or features
        found = reordered(found, features, self.features, where)
        keys = [self._key(each, f"{number} of {where}") for number, each in enumerate(found, 1)]
        if given.spans is not None:
            self.spans |= dict(zip(keys, given.spans, strict=True))
        beside = {"group": given.groups, "time": given.times}
        extras = {name: list(each) for name, each in beside.items() if each is not None}
        labels = to_list(given.labels, f"the labels of {where}")
        classes = column_names(given.labels)
        return RawData(where, {"train": (keys, labels)}, classes, extras={"train": extras})

    def part(self, split: Split | None) -> Any:
        """Returns a part with series in the place of their keys."""
        if split is None:
            return None
        series = [self.by_key[key] for key in split.texts]
        beside = (split.weights, split.groups, split.times, split.rows)
        spans = [self.spans[key] for key in split.texts if key in self.spans]
        known = np.stack(spans) if spans and len(spans) == len(series) else None
        return SeriesPart(series, split.labels, *beside, known)

    def _key(self, series: np.ndarray, name: str) -> str:
        digest = hashlib.blake2b(repr(series.shape).encode() + series.tobytes(), digest_size=16)
        key = self.keys.setdefault(digest.digest(), f"series {name}")
        self.by_key[key] = series
        return key


def _labelled(data: Any, where: str) -> LabelledSeries:
    """Returns series with as many labels.

    Raises:
        DataError: labels are missing, or of another number.
    """
    if named := named_source(data):
        _, parts = named
        if len(parts) > 1:
            raise DataError(f"{data!r} has parts of its own and cannot be one. Give series.")
        given = parts["train"]
    elif isinstance(data, LabelledSeries):
        given = data
    elif isinstance(data, tuple) and len(data) == 2 and hasattr(data[1], "__len__"):
        given = LabelledSeries(data[0], data[1], ())
    else:
        raise DataError(
            f"{where[:1].upper()}{where[1:]} have no labels. Give (series, labels), one label a "
            "series."
        )
    if given.labels is None:
        raise DataError("The LabelledSeries has no labels. Give one a series.")
    if len(given.series) != len(given.labels):
        raise DataError(
            f"There are {len(given.series):,} series and {len(given.labels):,} labels. Give one "
            "label a series."
        )
    return given


def _task_of_rows(given: RawData) -> str | None:
    """Returns "forecast" where labels are rows of quantities, as of the next steps; else None."""
    _, labels = given.parts["train"]
    first = labels[0] if labels else None
    if not isinstance(first, np.ndarray | list) or len(first) < 2:
        return None
    fractions = all(isinstance(each, float | np.floating) for each in first)
    several = fractions and not all(np.isin(row, (0, 1)).all() for row in labels)
    return "forecast" if several else None


def _worded(read: Callable[[], Any]) -> Any:
    """Calls a function that speaks of texts, with its errors about series."""
    try:
        return read()
    except DataError as error:
        raise DataError(SERIES.worded(str(error))) from error
