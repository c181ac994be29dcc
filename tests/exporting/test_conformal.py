"""Prediction sets, intervals and known texts in every format, and in their bundle."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf

from attn_tuner.errors import DamagedFile, ExportError
from attn_tuner.exporting import Bundle, export_bundle
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.exporting.known_texts import KnownTexts, entropies
from attn_tuner.exporting.verification.verify import FreshProcess, verify_artefact
from tests.support.small_models import TEXTS, joined

FORMATS = ["savedmodel", "keras", "onnx", "litert"]


@pytest.fixture(scope="module")
def doubtful(bundle):
    """A bundle whose sets hold one class of some texts and both of others, half of them known."""
    least = np.sort(bundle.predict(TEXTS).min(axis=1))
    limit = float(np.median(entropies(bundle.predict(TEXTS)))) + 1e-3
    sets = Conformal(0.9, (float(least[3]), float(least[5])))
    return replace(bundle, conformal=sets, known=KnownTexts(0.98, limit))


@pytest.fixture(scope="module")
def number(bundle):
    model, _ = joined([("additive", "gru")], task="regression", classes=0)
    return Bundle(
        bundle.vectorizer, model, (), 40, task="regression", conformal=Conformal(0.9, (1.5,))
    )


def test_every_format_gives_the_sets_and_the_known_texts_of_its_probabilities(doubtful, tmp_path):
    pytest.importorskip("tf2onnx")
    sets = doubtful.conformal.sets(doubtful.predict(TEXTS))
    assert 1.0 < sets.sum(axis=1).mean() < 2.0
    made = export_bundle(doubtful, tmp_path, FORMATS, TEXTS)  # Each is proved by its README.
    assert {each.format for each in made} == set(FORMATS)
    served = tf.saved_model.load(str(tmp_path / "savedmodel")).signatures["serving_default"]
    answer = served(text=tf.constant(TEXTS))
    np.testing.assert_array_equal(answer["set"].numpy(), sets)
    known = doubtful.known.known(doubtful.predict(TEXTS))
    assert 0.3 < known.mean() < 0.8
    np.testing.assert_array_equal(answer["known"].numpy(), known)
    for name in FORMATS:
        assert (
            "which hold the class of 90% of the texts"
            in (tmp_path / name / "README.md").read_text()
        )
    again = Bundle.load(tmp_path / "keras")
    assert (again.conformal, again.known) == (doubtful.conformal, doubtful.known)


def test_every_format_gives_the_intervals_of_its_numbers(number, tmp_path):
    pytest.importorskip("tf2onnx")
    export_bundle(number, tmp_path, FORMATS, TEXTS)
    served = tf.saved_model.load(str(tmp_path / "savedmodel")).signatures["serving_default"]
    answer = served(text=tf.constant(TEXTS))
    np.testing.assert_allclose(answer["upper"] - answer["lower"], 3.0, rtol=1e-5)
    np.testing.assert_allclose(answer["upper"] - answer["value"], 1.5, rtol=1e-5)


def test_an_artefact_with_other_sets_or_known_texts_is_not_delivered(doubtful, tmp_path):
    from attn_tuner.exporting.formats.savedmodel import export_savedmodel

    made = export_savedmodel(doubtful, tmp_path)
    with FreshProcess("savedmodel") as process:
        verify_artefact(doubtful, made, TEXTS, process)
        other = replace(doubtful, conformal=Conformal(0.9, (0.0, 0.0)))
        with pytest.raises(ExportError, match="sets are not"):
            verify_artefact(other, made, TEXTS, process)
        other = replace(doubtful, known=KnownTexts(0.98, 0.0))
        with pytest.raises(ExportError, match="known texts are not"):
            verify_artefact(other, made, TEXTS, process)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"conformal": Conformal(0.9, (0.1,))}, "1 thresholds and the answers 2 columns"),
        ({"conformal": Conformal(0.9, (0.1, 0.1)), "task": "multilabel"}, "several labels"),
        ({"known": KnownTexts(0.98, 0.1), "task": "multilabel"}, "each has one class"),
    ],
)
def test_sets_that_do_not_fit_the_model_are_refused(bundle, changes, message):
    if changes.get("task"):
        changes = {**changes, "model": joined([("additive", "gru")], task="multilabel")[0]}
    with pytest.raises(ExportError, match=message):
        replace(bundle, **changes)


@pytest.mark.parametrize(
    ("coverage", "at"), [(0.0, (0.1,)), (1.0, (0.1,)), (0.9, ()), (0.9, (-1.0,))]
)
def test_thresholds_out_of_range_are_refused(coverage, at):
    with pytest.raises(ExportError, match="should be"):
        Conformal(coverage, at)


@pytest.mark.parametrize(("kept", "entropy"), [(0.0, 1.0), (1.0, 1.0), (0.9, -1.0)])
def test_limits_of_known_texts_out_of_range_are_refused(kept, entropy):
    with pytest.raises(ExportError, match="should be"):
        KnownTexts(kept, entropy)


def test_a_bundle_with_damaged_sets_is_not_loaded(doubtful, tmp_path):
    doubtful.save(tmp_path)
    facts = json.loads((tmp_path / "bundle.json").read_text())
    for broken in ({"coverage": 3.0, "at": [0.1, 0.1]}, {"coverage": 0.9}, {"at": "x"}):
        (tmp_path / "bundle.json").write_text(json.dumps({**facts, "conformal": broken}))
        with pytest.raises(DamagedFile):
            Bundle.load(tmp_path)
    (tmp_path / "bundle.json").write_text(json.dumps({**facts, "known": {"kept": 2.0}}))
    with pytest.raises(DamagedFile):
        Bundle.load(tmp_path)


def test_a_bundle_of_a_former_version_has_no_sets(bundle, tmp_path):
    bundle.save(tmp_path)
    facts = json.loads((tmp_path / "bundle.json").read_text())
    del facts["conformal"], facts["known"]
    (tmp_path / "bundle.json").write_text(json.dumps(facts))
    again = Bundle.load(tmp_path)
    assert again.conformal is again.known is None
