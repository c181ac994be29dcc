"""Makes the default search space for a data set, changes it as asked, and gets word vectors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from attn_tuner.errors import SpaceError
from attn_tuner.inputs.class_weights import is_imbalanced
from attn_tuner.metrics import kind_of
from attn_tuner.model_space import (
    EMBEDDING_INITS,
    REGION_DIM,
    REGION_SIZES,
    default_space,
    preparation_of_series,
)
from attn_tuner.space import Choice, Float, Int, Part, SearchSpace
from attn_tuner.space.search_space import read_space_file
from attn_tuner.space.space_hypermodel import checked_space
from attn_tuner.text.subwords import TOKENS
from attn_tuner.training.adversarial import ExtraLosses
from attn_tuner.tuning.own_hypermodel import reading_space

if TYPE_CHECKING:
    from attn_tuner.tuning.budget import Budget
    from attn_tuner.tuning.encoded_data import EncodedData

EPOCHS = (2, 3, 4, 6, 8)  # Lengths of training on offer, up to the caller's own.
MIN_EPOCHS = 3  # Usual epochs of a trial, however many texts there are.
USUAL_TEXTS_SEEN = 60_000  # Training texts times epochs that a training usually needs.
WORD_VECTORS_SHARE = 0.12  # Of the time left for the search.
FEW_LABELS_SHARE = 0.2  # The same where most texts have no label.
REGION_SHARE = 0.05  # The same of the word vectors of regions, so that trials are not kept waiting.
ADVERSARIAL = {
    "adversarial_weight": Choice((0.0, 1.0)),
    "adversarial_norm": Choice((1.0, 2.0), default=2.0),
}
OVER_CLASSES = ("f1_macro", "auc")  # Objectives that average over classes: rare ones count in full.


def search_space(
    given: Any,
    stored: "EncodedData",
    epochs: int,
    objective: str = "accuracy",
    most_weights: float | None = None,
) -> SearchSpace:
    """Returns the default space for these data, with the caller's changes.

    Where a class is rare, it has `class_weight` as a further dimension.

    Args:
        given: None, a `SearchSpace` to take as it is, or a mapping or TOML file of changes.
        stored: the `EncodedData`.
        epochs: of a trial at most.
        objective: name of the measure by which trials are compared.
        most_weights: number of weights that a model may have; None for any.

    Raises:
        SpaceError: it is none of these, or names an unknown dimension or value.
    """
    lengths = (*(each for each in EPOCHS if each < epochs), epochs)
    usual = usual_epochs(stored.size("train"))
    standard = stored.model_space(most_weights).extend(
        use_ema=Choice((False, True)),
        epochs=Choice(lengths, default=min(lengths, key=lambda each: abs(each - usual))),
    )
    standard = standard.extend(**stored.further_dimensions(most_weights))
    labels = stored.stores["train"].labels
    if kind_of(labels) != "number":
        standard = standard.extend(label_smoothing=Float(0.0, 0.2, step=0.05, default=0.0))
    standard = standard.extend(
        _extra_losses(kind_of(labels), of_texts="vocabulary_size" in standard)
    )
    if kind_of(labels) == "class" and is_imbalanced(labels, int(labels.max()) + 1):
        wanted = "balanced" if objective in OVER_CLASSES else "none"
        standard = standard.extend(class_weight=Choice(("balanced", "none"), default=wanted))
    return changed(standard, given)


def _extra_losses(kind: str, of_texts: bool = True) -> dict[str, Choice]:
    """Returns the dimensions of `ExtraLosses`; all but adversarial training of texts held at none.

    Args:
        kind: of the labels, as in `metrics.kind_of`.
        of_texts: whether the model reads texts.
    """
    usual = ExtraLosses()
    names = [each.name for each in fields(usual)]
    if kind == "number":
        names = [name for name in names if name.startswith("adversarial")]
    held = {name: Choice((getattr(usual, name),)) for name in names}
    return {**held, **(ADVERSARIAL if of_texts else {})}


def check_space(given: Any, epochs: int) -> None:
    """Refuses changes of the space that can fit no data, before any are read.

    Args:
        given: as for `search_space`.
        epochs: of a trial at most.

    Raises:
        SpaceError: an unknown dimension, or a value that it cannot take.
    """
    if isinstance(given, SearchSpace):
        checked_space(given, default_space())
    every = every_dimension(epochs)
    if isinstance(given, SearchSpace):
        known = {leaf.name: leaf for leaf in every.leaves()}
        for leaf in given.leaves():
            if leaf.name in known and not isinstance(leaf.dimension, Part):
                for value in getattr(leaf.dimension, "values", None) or (leaf.dimension.low,):
                    known[leaf.name].cast(value)
    _region_sizes(changed(every, given))


def every_dimension(epochs: int) -> SearchSpace:
    """Returns the space with all dimensions that a search may have, whatever its data.

    Args:
        epochs: of a trial at most.
    """
    return default_space(phrases=True).extend(
        tokens=Choice(TOKENS),
        embedding_init=Choice(EMBEDDING_INITS),
        embedding_frozen_epochs=Choice((0, 1)),
        region_size=Choice(REGION_SIZES),
        use_ema=Choice((False, True)),
        epochs=Choice((epochs,)),
        label_smoothing=Float(0.0, 0.2, step=0.05, default=0.0),
        class_weight=Choice(("balanced", "none")),
        **_extra_losses("class"),
        **preparation_of_series(),
    )


def own_space(stored: Any, epochs: int) -> SearchSpace:
    """Returns the dimensions of a search whose model is the user's own.

    Args:
        stored: the `EncodedTexts`.
        epochs: of a trial at most.
    """
    lengths = (*(each for each in EPOCHS if each < epochs), epochs)
    return reading_space(stored.max_lengths(), stored.vocabulary_size, lengths)


def changed(standard: SearchSpace, given: Any) -> SearchSpace:
    """Returns a space with the caller's changes: None, a `SearchSpace`, a mapping or a TOML file.

    Raises:
        SpaceError: it is none of these, or names an unknown dimension or value.
    """
    if given is None:
        return standard
    if isinstance(given, SearchSpace):
        return given
    return standard.updated_from(read_changes(given))


def read_changes(given: Any) -> Mapping:
    """Returns changes of a space, given as a mapping or a TOML file, as a mapping.

    Raises:
        SpaceError: it is neither, or the file cannot be read.
    """
    if isinstance(given, Mapping):
        return given
    if isinstance(given, str | Path):
        return read_space_file(given)
    raise SpaceError(
        f"space is a {type(given).__name__}. Give a SearchSpace, a mapping or a TOML file."
    )


def usual_epochs(texts: int) -> int:
    """Returns the epochs for so many training texts: fewer texts need more passes."""
    return max(MIN_EPOCHS, USUAL_TEXTS_SEEN // max(texts, 1))


def word_vectors(
    space: SearchSpace,
    stored: Any,
    budget: "Budget",
    directory: str | PathLike,
    seed: int,
    file: str | PathLike | None = None,
    say: Callable[[str], None] = lambda said: None,
    regions: bool = True,
) -> np.ndarray | None:
    """Returns word vectors as wide as what reads them; None if the space uses none.

    Args:
        space: the `SearchSpace`.
        stored: the `EncodedTexts`, where the space has word vectors.
        budget: the `Budget`, of which learning them may take a share.
        directory: folder that keeps them for when the search continues.
        seed: int, for learning them.
        file: path to read them from; None learns them from the texts.
        say: is told what was read.
        regions: whether regions, if the space has them, read these vectors too.

    Raises:
        DataError: the file does not hold word vectors.
        MissingExtra: a package that reads it is not installed.
    """
    widest = _columns_read(space, regions)
    if not widest:
        return None
    left = budget.search_left()
    share = FEW_LABELS_SHARE if stored.few_labels else WORD_VECTORS_SHARE
    seconds = None if left is None else share * left
    with budget.measure("vectors"):
        if file is not None:
            return stored.vectors_of(file, widest, seed, say)
        return stored.vectors(directory, widest, seed, seconds)


def region_vectors(
    space: SearchSpace,
    stored: Any,
    budget: "Budget",
    directory: str | PathLike,
    seed: int,
) -> np.ndarray | None:
    """Returns the word vectors of regions; None if no model reads any, or none were learnt.

    Args:
        space, stored, budget, directory, seed: as in `word_vectors`.
    """
    region_size = max(_region_sizes(space))
    if not region_size:
        return None
    left = budget.search_left()
    with budget.measure("region_vectors"):
        seconds = None if left is None else REGION_SHARE * left
        return stored.region_vectors(directory, region_size, seed, seconds)


def _region_sizes(space: SearchSpace) -> Sequence[int]:
    """Returns the sizes of regions that models may have, in tokens; 0 for none.

    Raises:
        SpaceError: one is no size of a region.
    """
    dimension = space.get("region_size")
    if dimension is None:
        return (0,)
    if not isinstance(dimension, Choice):
        raise SpaceError(f"region_size is a range. List its values: region_size={REGION_SIZES}.")
    wrong = [each for each in dimension.values if each and each % 2 == 0]
    if wrong:
        raise SpaceError(
            f"region_size={wrong[0]} has no token in its middle. Give an odd number of tokens, or "
            "0 for no regions."
        )
    return dimension.values


def _columns_read(space: SearchSpace, regions: bool) -> int:
    """Returns how many columns of word vectors models read at most; 0 where none reads any.

    Args:
        space: of the search.
        regions: whether regions read the same vectors.
    """
    read = [0]
    if "word_vectors" in getattr(space.get("embedding_init"), "values", ()):
        width = space["embedding_dim"]
        read.append(width.high if isinstance(width, Int) else max(width.values))
    if regions and max(_region_sizes(space)):
        read.append(REGION_DIM)
    return max(read)
