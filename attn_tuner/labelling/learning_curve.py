"""learning_curve(): what more labelled texts would gain."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from attn_tuner.errors import DataError
from attn_tuner.inputs.store_arrays import joined_arrays
from attn_tuner.labelling.curve import LearningCurve
from attn_tuner.labelling.growing_training import GrowingAnswers, growing_answers
from attn_tuner.labelling.power_law import PowerLaws, bootstrap_laws
from attn_tuner.reporting.outcome_text import forecast_of
from attn_tuner.series.series_data import refuse_series
from attn_tuner.settings.table import BY_NAME
from attn_tuner.storage.run import Run
from attn_tuner.text.dataset import Split, TextDataset
from attn_tuner.text.dataset_notes import held_out_note
from attn_tuner.text.loading import load
from attn_tuner.text.token_store import TokenStore
from attn_tuner.text.vectorizer import Vectorizer

FEWEST = 50  # Labelled texts for a curve.
FEWEST_OF_CLASS = 100  # Texts of a class for a curve of its own.
HOUR = 3600.0  # Seconds of search that stand beside the texts.
_FOR_SERIES = (
    "To see what more series gain, compare attn_tuner.search() on half of them and on all."
)


def learning_curve(
    data: Any,
    *,
    text: Any = None,
    label: Any = None,
    group: Any = None,
    validation: Any = None,
    test: Any = None,
    min_per_class: int | None = None,
    rare_classes: str = "drop",
    corrections: str | PathLike | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    word_index: Mapping[str, int] | None = None,
    seed: int = 0,
    run: str | PathLike | None = None,
) -> LearningCurve:
    """Estimates what more labelled texts would gain, from models that learn from fewer.

    Linear models learn from 10, 20, 35, 50, 70 and 100 % of four fifths of the texts, and classify
    the others, each fifth in turn. Power laws with an offset, fitted to their errors, extend the
    curve to more texts. Texts of the training and validation parts are taken; those of a test part
    are not. Rows without text or label are left out. It takes seconds to a few minutes.

    Args:
        data, text, label, group, validation, test, min_per_class, rare_classes, corrections,
            encoding, header, word_index: as in `attn_tuner.search`, with one class per text.
        seed: int, for the folds, the parts and the bootstrap.
        run: the run folder of a search; what another hour of it would gain is then said too.

    Raises:
        DataError: the data cannot be used, or are too few; says why and what to do.
        RunError: `run` is not a run folder.
    """
    options = {name: value for name, value in locals().items() if name not in ("data", "run")}
    refuse_series(data, word_index, "learning_curve()", _FOR_SERIES)
    options = {name: BY_NAME[name].check(name, value) for name, value in options.items()}
    search = "" if run is None else str(forecast_of(Run.read(Path(run)), HOUR))
    if not isinstance(data, TextDataset):
        data = load(data, drop_missing=True, **options)
    elif options["group"] is not None or options["corrections"] is not None:
        raise DataError(
            "A TextDataset has been read and divided. Leave out group= and corrections=."
        )
    labelled = _labelled(data)
    answers = _answers(data, labelled, options["seed"])
    counts = dict(zip(data.classes, labelled.counts(len(data.classes)).tolist(), strict=True))
    return LearningCurve(
        data.name,
        len(labelled),
        tuple(round(size) for size in answers.sizes),
        tuple(100 * float(1 - error) for error in answers.errors),
        counts,
        bootstrap_laws(answers, options["seed"]),
        _class_laws(answers, data.classes, options["seed"]),
        search,
        _notes(data),
    )


def _notes(data: TextDataset) -> tuple[str, ...]:
    """Lists how the data were read, but not what was held out, as a curve divides it anew."""
    parts = data.parts()
    held_out = {held_out_note(role, parts[role]) for role in data.held_out if role in parts}
    return tuple(note for note in data.notes if note not in held_out)


def _labelled(data: TextDataset) -> Split:
    """Joins the texts of the training and validation parts.

    Raises:
        DataError: they have several labels or numbers, or are too few.
    """
    if data.task not in ("binary", "multiclass"):
        raise DataError(
            f"{data.name} is a {data.task} set, and a learning curve is made of data with one "
            "class per text."
        )
    parts = [part for role, part in data.parts().items() if role != "test" or role in data.held_out]
    joined = Split(
        [text for part in parts for text in part.texts],
        np.concatenate([part.labels for part in parts]),
        joined_arrays([part.weights for part in parts]),
        joined_arrays([part.groups for part in parts]),
    )
    if len(joined) < FEWEST:
        raise DataError(
            f"{data.name} has {len(joined)} labelled texts, and a learning curve needs {FEWEST}. "
            "Label more of them first."
        )
    return joined


def _answers(data: TextDataset, labelled: Split, seed: int) -> GrowingAnswers:
    """Trains on growing parts of the texts.

    Raises:
        DataError: classes or groups have too few texts for folds.
    """
    store = TokenStore.encode(labelled, Vectorizer.build(labelled.texts))
    answers = growing_answers(store, len(data.classes), seed)
    if answers is None:
        raise DataError(
            f"{data.name} cannot be divided into folds: each class needs at least 3 texts, in 3 "
            "groups if there are groups. min_per_class=3 leaves smaller classes out."
        )
    return answers


def _class_laws(
    answers: GrowingAnswers, classes: tuple[str, ...], seed: int
) -> dict[str, PowerLaws]:
    """Fits the laws of each class of which enough texts were classified."""
    found = {}
    for number, name in enumerate(classes):
        own = answers.of_class(number)
        if own.correct.shape[1] >= FEWEST_OF_CLASS:
            found[name] = bootstrap_laws(own, seed)
    return found
