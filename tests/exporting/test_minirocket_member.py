"""An average with MiniRocket gives the same answers in every format, without this package."""

import numpy as np
import pytest

from attn_tuner.baselines.series.minirocket import MiniRocketRidge
from attn_tuner.exporting import exporters
from attn_tuner.exporting.series_bundle import SeriesBundle
from attn_tuner.exporting.verification.verify import verify_artefact
from attn_tuner.finalizing.ensemble import ensemble_model
from attn_tuner.hypermodel import AttentionHyperModel
from attn_tuner.layers.minirocket import minirocket_model
from attn_tuner.series.scaler import SeriesScaler
from tests.support.small_models import Here
from tests.support.waves import waves


def average(way=None, **values):
    """A trial with MiniRocket, which brings series to one length in a way of its own."""
    series, names = waves(30)
    labels = np.array([name == "wave" for name in names], "int32")
    scaler = SeriesScaler.fit(series, ("first", "second"))
    hypermodel = AttentionHyperModel(classes=2, features=2, scaler=scaler, seed=0)
    trial = hypermodel.model({"encoder": "none", "head": "mean", **values})
    fitted = MiniRocketRidge(features=504).fit(series, labels, 2)
    learnt = fitted.learnt()
    if way is not None:
        learnt["way"] = way
    model = ensemble_model([trial, minirocket_model(learnt)], (0.2, 0.8))
    return SeriesBundle(scaler, model, ["noise", "wave"])


@pytest.fixture(scope="module")
def bundle():
    return average()


@pytest.mark.parametrize("form", list(exporters))
def test_every_format_convolves_alike(bundle, form, tmp_path):
    pytest.importorskip({"onnx": "tf2onnx"}.get(form, "tensorflow"))
    series = waves(40, seed=1)[0]
    assert np.ptp(bundle.predict(series)[:, 1]) > 0.1
    made = exporters[form](bundle, tmp_path)
    for artefact in made if isinstance(made, list) else [made]:
        proof = verify_artefact(bundle, artefact, series, Here())
        assert proof.difference <= (artefact.tolerance or 0.05), proof.sentence


@pytest.mark.parametrize("way", ["padded", "stretched"])
@pytest.mark.parametrize("truncation", ["head", "ends"])
def test_litert_takes_as_many_steps_as_the_member_that_reads_most(way, truncation, tmp_path):
    both = average(way, max_length=8, truncation=truncation)
    series = waves(30)[0]
    longest = max(map(len, series))
    ends = way == "padded" and truncation == "ends"  # The first steps, and those at both ends.
    assert both.steps_read() == (2 * longest if ends else longest, truncation)
    full, _ = exporters["litert"](both, tmp_path)
    assert verify_artefact(both, full, series, Here()).difference <= 1e-4
