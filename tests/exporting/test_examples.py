"""The examples that use an artefact run as they are, in a process without this package."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

from attn_tuner.exporting.formats.onnx_format import export_onnx
from tests.support.examples import EXAMPLES
from tests.support.small_models import TEXTS

BLOCKED = "import sys, runpy; sys.modules.update(dict.fromkeys({names})); runpy.run_path({path!r}, run_name='__main__')"  # noqa: E501


def run(script, blocked, *arguments):
    program = BLOCKED.format(names=blocked, path=str(EXAMPLES / script))
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr[-1500:]
    return done.stdout.strip().splitlines()


def test_a_saved_model_serves_with_tensorflow_alone(saved, bundle):
    texts = TEXTS[:4]
    lines = run("serve_saved_model.py", ["attn_tuner", "keras"], saved.path, *texts)
    expected = bundle.predict(texts)
    assert len(lines) == 2 * len(texts)
    for line, probabilities in zip(lines, expected, strict=False):
        assert line.split()[0] == bundle.classes[probabilities.argmax()]
        shown = [float(each) for each in re.findall(r"(?<=tive )\d\.\d{3}", line)]
        np.testing.assert_allclose(shown[:2], probabilities, atol=6e-4)
    assert re.sub(r"\*", "", lines[4]) == "the film was great , very great ."
    assert "**" in lines[5]


def test_an_onnx_model_serves_with_numpy_and_onnxruntime_alone(bundle, tmp_path):
    pytest.importorskip("tf2onnx")
    export_onnx(bundle, tmp_path)
    lines = run("serve_onnx.py", ["attn_tuner", "keras", "tensorflow"], tmp_path, *TEXTS)
    for line, probabilities in zip(lines, bundle.predict(TEXTS), strict=True):
        label, probability = line.split()[:2]
        assert label == bundle.classes[probabilities.argmax()]
        assert float(probability) == pytest.approx(probabilities.max(), abs=6e-4)


@pytest.mark.parametrize("script", ["serve_saved_model.py", "serve_onnx.py"])
def test_an_example_is_short(script):
    assert len((EXAMPLES / script).read_text(encoding="utf-8").splitlines()) < 60
