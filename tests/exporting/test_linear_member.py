"""An average with the linear model gives the same answers in every format."""

import numpy as np
import pytest

from attn_tuner.baselines.baselines import linear_baseline
from attn_tuner.exporting import Bundle, exporters
from attn_tuner.exporting.verification.verify import verify_artefact
from attn_tuner.finalizing.ensemble import ensemble_model
from attn_tuner.layers.ngram_regression import linear_model
from attn_tuner.text.token_store import TokenStore
from tests.support.small_models import TEXTS, Here, classifier


@pytest.fixture(scope="module", params=[False, True], ids=["probabilities", "logarithms"])
def bundle(vectorizer, request):
    random = np.random.default_rng(0)
    words = len(vectorizer.vocabulary)
    texts = [random.integers(2, words, random.integers(3, 12)) for _ in range(80)]
    labels = np.array([int(3 in each) for each in texts], "int32")
    offsets = np.cumsum([0, *map(len, texts)])
    store = TokenStore(np.concatenate(texts).astype("int32"), offsets, labels, words, 4.0)
    learnt = linear_baseline(store, {"validation": store}, 2).learnt
    members = [classifier(encoder="none"), linear_model(learnt)]
    model = ensemble_model(members, (0.2, 0.8), logarithms=request.param)
    return Bundle(vectorizer, model, ["no", "yes"], None, "head", words)


@pytest.mark.parametrize("form", list(exporters))
def test_every_format_counts_ngrams_alike(bundle, form, tmp_path):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    assert np.ptp(bundle.predict(TEXTS)[:, 1]) > 0.01
    made = exporters[form](bundle, tmp_path)
    for artefact in made if isinstance(made, list) else [made]:
        proof = verify_artefact(bundle, artefact, TEXTS, Here())
        assert proof.difference <= (artefact.tolerance or 0.05), proof.sentence
