"""Parts that stay apart: a stratified, seeded split, and no text in training that is tested on."""

import numpy as np

from attn_tuner.measures import kind_of
from attn_tuner.text.dataset import Split

_SMALLEST, _LARGEST = 500, 5_000


def usual_fraction(count: int) -> float:
    """How much of `count` texts to hold out.

    A tenth; more, up to a fifth, where a tenth is under 500 texts, whose accuracy would be too
    uncertain to choose by; less where it is over 5,000, which would only cost time.
    """
    return min(max(0.1, min(0.2, _SMALLEST / count)), _LARGEST / count)


def hold_out(part: Split, fraction: float, seed: int, classes: int, leave: int = 1):
    """Divides a part into (what is left, what is held out), class by class where there are any.

    Args:
        part: the texts to divide.
        fraction: how much of each class to hold out; at least one text where `leave` allows.
        seed: the same seed gives the same division.
        classes: number of classes.
        leave: how many texts of each class must stay.
    """
    random = np.random.default_rng(seed)
    strata, held = part.labels, []
    if kind_of(part.labels) != "class":
        strata, classes = np.zeros(len(part), "int32"), 1
    for label in range(classes):
        members = np.flatnonzero(strata == label)
        wanted = max(1, round(fraction * len(members)))
        count = max(0, min(wanted, len(members) - leave))
        held.append(random.permutation(members)[:count])
    held = np.sort(np.concatenate(held))
    left = np.setdiff1d(np.arange(len(part)), held)
    return part.take(left), part.take(held)


def without(part: Split, others) -> tuple[Split, int]:
    """The part without the texts that any of the other parts holds, and how many went."""
    forbidden = {text for other in others for text in other.texts}
    kept = [index for index, text in enumerate(part.texts) if text not in forbidden]
    return part.take(kept), len(part) - len(kept)
