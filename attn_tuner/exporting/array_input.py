"""The input of an artefact that takes arrays: of ONNX and LiteRT, which have no strings here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ArrayInput:
    """What an artefact of arrays takes.

    Args:
        name: str, as the artefact calls it: "ids" or "series".
        shape: of one input, without the batch; None for an axis of any length.
        dtype: str, name of the numbers' type.
        cut_before: (max_length, truncation) to which inputs are cut before they are given; None
            where the model gets them whole.
        notes: tuple of str, sentences for the model card.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: str
    cut_before: tuple[int | None, str] | None = None
    notes: tuple[str, ...] = ()
