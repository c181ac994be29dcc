"""Exports ONNX, for onnxruntime on any platform."""

from pathlib import Path

from attn_tuner.errors import need
from attn_tuner.exporting.array_graph import array_graph
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.formats.base import Artefact, exporters
from attn_tuner.exporting.onnx_conversion import convert_to_onnx
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.verbosity import silence

_FILE = "model.onnx"
_AXES = {
    "ids": ("batch", "steps"),
    "series": ("batch", "steps", "features"),
    "probabilities": ("batch", "classes"),
    "value": ("batch", "one"),
    "weights": ("batch", "hops", "steps"),
    "set": ("batch", "classes"),
    "known": ("batch",),
    "lower": ("batch", "one"),
    "upper": ("batch", "one"),
}


@exporters.register("onnx")
def export_onnx(bundle: Bundle | SeriesBundle, folder: Path) -> Artefact:
    """Writes an ONNX file, and of texts the conversion of strings to ids in the same folder.

        ids int32 (batch, steps)  ->  probabilities (batch, classes), weights (batch, hops, steps)
        series float32 (batch, steps, features)  ->  the same

    With prediction sets also `set`, with intervals `lower` and `upper`, and `known` of a model that
    tells texts of none of its classes. Batch and length are free. 0 is padding of ids, and NaN that
    of series, as it is a missing value. `reader.py` and `vectorizer.json` convert strings to ids in
    plain Python. Needs the extra `onnx`.
    """
    need("onnxruntime", "onnx")
    with silence("tensorflow", "tf2onnx"):
        model = _converted(bundle)
    (folder / _FILE).write_bytes(model.SerializeToString())
    bundle.write_reader(folder)
    return Artefact("onnx", folder / _FILE, tolerance=1e-4)


def _converted(bundle: Bundle | SeriesBundle):
    """The model as ONNX, its weights constants."""
    score = array_graph(bundle, bundle.array_input())
    return convert_to_onnx(score, "classifier", lambda name, place: _AXES[name][place])
