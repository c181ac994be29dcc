"""A search of series from data to report, and an export that takes raw numbers."""

import io
import json
import re
import shutil

import numpy as np
import pytest
from typer.testing import CliRunner

import attn_tuner
from attn_tuner import cli, search_result
from attn_tuner.errors import AttnTunerError, DataError, ExportError
from attn_tuner.exporting import SeriesBundle, load_bundle
from attn_tuner.monitoring.status import search_status
from attn_tuner.series.reading import load_series
from attn_tuner.storage.layout import BUNDLE, PLAN, RECORD
from attn_tuner.tuning.encoded_data import EncodedData
from tests.support.examples import example
from tests.support.waves import series_search, waves


def call(*arguments):
    """Runs the command in this process."""
    return CliRunner().invoke(cli.app, [str(each) for each in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def finished(shared):
    """A search of two trials, averaged, whose export is proved in a process of its own."""

    def make(folder):
        series_search(folder / "run", processes=True, max_trials=2, ensemble=2)

    return attn_tuner.load(shared("waves", make) / "run")


def test_the_leaderboard_has_trials_the_baselines_and_a_test_score(finished):
    table = finished.leaderboard()
    assert {"majority class", "linear", "MiniRocket and ridge"} <= set(table["name"])
    assert finished.run.plan.input == "series"
    assert 0 <= finished.test_metrics["accuracy"] <= 1


def test_the_savedmodel_answers_raw_numbers_as_the_model_does(finished):
    import tensorflow as tf

    series, _ = waves(20, seed=3)
    expected = finished.bundle.predict(series)
    model = tf.saved_model.load(str(finished.run.export))
    rows = [each.tolist() for each in series]
    ragged = tf.ragged.constant(rows, tf.float32, ragged_rank=1)
    answer = model.signatures["serving_default"](series=ragged.to_tensor(float("nan")))
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-5)
    named = [finished.classes[best] for best in expected.argmax(axis=-1)]
    assert [each.decode() for each in answer["label"].numpy()] == named
    lengths = tf.constant([len(each) for each in series])
    by_length = model.signatures["padded"](series=ragged.to_tensor(7.5), lengths=lengths)
    np.testing.assert_allclose(by_length["probabilities"], expected, atol=1e-5)


def test_the_proof_was_made_on_held_out_series_in_a_fresh_process(finished):
    card = (finished.run.export / "README.md").read_text(encoding="utf-8")
    assert re.search(r"On \d+ series, in a separate process, its probabilities differ", card)
    assert "# A series classifier: 2 classes" in card
    assert "2 features: feature_1, feature_2." in card
    assert not re.search(r"\btexts?\b|\btokens?\b|vocabulary", card)


def test_a_series_alone_is_answered_as_among_longer_ones(finished):
    series, _ = waves(8, seed=4)
    together = finished.bundle.predict(series)
    alone = np.concatenate([finished.bundle.predict([each]) for each in series])
    np.testing.assert_allclose(alone, together, atol=1e-5)


def test_one_array_of_several_features_is_one_series(finished):
    series, _ = waves(1)
    assert finished.predict(series[0])[0].text == finished.predict(series)[0].text


def test_predictions_name_each_series(finished):
    [first, _] = finished.predict(waves(2)[0])
    assert first.label in finished.classes
    assert re.match(r"series of \d+ steps, begins \[", first.text)
    assert "steps" in finished.predict(waves(2)[0])._repr_html_()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([np.zeros((3, 5))], "was given series of 5 features, and the model was trained on 2"),
        ([[[1.0, "x"]]], "has the text 'x' at step 1"),
        (["a text"], "Series 1 of what predict"),
    ],
    ids=["other features", "a string", "a text"],
)
def test_what_cannot_be_predicted_is_refused(finished, given, said):
    with pytest.raises(DataError, match=said):
        finished.predict(given)


def test_a_saved_bundle_is_loaded_with_its_scale(finished):
    bundle = load_bundle(finished.directory / BUNDLE)
    assert isinstance(bundle, SeriesBundle)
    assert bundle.vectorizer == EncodedData.open(finished.directory / "data").encoder
    series = bundle.samples()
    np.testing.assert_array_equal(bundle.predict(series), finished.bundle.predict(series))


