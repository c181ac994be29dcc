"""From a trained model to files that others run: one module per format.

    bundle = Bundle(vectorizer, model, classes, max_length=400)
    deliver(bundle, "best", ["savedmodel", "onnx"], texts)

Each artefact is loaded in a fresh process without this package and must give the model's own
probabilities before it takes its place.
"""

import importlib

from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.formats.base import Artefact, exporters

_ELSEWHERE = {
    "Delivered": "export",
    "Shrink": "compression.shrink",
    "bundle_of": "export_model",
    "deliver": "export",
    "export_model": "export_model",
    "shrunk": "compression.shrink",
}

__all__ = ["Artefact", "Bundle", "exporters", *_ELSEWHERE]


def __getattr__(name):
    if name in _ELSEWHERE:
        module = importlib.import_module(f"{__name__}.{_ELSEWHERE[name]}")
        return getattr(module, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
