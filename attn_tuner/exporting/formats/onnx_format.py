"""Exports ONNX, for onnxruntime on any platform."""

from pathlib import Path

import tensorflow as tf

from attn_tuner.errors import ExportError, need
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.formats.base import Artefact, exporters
from attn_tuner.exporting.signatures import IdScorer
from attn_tuner.exporting.standalone_reader.write import write_reader
from attn_tuner.verbosity import silence

_FILE = "model.onnx"
_OPSET = 17
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
# Optimizers of tf2onnx that keep the batch size free. Those of transposes make reshapes of them,
# and merging two reshapes then takes batch x steps for the batch.
_SAFE = (
    "ConstFoldOptimizer",
    "LoopOptimizer",
    "MergeDuplicatedNodesOptimizer",
    "IdentityOptimizer",
)


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
    """Converts as `tf2onnx.convert` does, with safe optimizers only."""
    loader, tfonnx = need("tf2onnx.tf_loader", "onnx"), need("tf2onnx.tfonnx", "onnx")
    optimizer = need("tf2onnx.optimizer", "onnx")
    ids = tf.TensorSpec((None, bundle.steps), tf.int32, name="ids")
    scorer = IdScorer(bundle, constant=True)
    score = tf.function(scorer, input_signature=[ids], autograph=False).get_concrete_function()
    inputs = [each.name for each in score.inputs]
    outputs = [each.name for each in score.outputs]
    names = dict(zip(outputs, sorted(score.structured_outputs), strict=True))
    frozen = loader.from_function(score, inputs, outputs)
    try:
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(frozen, name="")
            converted = tfonnx.process_tf_graph(
                graph,
                opset=_OPSET,
                input_names=inputs,
                output_names=outputs,
                tensors_to_rename={inputs[0]: "ids", **names},
            )
    except (ValueError, NotImplementedError, KeyError) as error:
        raise ExportError(
            f"tf2onnx cannot convert this model: {str(error).splitlines()[0]} "
            "Choose the savedmodel or keras format, or another head or encoder."
        ) from error
    safe = {name: getattr(optimizer, name) for name in _SAFE}
    model = optimizer.optimize_graph(converted, optimizers=safe).make_model("classifier")
    for each in (*model.graph.input, *model.graph.output):
        for axis, name in zip(each.type.tensor_type.shape.dim, _AXES[each.name], strict=True):
            if not axis.HasField("dim_value"):  # A free axis, which tf2onnx has numbered.
                axis.dim_param = name
    return model