def test_the_report_is_about_series(finished, tmp_path):
    page = finished.report(tmp_path / "report.html").read_text(encoding="utf-8")
    shown = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    assert "The series" in shown
    assert shown.count('<svg class="series"') == shown.count("As a table") > 0
    assert 'aria-label="A series of ' in shown
    assert "Replacing the most attended span" in shown
    assert shown.count("importance feature_") == shown.count("As a table")
    assert re.search(r"attn-tuner predict \S*run series\.csv", shown)
    assert not re.search(r"\b[Tt]exts?\b", re.sub(r"<[^>]*>", " ", shown))
    assert "texts" not in search_status(finished.directory)["sentence"]


def test_sentences_of_the_result_are_about_series(finished):
    said = f"{finished}\n{finished.summary()}"
    assert "series" in said
    assert "texts" not in said
    assert re.search(r"attn-tuner serve \S*run\b", finished.summary())


def test_an_export_is_compared_on_validation_series_with_labels(finished, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(search_result, "export_bundle", lambda *given: asked.extend(given))
    finished.export(tmp_path / "out", formats="litert")
    _, _, formats, series, labels = asked
    assert formats == ["litert"]
    stored = EncodedData.open(finished.directory / "data").stores["validation"]
    assert len(series) == len(labels) == len(stored)
    np.testing.assert_array_equal(series[3], stored[3])
    np.testing.assert_array_equal(labels, stored.labels)


def test_predict_answers_the_series_of_a_file_as_the_model_does(finished, tmp_path):
    series, _ = waves(3, seed=5)
    rows = [f"s{at},{row[0]},{row[1]}" for at, each in enumerate(series) for row in each]
    path = tmp_path / "series.csv"
    path.write_text("\n".join(["id,feature_1,feature_2", *rows]).replace("nan", ""))
    answered = call("predict", finished.directory, path).stdout.splitlines()
    expected = finished.predict(series)
    assert [line.split("\t")[0] for line in answered] == [each.label for each in expected]
    assert answered[2].split("\t")[2].startswith("s2: series of ")
    call("predict", finished.directory, path, "--out", tmp_path / "answers.csv")
    table = (tmp_path / "answers.csv").read_text().splitlines()
    assert table[0] == "id,prediction,probability"
    assert table[1].startswith(f"s0,{expected[0].label},")
    np.save(tmp_path / "one.npy", series[0])
    assert finished.predict(str(tmp_path / "one.npy"))[0].label == expected[0].label


def test_predict_refuses_what_is_no_file_before_it_reads_standard_input(finished, monkeypatch):
    class Unread(io.StringIO):
        def read(self, *_):
            raise AssertionError("standard input was read")

    monkeypatch.setattr("sys.stdin", Unread())
    with pytest.raises(DataError, match="Series are read from one file, not from standard input"):
        cli.predict(finished.directory)
    with pytest.raises(DataError, match=r"a text is no file of series"):
        cli.predict(finished.directory, ["a text"])


def test_what_cannot_be_done_with_series_yet_says_so(finished, tmp_path):
    with pytest.raises(DataError, match=r"explain\(\) works for texts"):
        finished.explain(waves(1)[0])
    with pytest.raises(ExportError, match="no embedding that could be shrunk"):
        finished.export(tmp_path / "small", max_size_mb=1)
    from attn_tuner.exporting.savedmodel_predictor import SavedModelPredictor

    with pytest.raises(DataError, match="SavedModelPredictor works for texts"):
        SavedModelPredictor(finished.directory)
    for name in ("suggest", "monitor", "update", "distil"):
        given = [] if name == "distil" else [["a text"]]
        with pytest.raises(DataError, match=rf"{name}\(\) works for texts, and this search has se"):
            getattr(attn_tuner, name)(finished.directory, *given)


def test_the_page_answers_and_explains_the_series_of_a_search(finished):
    pytest.importorskip("fastapi")
    pytest.importorskip("httpx")
    from fastapi.testclient import TestClient

    from attn_tuner.serving.app import make_app

    client = TestClient(make_app(finished.directory), base_url="http://localhost")
    series, _ = waves(2)
    rows = [np.where(np.isnan(each), None, each.astype(object)).tolist() for each in series]
    found = client.post("/explain", json={"series": rows}).json()["answers"]
    assert [each["label"] for each in found] == [each.label for each in finished.predict(series)]
    assert [len(each["importance"]) for each in found] == [len(each) for each in series]
    assert not any(None in step for each in found for step in each["importance"])
    assert client.get("/status").json()["state"] == "ended"
    assert len(client.get("/examples").json()["examples"]) >= 1


def test_the_same_call_goes_on_and_other_series_are_refused(finished, tmp_path):
    folder = shutil.copytree(finished.directory, tmp_path / "run")
    again = series_search(folder, max_trials=2, ensemble=2)
    assert len(again.run.records) == 2
    with pytest.raises(AttnTunerError, match="was made with other data"):
        series_search(folder, data=waves(60, seed=9), max_trials=2)


def test_a_run_folder_from_before_a_dimension_was_there_is_read(finished, tmp_path):
    folder = shutil.copytree(finished.directory, tmp_path / "run")
    for path in (folder / PLAN, *folder.glob(f"*/{RECORD}")):
        told = json.loads(path.read_text(encoding="utf-8"))
        del told["space" if path.name == PLAN else "values"]["downsampling"]
        path.write_text(json.dumps(told), encoding="utf-8")
    old = attn_tuner.load(folder)
    assert not any("downsampling" in each.values for each in old.run.records)
    assert old.leaderboard()["name"].tolist() == finished.leaderboard()["name"].tolist()
    given = waves(4)[0]
    np.testing.assert_array_equal(old.bundle.predict(given), finished.bundle.predict(given))


def test_a_number_for_a_series_is_searched_and_exported(tmp_path):
    series, _ = waves(40)
    numbers = [float(np.nanmean(each[:, 0])) + 0.5 for each in series]
    result = series_search(tmp_path / "run", data=(series, numbers), export="savedmodel")
    assert result.run.plan.task == "regression"
    assert isinstance(result.predict(series[:1])[0].value, float)
    assert result.run.outcome["difference"] < 1e-4


def test_several_labels_a_series_are_searched(tmp_path):
    series, _ = waves(40)
    labels = [["up"], ["up", "down"], ["down"], []] * 10
    result = series_search(tmp_path / "run", data=(series, labels))
    assert result.run.plan.task == "multilabel"
    assert set(result.predict(series[:4])[1].labels) <= {"up", "down"}


def test_series_of_three_hundred_thousand_steps_are_read_and_cut(tmp_path):
    random = np.random.default_rng(0)
    series = [random.normal(size=300_000).astype("float32") for _ in range(12)]
    stored = EncodedData.prepare(load_series((series, ["a", "b"] * 6)), tmp_path / "data")
    numbers, _ = stored.validation({"max_length": 1_000, "truncation": "tail"})[0]
    assert numbers.shape[1:] == (1_000, 1)


def test_time_series_is_an_example_that_ends_with_predictions(tmp_path, capsys):
    from tests.support.colours import in_this_process

    with in_this_process():
        example("time_series").main(trials=1, folder=tmp_path / "run", count=60)
    assert re.search(r"(worn|good) \(\d+%\)", capsys.readouterr().out)


def test_forecast_is_an_example_that_ends_with_errors_beside_two_baselines(tmp_path, capsys):
    from tests.support.colours import in_this_process

    with in_this_process():
        example("forecast").main(trials=1, folder=tmp_path / "run", days=80, epochs=1)
    said = capsys.readouterr().out
    for name in ("search", "yesterday", "RidgeOnLags"):
        assert re.search(rf"^{name}: mean absolute error \d+\.\d\d %$", said, re.MULTILINE)
    assert re.search(r"^between the quantiles: \d+% of the hours$", said, re.MULTILINE)
