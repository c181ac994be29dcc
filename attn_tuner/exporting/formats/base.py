"""The registry of export formats and what each of them returns."""

from dataclasses import dataclass
from pathlib import Path

from attn_tuner.registry import Registry

exporters = Registry("exporter", package="attn_tuner.exporting.formats")


@dataclass(frozen=True)
class Artefact:
    """What an exporter wrote, and how it is to be checked.

    Args:
        kind: what runs it, one of the kinds of `fresh.py`.
        file: what that program opens: a file, or the folder of a SavedModel.
        tolerance: greatest difference of a probability that passes; None measures it only.
        notes: sentences for the model card.
    """

    kind: str
    file: Path
    tolerance: float | None
    notes: tuple[str, ...] = ()
