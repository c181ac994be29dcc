"""Exports ONNX, for onnxruntime on any platform."""

from pathlib import Path

import tensorflow as tf

from attn_tuner.errors import need
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.formats.base import Artefact, exporters
from attn_tuner.exporting.onnx_conversion import convert_to_onnx
from attn_tuner.exporting.signatures import IdScorer
from attn_tuner.exporting.standalone_reader.write import write_reader
from attn_tuner.verbosity import silence

_FILE = "model.onnx"
_AXES = {
    "ids": ("batch", "steps"),
    "probabilities": ("batch", "classes"),
    "value": ("batch", "one"),
    "weights": ("batch", "hops", "steps"),
    "set": ("batch", "classes"),
    "known": ("batch",),
    "lower": ("batch", "one"),
    "upper": ("batch", "one"),
}


@exporters.register("onnx")
def export_onnx(bundle: Bundle, folder: Path) -> Artefact:
    """Writes an ONNX file, and the conversion of strings to ids in the same folder.

        ids int32 (batch, steps)  ->  probabilities (batch, classes), weights (batch, hops, steps)

    With prediction sets also `set`, with intervals `lower` and `upper`, and `known` of a model that
    tells texts of none of its classes. Batch and length are free; 0 is padding. `reader.py` and
    `vectorizer.json` convert strings to ids in plain Python. Needs the extra `onnx`.
    """
    need("onnxruntime", "onnx")
    with silence("tensorflow", "tf2onnx"):
        model = _converted(bundle)
    (folder / _FILE).write_bytes(model.SerializeToString())
    write_reader(bundle, folder)
    return Artefact("onnx", folder / _FILE, tolerance=1e-4)


def _converted(bundle: Bundle):
    """The model as ONNX, its weights constants."""
    ids = tf.TensorSpec((None, bundle.steps), tf.int32, name="ids")
    scorer = IdScorer(bundle, constant=True)
    score = tf.function(scorer, input_signature=[ids], autograph=False).get_concrete_function()
    return convert_to_onnx(score, "classifier", lambda name, place: _AXES[name][place])
