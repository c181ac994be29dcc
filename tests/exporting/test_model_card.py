"""The code of the model cards runs as it stands."""

import contextlib
import json
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
import tensorflow as tf

from attn_tuner.exporting import Bundle, exporters
from attn_tuner.exporting.export import export_bundle
from attn_tuner.exporting.usage_snippets import python_code, usage_snippet
from attn_tuner.exporting.verification import fresh_process
from tests.support.colours import in_this_process
from tests.support.small_models import joined

TEXTS = ["a text", "another"]  # Those of the cards.


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


@pytest.fixture(scope="module", params=["binary", "multilabel", "regression"])
def one_of_a_task(request, vectorizer):
    classes = {"binary": ["no", "yes"], "multilabel": ["x", "y", "z"]}.get(request.param, [])
    model, _ = joined([("additive", "none")], request.param, len(classes))
    return Bundle(vectorizer, model, classes, max_length=9, task=request.param)


@pytest.mark.parametrize("form", ["savedmodel", "keras", "onnx", "litert"])
def test_the_python_of_a_card_runs(one_of_a_task, form, tmp_path):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    bundle = one_of_a_task
    exporters[form](bundle, tmp_path)
    code = python_code(usage_snippet(form, bundle), str(tmp_path))
    given = fresh_process.run({"code": code, "texts": TEXTS})
    expected = bundle.predict(TEXTS)
    answers = bundle.columns(np.reshape(given["probabilities"], (len(TEXTS), -1)))
    np.testing.assert_allclose(answers, expected, atol=1e-4)
    if form != "keras" and bundle.kind != "number":
        assert given["labels"] == [bundle.label(row) for row in expected]


@contextlib.contextmanager
def serving(signature):
    """TensorFlow Serving's REST answer to {"instances": [...]}, at a port of its own."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = signature(text=tf.constant(body["instances"]))
            rows = zip(*(each.numpy().tolist() for each in answer.values()), strict=True)
            told = [dict(zip(answer, row, strict=True)) for row in rows]
            told = [{**row, "label": row["label"].decode()} for row in told]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"predictions": told}).encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("program", ["curl", "node"])
def test_a_service_is_called_as_the_card_says(saved, bundle, program):
    if shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    page = (saved.path / "README.md").read_text(encoding="utf-8")
    (code,) = blocks(page, {"curl": "sh", "node": "javascript"}[program])
    loaded = tf.saved_model.load(str(saved.path))
    with serving(loaded.signatures["serving_default"]) as port:
        code = code.replace("localhost:8501", f"127.0.0.1:{port}")
        command = ["sh", "-c", code]
        if program == "node":
            code += "console.log(JSON.stringify({ predictions }));"
            command = ["node", "--input-type=module", "-e", code]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["predictions"]
    expected = bundle.predict(TEXTS)
    assert [row["label"] for row in told] == [bundle.label(row) for row in expected]
    np.testing.assert_allclose([row["probabilities"] for row in told], expected, atol=1e-5)


def test_a_card_promises_no_outputs_that_the_task_lacks(one_of_a_task):
    for form in exporters:
        said = usage_snippet(form, one_of_a_task)
        if not said:  # A format without an example in its card.
            continue
        assert ("probabilit" in said) == (one_of_a_task.kind != "number")
        assert ".argmax" not in said or one_of_a_task.kind == "class"


def test_an_exporter_that_wraps_another_has_the_code_of_that_in_its_card(one_of_a_task, tmp_path):
    exporters.register("keras_again")(lambda bundle, folder: exporters["keras"](bundle, folder))
    try:
        with in_this_process():
            export_bundle(one_of_a_task, tmp_path / "out", ["keras_again"], TEXTS)
    finally:
        del exporters._variants["keras_again"]
    assert blocks((tmp_path / "out" / "README.md").read_text(encoding="utf-8"), "python")
