"""Exports Keras' own format, which loads in safe mode and can be trained further."""

from pathlib import Path

from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.formats.base import Artefact, exporters
from attn_tuner.storage.layout import BUNDLE_MODEL


@exporters.register("keras")
def export_keras(bundle: Bundle, folder: Path) -> Artefact:
    """Writes a `.keras` file of ids to probabilities, with its optimiser, for further training.

    `keras.saving.load_model` loads it in safe mode wherever this package is installed, under any
    backend. The vocabulary and the class names are in `bundle.json` in the same folder.
    """
    bundle.save(folder)
    return Artefact("keras", folder / BUNDLE_MODEL, tolerance=1e-5)
