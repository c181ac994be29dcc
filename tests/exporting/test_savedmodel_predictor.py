"""A prediction by TensorFlow alone."""

import json
import subprocess
import sys

import numpy as np
import pytest

from attn_tuner.errors import DamagedFile, RunError
from attn_tuner.exporting.prediction import Predictions, predictions
from attn_tuner.exporting.savedmodel_predictor import SavedModelPredictor
from attn_tuner.tasks import TASKS

TEXTS = [
    "a red box",
    "the blue box",
    "",
    "größe 🙂",
    *(f"green {'a ' * each}" for each in range(70)),
]
PROGRAM = """
import json, sys
from attn_tuner.exporting import savedmodel_session
from attn_tuner.exporting.savedmodel_predictor import SavedModelPredictor

if sys.argv[3] == "without the C library":
    savedmodel_session._FILES = ()
found = SavedModelPredictor(sys.argv[1]).predict(json.loads(sys.argv[2]))
loaded = {name.split(".")[0] for name in sys.modules}
print(json.dumps([[each.as_dict() for each in found], sorted(loaded)]))
import keras  # It can be imported afterwards.
"""


@pytest.mark.parametrize("library", ["with the C library", "without the C library"])
def test_a_process_that_predicts_loads_no_keras_and_answers_as_the_model_does(finished, library):
    command = [sys.executable, "-c", PROGRAM, finished.directory, json.dumps(TEXTS), library]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    answers, loaded = json.loads(done.stdout)
    assert not {"keras", "keras_tuner", "jax", "pandas", "sklearn"} & set(loaded)
    assert ("tensorflow" in loaded) == (library == "without the C library")
    expected = [each.as_dict() for each in finished.predict(TEXTS)]
    assert [each["text"] for each in answers] == TEXTS
    assert [each["label"] for each in answers] == [each["label"] for each in expected]
    np.testing.assert_allclose(
        [each["probability"] for each in answers],
        [each["probability"] for each in expected],
        atol=1e-5,
    )


def test_no_texts_have_no_predictions(finished_folder):
    assert SavedModelPredictor(finished_folder).predict([]) == []


def test_an_export_that_has_changed_is_refused(finished_copy):
    with open(finished_copy / "best" / "saved_model.pb", "ab") as file:
        file.write(b"more")
    with pytest.raises(DamagedFile, match="Export the model again"):
        SavedModelPredictor(finished_copy)
    (finished_copy / "outcome.json").unlink()
    with pytest.raises(RunError, match="has no model yet"):
        SavedModelPredictor(finished_copy)


@pytest.mark.parametrize(
    ("task", "row", "label", "probability", "more"),
    [
        ("binary", [0.2, 0.8], "yes", 0.8, ((), None)),
        ("multilabel", [0.7, 0.8], "no, yes", 0.8, (("no", "yes"), None)),
        ("multilabel", [0.1, 0.2], "", 0.2, ((), None)),
        ("regression", [2.5], "2.5", None, ((), 2.5)),
    ],
)
def test_a_row_of_answers_is_named_by_the_task(task, row, label, probability, more):
    classes = () if task == "regression" else ("no", "yes")
    (found,) = predictions(["a"], np.array([row]), TASKS[task], classes)
    assert (found.label, found.probability, (found.labels, found.value)) == (
        label,
        probability,
        more,
    )


def test_a_notebook_shows_predictions_as_a_table_with_everything_escaped():
    attack = "<script>alert(1)</script>"
    row = np.array([[0.25, 0.75]])
    html = predictions([attack], row, TASKS["binary"], ("no", attack))._repr_html_()
    assert "<script" not in html
    assert "75.0%" in html
    many = Predictions(predictions(["a"] * 60, np.repeat(row, 60, 0), TASKS["binary"], ("a", "b")))
    assert "and 10 more" in many._repr_html_()
