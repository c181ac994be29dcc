"""Code that calls a model of series, with words in capitals that `usage_snippets` replaces."""

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

SERIES_USAGES = {"savedmodel": _SERIES_SAVEDMODEL, "keras": _SERIES_KERAS}
