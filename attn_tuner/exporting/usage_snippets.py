"""Writes code that calls an artefact: printed in its model card, and run by its verification.

The Python of a snippet has one statement `texts = [...]`, `rows = [...]` or `series = [...]`. What
stands above it loads the artefact; what stands below it answers those texts, in `probabilities` or
`values` and, if it says them, in `labels`, `sets`, `lower`, `upper` and `known`. `PATH` stands for
the folder of the artefact.
"""

import json
import re
from collections.abc import Callable, Mapping

from attn_tuner.attention import Head
from attn_tuner.exporting.bundle import Bundle
from attn_tuner.exporting.formats.base import Program
from attn_tuner.exporting.named_inputs import NamedInputs
from attn_tuner.exporting.row_usage import ROW_USAGES, row_words
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.exporting.series_usage import SERIES_USAGES, series_words
from attn_tuner.exporting.trusted_modules import untrusted_modules
from attn_tuner.exporting.usage_answers import ANSWERS, DOUBTS, IN_ORDER, KNOWN, MEANING, PROMISES
from attn_tuner.inputs.kinds import COLUMNS, SERIES, TEXT, kind_named

PATH = "PATH"
LITERT_FILE = "model.tflite"

_SAVEDMODEL = """Python, with TensorFlow alone:

```python
import tensorflow as tf

model = tf.saved_model.load("PATH")
texts = ["a text", "another"]
answer = model.signatures["serving_default"](text=tf.constant(texts))
ANSWER
EXPLAIN
```

As a service, with TensorFlow Serving on the folder (as `/models/classifier/1`):

```sh
curl http://localhost:8501/v1/models/classifier:predict -d '{"instances": ["a text", "another"]}'
```

```javascript
const answer = await fetch("http://localhost:8501/v1/models/classifier:predict", {
  method: "POST",
  body: JSON.stringify({ instances: ["a text", "another"] }),
});
const { predictions } = await answer.json(); // ROWS
```"""

_NAMED = """Python, with TensorFlow alone:

```python
import tensorflow as tf

model = tf.saved_model.load("PATH")
rows = [EXAMPLE]
answer = model.signatures["serving_default"](
INPUTS
)
ANSWER
```"""

_EXPLAIN = """why = model.signatures["explain"](text=tf.constant(texts[:1]))
why["tokens"], why["weights"]  # (texts, steps) and (texts, hops, steps); also start, end"""

_KERAS = """```python
import attn_tuner  # Keras then knows its layers
import keras
MODULES

model = keras.saving.load_model("PATH/model.keras")  # train on with model.fit
bundle = attn_tuner.exporting.Bundle.load("PATH")  # bundle.json: vocabulary, NAMES
texts = ["a text", "another"]
ids = bundle.padded(texts)  # int32 (texts, steps), 0 is padding
ANSWER
```"""

_ONNX = """Python, with numpy and onnxruntime alone:

```python
import sys

import numpy as np
import onnxruntime

sys.path.append("PATH")
from reader import Reader  # reader.py beside the model

read = Reader("PATH/vectorizer.json")
model = onnxruntime.InferenceSession("PATH/model.onnx")
texts = ["a text", "another"]
ids = np.array(read.padded(texts), "int32")
ANSWER
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
JAVASCRIPT
```"""

_LITERT = """Python, with the LiteRT interpreter alone, one text at a time:

```python
import sys

import numpy as np
from ai_edge_litert.interpreter import Interpreter

sys.path.append("PATH")
from reader import Reader  # reader.py beside the model

read = Reader("PATH/vectorizer.json")
run = Interpreter("PATH/model.tflite").get_signature_runner("serving_default")
texts = ["a text"]
ids = np.array(read.padded(texts), "int32")
ANSWER
```

`model.int8.tflite` is called alike and is smaller. `reader.js` makes ids in JavaScript, for
interpreters there."""

_USAGES = {"savedmodel": _SAVEDMODEL, "keras": _KERAS, "onnx": _ONNX, "litert": _LITERT}
_USAGES_OF = {TEXT.name: _USAGES, SERIES.name: SERIES_USAGES, COLUMNS.name: ROW_USAGES}

_ROWS = {
    "class": "[{ label, probabilities }, ...]",
    "labels": "[{ label, labels, probabilities }, ...]",
    "number": "[number, ...]",
}
_JAVASCRIPT = (
    "const { probabilities } = await model.run({ ids }); "
    "// .data: CLASSES of the first text, then more"
)
_JAVASCRIPT_NUMBER = "const { value } = await model.run({ ids }); // .data: one number a text"


