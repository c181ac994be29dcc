"""Converts a TensorFlow function to an ONNX model whose batch and length are free."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from attn_tuner.errors import ExportError, need

_OPSET = 17
# Optimizers of tf2onnx that keep the batch size free. Those of transposes make reshapes of them,
# and merging two reshapes then takes batch x steps for the batch.
_SAFE = (
    "ConstFoldOptimizer",
    "LoopOptimizer",
    "MergeDuplicatedNodesOptimizer",
    "IdentityOptimizer",
)


def convert_to_onnx(function: Any, title: str, axis_name: Callable[[str, int], str]) -> Any:
    """Converts as `tf2onnx.convert` does, with safe optimizers only. Needs the extra `onnx`.

    Args:
        function: a concrete function of named tensors that returns a dict of tensors, without
            variables; an input that it does not use is left out.
        title: of the model in the file.
        axis_name: returns the name of a free axis, of the name of an input or output and the
            number of the axis.

    Raises:
        ExportError: tf2onnx cannot convert the function.
    """
    loader, tfonnx = need("tf2onnx.tf_loader", "onnx"), need("tf2onnx.tfonnx", "onnx")
    optimizer = need("tf2onnx.optimizer", "onnx")
    inputs = [each.name for each in function.inputs]
    outputs = [each.name for each in function.outputs]
    frozen = loader.from_function(function, inputs, outputs)
    there = {node.name for node in frozen.node}
    inputs = [each for each in inputs if each.split(":")[0] in there]
    names = dict(zip(outputs, sorted(function.structured_outputs), strict=True))
    try:
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(frozen, name="")
            converted = tfonnx.process_tf_graph(
                graph,
                opset=_OPSET,
                input_names=inputs,
                output_names=outputs,
                tensors_to_rename={**{each: each.split(":")[0] for each in inputs}, **names},
            )
    except (ValueError, NotImplementedError, KeyError) as error:
        raise ExportError(
            f"tf2onnx cannot convert this model: {str(error).splitlines()[0]} "
            "Choose the savedmodel or keras format, or another head or encoder."
        ) from error
    safe = {name: getattr(optimizer, name) for name in _SAFE}
    model = optimizer.optimize_graph(converted, optimizers=safe).make_model(title)
    for each in (*model.graph.input, *model.graph.output):
        for place, axis in enumerate(each.type.tensor_type.shape.dim):
            if not axis.HasField("dim_value"):  # A free axis, which tf2onnx has numbered.
                axis.dim_param = axis_name(each.name, place)
    return model
