"""The registry of export formats, and what an exporter returns."""

from dataclasses import dataclass
from pathlib import Path

from attn_tuner.registry import Registry

exporters = Registry("exporter", package="attn_tuner.exporting.formats")


@dataclass(frozen=True)
class Program:
    """What runs an artefact of a new kind: code for its user, which the verification executes.

    Args:
        name: str, for messages: "numpy".
        usage: str, Python code for the model card. It loads the artefact from the folder `PATH`,
            has one statement `texts = [...]`, and below that assigns `probabilities` (texts,
            classes), or `values` (texts, 1) of a regression, and `labels` if it gives them.
        library: str, module to import before the artefact is there, to save time; "" for none.
        forbidden: tuple of str, modules that the code cannot import.
    """

    name: str
    usage: str
    library: str = ""
    forbidden: tuple[str, ...] = ("attn_tuner", "keras", "keras_tuner")

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Artefact:
    """What an exporter wrote, and how to verify it.

    Args:
        kind: what runs it: "savedmodel", "keras", "onnx" or "litert", or a `Program` of its own.
        file: `Path` that this program opens: a file, or the folder of a SavedModel.
        tolerance: float, largest allowed difference of a probability; None if it is only measured.
        notes: tuple of str, sentences for the model card.
    """

    kind: str | Program
    file: Path
    tolerance: float | None
    notes: tuple[str, ...] = ()