def usage_snippet(name: str | Program, bundle: Bundle | SeriesBundle | NamedInputs) -> str:
    """Returns the text that says how to call an artefact.

    Args:
        name: the artefact's kind. A `Program` brings its code.
        bundle: what it was made from.

    Returns:
        Markdown; "" for a name that is no kind.
    """
    if isinstance(name, Program):
        return f"Python:\n\n```python\n{name.usage.strip()}\n```"
    usages = _USAGES_OF[bundle.input]
    if name not in usages:
        return ""
    if isinstance(bundle, NamedInputs):
        return _named_usage(bundle)
    kind = bundle.kind
    answers = "numbers" if bundle.answers.several else kind
    explains = any(isinstance(layer, Head) for layer in bundle.model.layers)
    modules = [each for each in untrusted_modules(bundle.model) if each != "__main__"]
    single = kind == "class" and bundle.model.output_shape[-1] == 1
    outputs = "  # (texts, 1), of the second of CLASS_NAMES" if single else IN_ORDER
    names = json.dumps(list(bundle.classes), ensure_ascii=False)
    replacements = {
        "ANSWER": kind_named(bundle.input).worded(ANSWERS[answers][name] + _doubt(bundle, name)),
        "OUTPUTS": outputs,
        "EXPLAIN": _EXPLAIN if explains else "",
        "MODULES": "\n".join(f"import {each}  # the model's own layers" for each in modules),
        "JAVASCRIPT": _JAVASCRIPT_NUMBER if kind == "number" else _JAVASCRIPT,
        "ROWS": _ROWS[kind],
        "NAMES": "task" if kind == "number" and not bundle.classes else "class names",
        "CLASSES": str(len(bundle.classes)),
        # The last, since a class or a value may be named like one of these.
        **_WORDS_OF[bundle.input](bundle, name),
        "CLASS_NAMES": names,
    }
    return _replaced(usages[name], replacements)


def _text_words(bundle: Bundle, name: str) -> dict[str, str]:
    """Returns what the input of a model of texts is called."""
    return {"INPUT": "ids", "NAMED": "ids", "NAMES_BY_INDEX": "read.classes"}


# From a bundle and an artefact's kind to what stands in place of the words of its input.
_WORDS_OF: dict[str, Callable[..., dict[str, str]]] = {
    TEXT.name: _text_words,
    SERIES.name: series_words,
    COLUMNS.name: row_words,
}


def _doubt(bundle: Bundle | SeriesBundle, name: str) -> str:
    """Returns the lines that ask for sets, intervals and known texts; "" where there are none."""
    lines = []
    if bundle.conformal is not None:
        share = f"{100 * bundle.conformal.coverage:.6g}%"
        promise = PROMISES[bundle.kind].replace("COVERAGE", share)
        lines.append(DOUBTS[bundle.kind][name].replace("PROMISE", promise))
    if bundle.known is not None:
        lines.append(KNOWN[name].replace("MEANING", MEANING))
    return "".join(f"\n{line}" for line in lines)


def _named_usage(inputs: NamedInputs) -> str:
    example = json.dumps(inputs.example(), ensure_ascii=False)
    dtypes = {
        each.name: "" if inputs.takes_text(each) else f', "{each.dtype}"'
        for each in inputs.model.inputs
    }
    given = [
        f'    {name}=tf.constant([row["{name}"] for row in rows]{dtype}),'
        for name, dtype in dtypes.items()
    ]
    replacements = {
        "ANSWER": ANSWERS[inputs.kind]["savedmodel"],
        "INPUTS": "\n".join(given),
        "CLASSES": str(len(inputs.classes)),
        "EXAMPLE": example,
        "CLASS_NAMES": json.dumps(list(inputs.classes), ensure_ascii=False),
    }
    return _replaced(_NAMED, replacements)


def _replaced(text: str, replacements: Mapping[str, str]) -> str:
    for word, other in replacements.items():
        found = rf"\b{word}\b" if other else rf"\b{word}\b\n"
        text = re.sub(found, lambda _, other=other: other, text)
    return text


def python_code(usage: str, folder: str) -> str:
    """Returns the Python of a snippet, for an artefact in this folder; "" if it has none."""
    found = re.search(r"```python\n(.*?)```", usage, re.DOTALL)
    return found[1].replace(PATH, json.dumps(folder, ensure_ascii=False)[1:-1]) if found else ""
