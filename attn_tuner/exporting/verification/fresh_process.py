"""Runs an artefact as its user would: in a process without this package.

Run as a script, `fresh_process.py KIND`, with KIND one of `RUNNERS`, it answers one JSON line per
request on standard input:

    {"path": "best", "texts": [...]}
    {"path": "best/model.onnx", "texts": [...], "reader": "best/reader.py"}
    {"path": "best/model.keras", "ids": [[[...], ...], ...], "modules": [...]}

with `{"probabilities": [[...]], "labels": [...]}` or `{"error": "..."}`.
"""

import contextlib
import importlib.util
import json
import os
import sys

# Modules that cannot be imported, so that the artefact cannot depend on them.
FORBIDDEN = {
    "savedmodel": ("attn_tuner", "keras", "keras_tuner"),
    "litert": ("attn_tuner", "keras", "keras_tuner"),
    "onnx": ("attn_tuner", "keras", "keras_tuner", "tensorflow", "tf2onnx"),
    "keras": (),
}
LIBRARIES = {
    "savedmodel": ("tensorflow",),
    "litert": ("ai_edge_litert.interpreter",),
    "onnx": ("onnxruntime",),
    "keras": ("keras",),
}


def run_savedmodel(request: dict) -> dict:
    """Predicts labels and probabilities from strings, with TensorFlow alone."""
    import tensorflow as tf

    serve = tf.saved_model.load(request["path"]).signatures["serving_default"]
    given, labels = [], []
    for start in range(0, max(len(request["texts"]), 1), 64):
        texts = request["texts"][start : start + 64]
        answer = serve(text=tf.constant(texts, tf.string, [len(texts)]))
        if "value" in answer:  # A regression has no labels.
            given += answer["value"].numpy()[:, None].tolist()
            continue
        given += answer["probabilities"].numpy().tolist()
        labels += [label.decode() for label in answer["label"].numpy()]
    return {"probabilities": given, **({"labels": labels} if labels else {})}


def run_keras(request: dict) -> dict:
    """Predicts from padded ids, with the model loaded in safe mode."""
    import keras

    for module in request.get("modules", ()):  # Where the model's own layers are defined.
        importlib.import_module(module)
    model = keras.saving.load_model(request["path"], safe_mode=True)
    return _answer(model.predict_on_batch(ids) for ids in _batches(request, size=64))


def run_onnx(request: dict) -> dict:
    """Predicts probabilities from ids, with numpy and onnxruntime alone."""
    import onnxruntime

    session = onnxruntime.InferenceSession(request["path"], providers=["CPUExecutionProvider"])
    given = {each.name for each in session.get_outputs()}
    name = "value" if "value" in given else "probabilities"  # A regression gives `value`.
    return _answer(session.run([name], {"ids": ids})[0] for ids in _batches(request, size=64))


def run_litert(request: dict) -> dict:
    """Predicts probabilities from ids with LiteRT's interpreter and its built-in operators."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        import tensorflow as tf

        Interpreter = tf.lite.Interpreter
    interpreter = Interpreter(model_path=request["path"])
    run = interpreter.get_signature_runner("serving_default")
    answers = (run(ids=ids) for ids in _batches(request, size=1))
    return _answer(each.get("value", each.get("probabilities")) for each in answers)


def _batches(request, size):
    """Yields ids, `size` texts at a time, from the request or by the reader next to the model."""
    import numpy as np

    if "ids" in request:
        yield from (np.array(ids, "int32") for ids in request["ids"])
        return
    specification = importlib.util.spec_from_file_location("reader", request["reader"])
    reader = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(reader)
    folder = os.path.dirname(request["reader"])
    read = reader.Reader(os.path.join(folder, "vectorizer.json"))
    for start in range(0, len(request["texts"]), size):
        yield np.array(read.padded(request["texts"][start : start + size]), "int32")


def _answer(batches):
    return {"probabilities": [row for batch in batches for row in batch.tolist()]}


RUNNERS = {
    "savedmodel": run_savedmodel,
    "keras": run_keras,
    "onnx": run_onnx,
    "litert": run_litert,
}


def main(kind: str) -> None:
    """Answers requests until standard input closes."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # Output of libraries must not mix with the answers.
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [each for each in sys.path if os.path.abspath(each or ".") != here]
    for module in FORBIDDEN[kind]:
        sys.modules[module] = None
    for module in LIBRARIES[kind]:  # While the artefact is still being written.
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    run = RUNNERS[kind]
    for line in sys.stdin:
        try:
            answer = run(json.loads(line))
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
