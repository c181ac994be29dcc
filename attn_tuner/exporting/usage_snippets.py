"""Writes code that calls an artefact, to be copied from its model card."""

import json

from attn_tuner.attention import Head
from attn_tuner.exporting.bundle import Bundle

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
import numpy as np
import onnxruntime
from reader import Reader  # reader.py beside the model

read = Reader("PATH/vectorizer.json")
model = onnxruntime.InferenceSession("PATH/model.onnx")
ids = np.array(read.padded(["a text", "another"]), "int32")
(probabilities,) = model.run(["probabilities"], {"ids": ids})
labels = [read.classes[best] for best in probabilities.argmax(axis=-1)]
```

JavaScript, in Node as here or with onnxruntime-web in a page:

```javascript
import { readFileSync } from "node:fs";
import ort from "onnxruntime-node";
import reader from "PATH/reader.js"; // beside the model as well

const read = new reader.Reader(JSON.parse(readFileSync("PATH/vectorizer.json", "utf8")));
const rows = read.padded(["a text", "another"]);
const ids = new ort.Tensor("int32", Int32Array.from(rows.flat()), [rows.length, rows[0].length]);
const model = await ort.InferenceSession.create("PATH/model.onnx");
const { probabilities } = await model.run({ ids }); // .data: CLASSES of the first text, then more
```"""

_LITERT = """Python, with the LiteRT interpreter alone, one text at a time:

```python
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from reader import Reader  # reader.py beside the model

read = Reader("PATH/vectorizer.json")
run = Interpreter("PATH/model.tflite").get_signature_runner("serving_default")
probabilities = run(ids=np.array(read.padded(["a text"]), "int32"))["probabilities"][0]
read.classes[probabilities.argmax()]
```

`model.int8.tflite` is called alike and is smaller. `reader.js` makes ids in JavaScript, for
interpreters there."""

_USAGES = {"savedmodel": _SAVEDMODEL, "keras": _KERAS, "onnx": _ONNX, "litert": _LITERT}

_PROBABILITIES = 'answer["probabilities"]  # (texts, CLASSES), in the order CLASS_NAMES'
_BATCH = """(probabilities,) = model.run(["probabilities"], {"ids": ids})
labels = [read.classes[best] for best in probabilities.argmax(axis=-1)]
"""
_ONE = """probabilities = run(ids=np.array(read.padded(["a text"]), "int32"))["probabilities"][0]
read.classes[probabilities.argmax()]
"""
_SURE = "[name for name, sure in zip(read.classes, ROW) if sure >= 0.5]"
# Replacements for tasks other than one class per text.
_REPLACEMENTS = {
    "labels": {
        "(texts,) strings": "(texts,) strings, the labels of a text joined by commas",
        _PROBABILITIES: f'answer["labels"]         # (texts, CLASSES) bool\n{_PROBABILITIES}',
        "{ label, probabilities }": "{ label, labels, probabilities }",
        _BATCH: _BATCH.splitlines()[0]
        + f"\nlabels = [\n    {_SURE.replace('ROW', 'row')}\n    for row in probabilities\n]\n",
        _ONE: _ONE.splitlines()[0] + f"\n{_SURE.replace('ROW', 'probabilities')}\n",
    },
    "number": {
        'answer["label"]          # (texts,) strings\n': "",
        _PROBABILITIES: 'answer["value"]  # (texts,) numbers',
        "[{ label, probabilities }, ...]": "[number, ...]",
        " and the class names": "",
        _BATCH: '(values,) = model.run(["value"], {"ids": ids})  # (texts, 1)\n',
        _ONE: 'run(ids=np.array(read.padded(["a text"]), "int32"))["value"][0, 0]\n',
        "{ probabilities } = await": "{ value } = await",
        ".data: CLASSES of the first text, then more": ".data: one number a text",
    },
}


def usage_snippet(name: str, bundle: Bundle) -> str:
    """Returns the code that calls an artefact of this format."""
    explains = any(isinstance(layer, Head) for layer in bundle.model.layers)
    names = json.dumps(list(bundle.classes), ensure_ascii=False)
    text = _USAGES.get(name, "")
    for classes, other in _REPLACEMENTS.get(bundle.kind, {}).items():
        text = text.replace(classes, other)
    text = text.replace("EXPLAIN", _EXPLAIN if explains else "")
    return text.replace("CLASS_NAMES", names).replace("CLASSES", str(len(bundle.classes)))
