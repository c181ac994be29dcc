"""The last layers of a model: from a vector to probabilities or numbers."""

from typing import Any

import keras

from attn_tuner.hypermodel.layer_names import LayerNames
from attn_tuner.layers.sorted_quantiles import SortedQuantiles
from attn_tuner.tasks import Task


def answer(
    context: Any, task: Task, classes: int, scale: tuple[float, float], named: LayerNames
) -> Any:
    """Returns the answers of a model, `(batch, outputs)`.

    Args:
        context: symbolic tensor, `(batch, width)`.
        task: what the model answers.
        classes: number of classes, labels or numbers.
        scale: mean and standard deviation of the numbers.
        named: names the layers.
    """
    is_number = task.kind == "number"
    # float32 even under mixed_float16: probabilities near 0 and 1 would round to them.
    layer = keras.layers.Dense(
        task.outputs(classes),
        activation=task.activation,
        dtype="float32",
        **named("distance" if is_number else "probabilities", True),
    )
    answers = layer(context)
    if not is_number:
        return answers
    if task.levels:
        answers = SortedQuantiles(task.levels, **named("quantiles", True))(answers)
    mean, deviation = scale
    rescaling = keras.layers.Rescaling(deviation, mean, dtype="float32", **named("value", True))
    return rescaling(answers)
