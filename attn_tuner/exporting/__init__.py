"""Exports a trained model in formats that run without this package, one module per format.

    bundle = Bundle(vectorizer, model, classes, max_length=400)
    export_bundle(bundle, "best", ["savedmodel", "onnx"], texts)

Each artefact is loaded in a new process, without this package, and must give the same
probabilities as the model. Only then is it moved to its path.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attn_tuner.exporting.bundle import Bundle, load_bundle
    from attn_tuner.exporting.formats.base import Artefact, Program, exporters
    from attn_tuner.exporting.series_bundle import SeriesBundle

_LAZY = {  # Name to module. `export_model` is not here: its module has the same name.
    "ExportedArtefact": "export",
    "Shrink": "compression.shrink",
    "export_bundle": "export",
    "make_bundle": "export_model",
    "shrink_embeddings": "compression.shrink",
}

_HOMES = {
    "Artefact": "formats.base",
    "Bundle": "bundle",
    "RowBundle": "row_bundle",
    "SeriesBundle": "series_bundle",
    "load_bundle": "bundle",
    "Program": "formats.base",
    "exporters": "formats.base",
    **_LAZY,
}

__all__ = [
    "Artefact",
    "Bundle",
    "Program",
    "RowBundle",
    "SeriesBundle",
    "exporters",
    "load_bundle",
    *_LAZY,
]


def __getattr__(name: str):
    if name in _HOMES:
        module = importlib.import_module(f"{__name__}.{_HOMES[name]}")
        return getattr(module, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
