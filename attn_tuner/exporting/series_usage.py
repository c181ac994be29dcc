"""Code that calls a model of series, with words in capitals that `usage_snippets` replaces."""

import json

from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.inputs.truncation import head_tail_lengths

_SERIES_SAVEDMODEL = """Python, with TensorFlow alone; raw numbers, NaN where one is missing:

```python
import tensorflow as tf

model = tf.saved_model.load("PATH")
series = [EXAMPLE]  # a list of steps each, a step of FEATURES
steps = tf.ragged.constant(series, tf.float32, ragged_rank=1).to_tensor(float("nan"))
answer = model.signatures["serving_default"](series=steps)
ANSWER
```

`padded(series=, lengths=)` takes series padded with any number, and how many steps each has.

As a service, with TensorFlow Serving on the folder (as `/models/classifier/1`), an array of steps
for each series:

```sh
curl http://localhost:8501/v1/models/classifier:predict -d '{"instances": [ONE]}'
```"""

_SERIES_KERAS = """```python
import attn_tuner  # Keras then knows its layers
import keras
import numpy as np
MODULES

model = keras.saving.load_model("PATH/model.keras")  # train on with model.fit
bundle = attn_tuner.exporting.load_bundle("PATH")  # bundle.json: features, NAMES
series = [EXAMPLE]  # a list of steps each, a step of FEATURES
longest = max(map(len, series))
nothing = [float("nan")] * len(series[0][0])  # Behind the last step of a shorter series.
steps = np.array([each + [nothing] * (longest - len(each)) for each in series], "float32")
ANSWER
```"""

_SERIES_ONNX = """Python, with numpy and onnxruntime alone; raw numbers, NaN where one is missing:

```python
import numpy as np
import onnxruntime

model = onnxruntime.InferenceSession("PATH/model.onnx")
CLASS_LIST
series = [EXAMPLE]  # a list of steps each, a step of FEATURES
longest = max(map(len, series))
steps = np.full((len(series), longest, WIDTH), np.nan, "float32")
for row, each in zip(steps, series):  # Behind the last step of a shorter series stays NaN.
    row[: len(each)] = each
ANSWER
```"""

_SERIES_LITERT = """Python, with the LiteRT interpreter alone, one series of LENGTH steps at a time:

```python
import numpy as np
from ai_edge_litert.interpreter import Interpreter

run = Interpreter("PATH/model.tflite").get_signature_runner("serving_default")
CLASS_LIST
series = [ONE]  # one series: a list of steps, a step of FEATURES, NaN where one is missing
given = np.array(series[0], "float32")
given = given[: 1 + np.flatnonzero(~np.isnan(given).all(axis=1))[-1]]  # NaN behind is padding.
CUT
steps = np.full((1, LENGTH, WIDTH), np.nan, "float32")
steps[0, : len(given)] = given
ANSWER
```

`model.int8.tflite` is called alike and is smaller."""

SERIES_USAGES = {
    "savedmodel": _SERIES_SAVEDMODEL,
    "keras": _SERIES_KERAS,
    "onnx": _SERIES_ONNX,
    "litert": _SERIES_LITERT,
}
_CUTS = {
    "head": "given = given[:LENGTH]  # Later steps are not read.",
    "tail": "given = given[-LENGTH:]  # Earlier steps are not read.",
    "ends": "if len(given) > LENGTH:  # Steps in the middle are not read.\n"
    "    given = np.concatenate([given[:FIRST], given[len(given) - LAST :]])",
}


def series_words(bundle: SeriesBundle, name: str) -> dict[str, str]:
    """Returns what stands in place of the words in capitals, for an artefact of this kind.

    The example has a series of two steps and one of one.
    """
    step = [round(each, 3) for each in bundle.vectorizer.mean]
    count = len(step)
    return {
        **(_cut_words(bundle) if name == "litert" else {}),
        "INPUT": "steps",
        "NAMED": "series",
        "NAMES_BY_INDEX": "classes",
        "CLASS_LIST": "" if bundle.kind == "number" else "classes = CLASS_NAMES",
        "ONE": json.dumps([step, step]),
        "EXAMPLE": f"{json.dumps([step, step])}, {json.dumps([step])}",
        "FEATURES": f"{count} number{'' if count == 1 else 's'}",
        "WIDTH": str(count),
    }


def _cut_words(bundle: SeriesBundle) -> dict[str, str]:
    """Returns how a series is brought to the length that a LiteRT file takes."""
    read = bundle.steps_read()
    if read is None:  # Such a model is not written.
        return {"CUT": ""}
    steps, truncation = read
    first, last = head_tail_lengths(steps, truncation)
    words = {"CUT": _CUTS[truncation], "LENGTH": str(steps), "FIRST": str(first)}
    return {**words, "LAST": str(last)}
