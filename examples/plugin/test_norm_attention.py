"""The head keeps the contract, and attn_tuner finds it once this package is installed.

Run with: pip install . && pytest
"""

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

import attn_tuner
from attn_tuner.attention import heads
from attn_tuner.cli import app
from attn_tuner.exporting import Bundle
from attn_tuner.hypermodel import AttentionHyperModel, default_space
from attn_tuner.testing import HEAD_CHECKS
from attn_tuner.text import Vectorizer

TEXTS = ["a good film", "a bad film", "good, good", ""]


@pytest.mark.parametrize("check", HEAD_CHECKS.values(), ids=list(HEAD_CHECKS))
def test_the_head_keeps_every_promise(check):
    check(heads["norm"])


def test_the_longer_state_gets_more_weight():
    states, mask = np.array([[[3.0, 4.0], [0.0, 0.0]]], "float32"), np.ones((1, 2), bool)
    _, weights = heads["norm"](sharpness=1.0)(states, mask=mask, return_attention_scores=True)
    ratio = np.exp(np.sqrt(12.5 + 1e-6) - np.sqrt(1e-6))
    np.testing.assert_allclose(weights[0, 0, 0] / weights[0, 0, 1], ratio, rtol=1e-4)


def test_the_list_of_heads_has_it():
    shown = CliRunner().invoke(app, ["list", "heads"]).output
    assert "norm: Weighs each step by the root mean square of its state." in shown


def test_a_searched_model_exports_and_loads_without_trust(tmp_path):
    vectorizer = Vectorizer.build(TEXTS)
    space = default_space(len(vectorizer), max_lengths=[16]).fix(encoder="none", head="norm")
    hypermodel = AttentionHyperModel(len(vectorizer), 2, space=space)
    model = hypermodel.build(hypermodel.hyperparameters())
    assert any(type(layer).__name__ == "NormHead" for layer in model.layers)
    options = {"verify_texts": TEXTS, "formats": ["savedmodel"]}
    attn_tuner.export(model, tmp_path / "export", vectorizer, ["bad", "good"], **options)
    Bundle(vectorizer, model, ["bad", "good"], max_length=16).save(tmp_path / "bundle")
    keras.backend.clear_session()
    loaded = Bundle.load(tmp_path / "bundle")
    assert loaded.predict(TEXTS).shape == (4, 2)
