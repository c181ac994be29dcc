"""The registry of export formats, and the artefact that an exporter returns."""

from dataclasses import dataclass
from pathlib import Path

from attn_tuner.registry import Registry

exporters = Registry("exporter", package="attn_tuner.exporting.formats")


@dataclass(frozen=True)
class Artefact:
    """What an exporter wrote, and how to verify it.

    Args:
        kind: str, program that runs it: a key of `verification.fresh_process.LIBRARIES`.
        file: `Path` that this program opens: a file, or the folder of a SavedModel.
        tolerance: float, largest allowed difference of a probability; None if it is only measured.
        notes: tuple of str, sentences for the model card.
    """

    kind: str
    file: Path
    tolerance: float | None
    notes: tuple[str, ...] = ()
