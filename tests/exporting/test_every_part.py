"""Every head and encoder in every format, compared with the model itself."""

import itertools

import numpy as np
import pytest
from small_models import TEXTS, Here, classifier

from attn_tuner.attention import heads
from attn_tuner.encoding import encoders
from attn_tuner.exporting import Bundle, exporters
from attn_tuner.exporting.verification import proven

CLASSES = {"binary": ["no", "yes"], "multiclass": ["a", "b", "c"]}
FORMATS = ("savedmodel", "keras", "onnx", "litert")


def covering() -> list[tuple[str, str, str, str]]:
    """(head, encoder, task, format) so that each format meets each head, encoder and task.

    Heads are met behind the encoder without a loop, and encoders before the plainest head, where
    most time would go into converting the other part once more.
    """
    tasks = itertools.cycle(CLASSES)
    parts = [(head, "none") for head in heads] + [("mean", encoder) for encoder in encoders]
    formats = ("onnx", "litert")  # What runs no TensorFlow graph is where parts can fail.
    cases = [(*part, next(tasks), each) for part in parts for each in formats]
    return [
        *cases,
        ("additive", "bigru", "binary", "savedmodel"),
        ("additive", "bigru", "multiclass", "keras"),
        ("structured", "lstm", "multiclass", "savedmodel"),
        ("structured", "lstm", "binary", "keras"),
    ]


def everything() -> list[tuple[str, str, str, str]]:
    return list(itertools.product(heads, encoders, CLASSES, FORMATS))


def check(head, encoder, task, form, vectorizer, folder):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    classes = CLASSES[task]
    model = classifier(head, encoder, len(classes), seed=7)
    bundle = Bundle(vectorizer, model, classes, text_limit=40, keep="ends")
    made = exporters[form](bundle, folder)
    expected = bundle.predict(TEXTS)
    for artefact in made if isinstance(made, list) else [made]:
        proof = proven(bundle, artefact, TEXTS, Here(artefact.kind), expected)
        assert proof.difference <= (artefact.tolerance or 0.05)
    assert len(np.unique(expected.round(6), axis=0)) > 3  # The texts are told apart.


@pytest.mark.parametrize(("head", "encoder", "task", "form"), covering())
def test_each_format_agrees_on_each_part(head, encoder, task, form, vectorizer, tmp_path):
    check(head, encoder, task, form, vectorizer, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("head", "encoder", "task", "form"), everything())
def test_each_format_agrees_on_every_combination(head, encoder, task, form, vectorizer, tmp_path):
    check(head, encoder, task, form, vectorizer, tmp_path)
