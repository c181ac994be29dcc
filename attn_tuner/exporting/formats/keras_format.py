"""Keras' own archive: loads in safe mode, trains on."""

from pathlib import Path

from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.formats.base import Artefact, exporters
from attn_tuner.storage.layout import BUNDLE_MODEL


@exporters.register("keras")
def export_keras(bundle: Bundle, folder: Path) -> Artefact:
    """A `.keras` file of ids to probabilities, with its optimiser, for training on.

    `keras.saving.load_model` reads it in safe mode wherever this package is installed, under any
    backend. The vocabulary and the class names lie beside it in `bundle.json`.
    """
    bundle.save(folder)
    return Artefact("keras", folder / BUNDLE_MODEL, tolerance=1e-5)
