"""Refuses arguments of a hypermodel that do not fit each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.series.scaler import SeriesScaler
from attn_tuner.tasks import Task
from attn_tuner.text.columns.encoder import ColumnEncoder

_OF_ONE_HOT = ("categoricalcrossentropy", "categoricalfocalcrossentropy")
_BY_COLUMN = (*_OF_ONE_HOT, "sparsecategoricalcrossentropy")


def check_input(
    vocabulary_size: int,
    features: int | None,
    scaler: SeriesScaler | None,
    columns: ColumnEncoder | None,
    vectors: np.ndarray | None,
    region_vectors: np.ndarray | None = None,
) -> None:
    """Refuses a description of the input that contradicts itself.

    Args:
        vocabulary_size, features, scaler, columns, vectors, region_vectors: as in
            `AttentionHyperModel`.

    Raises:
        SpaceError: says which argument does not fit.
    """
    if vocabulary_size < 3:
        raise SpaceError(
            f"vocabulary_size={vocabulary_size} leaves no word besides padding and unknown; "
            "give at least 3."
        )
    if scaler is not None and features != scaler.width:
        raise SpaceError(
            f"features={features} and the scaler has {scaler.width} features. Give "
            f"features={scaler.width}."
        )
    if features is not None and features < 1:
        raise SpaceError(f"Numeric sequences need at least 1 feature; got features={features}.")
    if features is not None and columns is not None:
        raise SpaceError("columns are read beside texts, and features= takes series. Give one.")
    for name, given in {"vectors": vectors, "region_vectors": region_vectors}.items():
        if given is not None and len(given) != vocabulary_size:
            raise SpaceError(
                f"{name} has {len(given)} rows and the vocabulary {vocabulary_size} words; give "
                "one row a word."
            )


def class_names(classes: Sequence) -> tuple[str, ...]:
    """Returns the names of the classes.

    Raises:
        SpaceError: two are equal, or it is one string.
    """
    names = tuple(str(each) for each in classes)
    if isinstance(classes, str | bytes) or len(set(names)) < len(names):
        raise SpaceError(
            f"classes is {classes!r}. It should be a number, or a list of different names."
        )
    return names


def check_branch(
    name: str, features: int | None, columns: ColumnEncoder | None, shape: tuple
) -> None:
    """Refuses inputs that `AttentionHyperModel.features` cannot read.

    Args:
        name: of the hypermodel.
        features, columns: as in `AttentionHyperModel`.
        shape: of the inputs.

    Raises:
        SpaceError: says which inputs it takes.
    """
    if columns is not None:
        raise SpaceError(
            "features() makes a branch of one input. Make the hypermodel without columns, and "
            "join them to the branch in your own model."
        )
    wanted = (None,) if features is None else (None, features)
    if len(shape) != 1 + len(wanted) or shape[2:] != wanted[1:]:
        raise SpaceError(
            f"inputs have the shape {shape}; features() of '{name}' takes "
            f"{(None, *wanted)}: keras.Input({wanted})."
        )


def check_loss(loss: Any, task: Task) -> None:
    """Refuses a loss that takes a column per class for a model that answers with one column.

    Raises:
        SpaceError: says which losses take its answer.
    """
    name = _name_of(loss)
    if task.name == "binary" and _plain(name) in _BY_COLUMN:
        raise SpaceError(
            f"loss is {name}, which takes a column per class; a model of two classes gives one "
            "probability, (batch, 1). Give loss='binary_crossentropy' or 'binary_focal_"
            "crossentropy'."
        )


def takes_one_hot(loss: Any) -> bool:
    """Returns whether a loss of Keras takes one-hot targets in place of class numbers."""
    return _plain(_name_of(loss)) in _OF_ONE_HOT


def _name_of(loss: Any) -> str:
    return loss if isinstance(loss, str) else type(loss).__name__


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
