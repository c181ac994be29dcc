"""Exports LiteRT (TensorFlow Lite), for phones and small machines."""

import re
from pathlib import Path

import tensorflow as tf

from attn_tuner.errors import ExportError
from attn_tuner.exporting.array_graph import array_graph
from attn_tuner.exporting.array_input import ArrayInput
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.formats.base import Artefact, exporters
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.exporting.usage_snippets import LITERT_FILE

_SMALL_FILE = "model.int8.tflite"


@exporters.register("litert")
def export_litert(bundle: Bundle | SeriesBundle, folder: Path) -> list[Artefact]:
    """Writes two `.tflite` files, float32 and dynamic-range int8, with built-in operators only.

        ids int32 (1, steps)  ->  probabilities (1, classes), weights (1, hops, steps)
        series float32 (1, steps, features)  ->  the same

    With prediction sets also `set`, with intervals `lower` and `upper`, and `known` of a model that
    tells texts of none of its classes. One input at a time: a text of any length, where 0 is
    padding, or a series of the fixed length that the model reads, in steps, where NaN is a missing
    value and stands behind the last step. Beside a model of texts `reader.py` and `vectorizer.json`
    convert strings to ids in plain Python. The float file must be equal within 1e-4; the difference
    of the int8 file is measured and reported.
    """
    taken = bundle.array_input(fixed_length=True)
    bundle.write_reader(folder)
    (folder / LITERT_FILE).write_bytes(_converted(bundle, taken, small=False))
    (folder / _SMALL_FILE).write_bytes(_converted(bundle, taken, small=True))
    return [
        Artefact("litert", folder / LITERT_FILE, tolerance=1e-4, notes=taken.notes),
        Artefact("litert", folder / _SMALL_FILE, tolerance=None),
    ]


def _converted(bundle: Bundle | SeriesBundle, taken: ArrayInput, small: bool) -> bytes:
    score = array_graph(bundle, taken, batch=1)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([score], tf.Module())
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    if small:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    try:
        return converter.convert()
    except Exception as error:  # The converter raises a class of its own, which is not public.
        raise ExportError(_error_message(bundle, error)) from error


def _error_message(bundle: Bundle | SeriesBundle, error: Exception) -> str:
    """Names the layer that LiteRT cannot express, from the converter's error."""
    operators = sorted(set(re.findall(r"'tf\.(\w+)' op is neither", str(error))))
    places = str(getattr(error, "errors", ""))
    guilty = [
        layer.name
        for layer in bundle.model.layers
        if re.search(rf'name: "(.*/)?{re.escape(layer.name)}(_\d+)?/', places)
    ]
    who = f"layer '{guilty[0]}'" if guilty else f"model '{bundle.model.name}'"
    why = f"it needs {', '.join(operators)}" if operators else str(error).splitlines()[0]
    return (
        f"The {who} cannot be expressed in LiteRT's built-in operators: {why}. Choose the "
        "savedmodel or onnx format, or a head such as additive and an encoder such as bigru."
    )
