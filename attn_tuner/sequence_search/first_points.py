"""The space of a search over pairs of texts, and the values that it tries first."""

from typing import Any

from attn_tuner.search_defaults import changed
from attn_tuner.sequence.space import default_sequence_space
from attn_tuner.space import Choice, Part, SearchSpace
from attn_tuner.space.space_hypermodel import checked_space
from attn_tuner.tuning.weight_retention import CONTROL

_OF_PARTS = {
    "embedding_dim": 128,
    "encoder.bigru.units": 128,
    "decoder_units": 256,
    "dropout": 0.3,
    "label_smoothing": 0.1,
    "learning_rate": 2e-3,
}


def pair_space(changes: Any, epochs: int) -> SearchSpace:
    """Returns the space of a search.

    Args:
        changes: of the default space, as `search(space=)` takes them.
        epochs: of a trial, over which the learning rate rises and falls.

    Raises:
        SpaceError: an unknown dimension, or a value that it cannot take.
    """
    standard = default_sequence_space().extend(epochs=Choice((epochs,)))
    return checked_space(changed(standard, changes), standard)


def first_points(space: SearchSpace, split: str) -> list[dict]:
    """Returns the values to try first: good ones, the same with the control, and other attentions.

    Args:
        space: what is searched; what it does not offer is left out.
        split: of the texts; words and parts of words are more, and need a larger model.
    """
    usual = {} if split == "character" else _OF_PARTS
    part = space["attention"]
    offered = part.names() if isinstance(part, Part) else ()
    attentions = [each for each in ("additive", CONTROL, "general") if each in offered]
    return [{**usual, "attention": each} for each in attentions] or [usual]
