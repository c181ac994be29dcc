"""Code that calls a model of texts with columns; `usage_snippets` replaces words in capitals."""

import json

from attn_tuner.attention import Head
from attn_tuner.exporting.row_bundle import RowBundle
from attn_tuner.text.columns.cells import TEXT
from attn_tuner.text.columns.encoder import CategoricalColumn

_ROW_SAVEDMODEL = """Python, with TensorFlow alone; texts and columns as they are:

```python
import tensorflow as tf

model = tf.saved_model.load("PATH")
rows = [EXAMPLE]
answer = model.signatures["serving_default"](
ARGUMENTS
)
ANSWER
```

EXPLAINS

As a service, with TensorFlow Serving on the folder (as `/models/classifier/1`):

```sh
curl http://localhost:8501/v1/models/classifier:predict -d '{"instances": [INSTANCE]}'
```"""

_ROW_KERAS = """```python
import attn_tuner  # Keras then knows its layers
import keras
MODULES

model = keras.saving.load_model("PATH/model.keras")  # train on with model.fit
bundle = attn_tuner.exporting.load_bundle("PATH")  # bundle.json: vocabulary, columns, NAMES
rows = [EXAMPLE]  # or a DataFrame with these columns
given = bundle.padded(rows)  # ids int32 (rows, steps), 0 is padding; columns (rows, columns)
ANSWER
```"""

_EXPLAINS = "The signature `explain` takes the same, and also gives tokens, start, end and weights."
ROW_USAGES = {"savedmodel": _ROW_SAVEDMODEL, "keras": _ROW_KERAS}


def row_words(bundle: RowBundle, name: str) -> dict[str, str]:
    """Returns what stands in place of the words in capitals, for an artefact of this kind."""
    columns, example = bundle.vectorizer.columns, bundle.example()
    arguments = {TEXT: TEXT, **columns.arguments()}
    lines = [f'    text=tf.constant([row["{TEXT}"] for row in rows]),']
    for each in columns.columns:
        key = json.dumps(each.name, ensure_ascii=False)
        if isinstance(each, CategoricalColumn):
            lines.append(f"    {arguments[each.name]}=tf.constant([row[{key}] for row in rows]),")
        else:
            values = f'float("nan") if row[{key}] is None else row[{key}] for row in rows'
            lines.append(f'    {arguments[each.name]}=tf.constant([{values}], "float32"),')
    instance = {arguments[key]: value for key, value in example.items()}
    explains = any(isinstance(layer, Head) for layer in bundle.model.layers)
    return {
        "EXPLAINS": _EXPLAINS if explains else "",
        "ARGUMENTS": "\n".join(lines),
        "EXAMPLE": json.dumps(example, ensure_ascii=False),
        "INSTANCE": json.dumps(instance, ensure_ascii=False).replace("'", "\\u0027"),
        "INPUT": "given",
    }
