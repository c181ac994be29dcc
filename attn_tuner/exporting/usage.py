"""How to call an artefact, in words that can be copied from its model card."""

import json

from attn_tuner.attention import Head
from attn_tuner.exporting.base import Bundle

_SAVEDMODEL = """Python, with TensorFlow alone:

```python
import tensorflow as tf

model = tf.saved_model.load("PATH")
answer = model.signatures["serving_default"](text=tf.constant(["a text", "another"]))
answer["label"]          # (texts,) strings
answer["probabilities"]  # (texts, CLASSES), in the order CLASS_NAMES
EXPLAIN```

As a service, with TensorFlow Serving on the folder (as `/models/classifier/1`):

```sh
curl http://localhost:8501/v1/models/classifier:predict -d '{"instances": ["a text", "another"]}'
```

```javascript
const answer = await fetch("http://localhost:8501/v1/models/classifier:predict", {
  method: "POST",
  body: JSON.stringify({ instances: ["a text", "another"] }),
});
const { predictions } = await answer.json(); // [{ label, probabilities }, ...]
```"""

_EXPLAIN = """why = model.signatures["explain"](text=tf.constant(["a text"]))
why["tokens"], why["weights"]  # (texts, steps) and (texts, hops, steps); also start, end
"""

_KERAS = """```python
import attn_tuner  # its layers
import keras

model = keras.saving.load_model("PATH/model.keras")
model.predict(ids)  # int32 (texts, steps), 0 is padding; train on with model.fit
```

`bundle.json` holds the vocabulary and the class names; `attn_tuner.exporting.Bundle.load("PATH")`
reads strings with it."""

_ONNX = """Python, with numpy and onnxruntime alone:

```python
import onnxruntime

model = onnxruntime.InferenceSession("PATH/model.onnx")
probabilities, = model.run(["probabilities"], {"ids": ids})  # int32 (texts, steps), 0 is padding
```

```javascript
const model = await ort.InferenceSession.create("PATH/model.onnx"); // onnxruntime-web or -node
const ids = new ort.Tensor("int32", Int32Array.from([5, 9, 2]), [1, 3]);
const { probabilities } = await model.run({ ids });
```"""

_LITERT = """Ids come from `vectorizer.json`.

```python
from ai_edge_litert.interpreter import Interpreter

run = Interpreter("PATH/model.tflite").get_signature_runner("serving_default")
run(ids=ids)["probabilities"]  # int32 (1, STEPS), 0 is padding
```"""

_USAGES = {"savedmodel": _SAVEDMODEL, "keras": _KERAS, "onnx": _ONNX, "litert": _LITERT}


def usage_of(name: str, bundle: Bundle) -> str:
    """Code that calls an artefact of this format."""
    explains = any(isinstance(layer, Head) for layer in bundle.model.layers)
    names = json.dumps(list(bundle.classes), ensure_ascii=False)
    text = _USAGES.get(name, "").replace("EXPLAIN", _EXPLAIN if explains else "")
    text = text.replace("CLASS_NAMES", names).replace("CLASSES", str(len(bundle.classes)))
    return text.replace("STEPS", str(bundle.steps or "any length"))
