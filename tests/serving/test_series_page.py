"""What `attn-tuner serve` answers of a search of series."""

import json
import threading

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("httpx", reason="httpx, which FastAPI's test client needs, is not installed")

from fastapi.testclient import TestClient

from attn_tuner.explaining.series_attention import SeriesAttention
from attn_tuner.explaining.series_explanation import SeriesExplainer
from attn_tuner.explaining.series_gradients import SeriesGradients
from attn_tuner.exporting.conformal import Conformal
from attn_tuner.serving import make_app
from attn_tuner.serving.series_examples import SeriesExamples
from attn_tuner.serving.series_reading import MOST_STEPS
from tests.support.series_run import HORIZON, make_bundle, make_run, make_series

HERE = "http://localhost"


def client_of(folder):
    return TestClient(make_app(folder, max_texts=4), base_url=HERE, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = make_run(tmp_path_factory.mktemp("run"), conformal=Conformal(0.9, (0.2, 0.2)))
    return client_of(folder)


@pytest.fixture(scope="module")
def forecasting(tmp_path_factory):
    return client_of(make_run(tmp_path_factory.mktemp("forecast"), task="quantiles"))


def rows(series):
    return np.where(np.isnan(series), None, series.astype(object)).tolist()


def answers(client, series, path="/predict"):
    reply = client.post(path, json={"series": series})
    assert reply.status_code == 200, reply.text
    return reply.json()["answers"]


def test_series_get_labels_probabilities_and_sets_as_the_model_gives_them(client):
    series, _ = make_series(3)
    series[0][4, 1] = np.nan
    found = answers(client, [rows(each) for each in series])
    expected = make_bundle().predict(series)
    assert [each["label"] for each in found] == ["low", "high", "low"]
    for each, row in zip(found, expected, strict=True):
        assert list(each) == ["label", "probability", "probabilities", "set"]
        assert each["probabilities"]["high"] == pytest.approx(row[1], abs=1e-5)
        assert each["label"] in each["set"]
    assert answers(client, []) == []


def test_an_answer_and_the_choice_of_examples_cost_no_gradients(tmp_path, monkeypatch):
    client = client_of(make_run(tmp_path / "run"))

    def refused(*given):
        raise AssertionError("the answer was explained")

    monkeypatch.setattr(SeriesGradients, "__call__", refused)
    monkeypatch.setattr(SeriesAttention, "__call__", refused)
    assert [each["label"] for each in answers(client, [rows(make_series(1)[0][0])])] == ["low"]
    assert len(client.get("/examples").json()["examples"]) == 2


def test_examples_are_chosen_anew_where_the_model_changed_behind_the_look_at_its_version(tmp_path):
    class Changed:
        lock, version = threading.Lock(), 2  # Written between `current` and `version`.
        made = None

        def current(self):
            return self.made

    held = Changed()
    examples = SeriesExamples(make_run(tmp_path / "run"), held)
    for name in ("high", "raised"):
        held.made = SeriesExplainer(make_bundle(classes=("low", name)))
        assert {each["label"] for each in examples()["examples"]} == {"low", name}


def test_an_explanation_has_attention_along_time_and_the_importance_of_each_value(client):
    series, _ = make_series(2)
    series[1][20, 0] = np.nan
    [found] = answers(client, [rows(series[1])], "/explain")
    assert found["features"] == ["height", "noise"]
    assert sum(found["attention"][10:14]) > 0.9
    assert sum(found["attention"]) == pytest.approx(1.0, abs=1e-2)
    assert found["series"][20] == [None, pytest.approx(series[1][20, 1], rel=1e-5)]
    importance = np.array(found["importance"])
    assert importance.shape == (30, 2)
    assert importance[10:14, 0].sum() > 0
    assert importance[20, 0] == 0
    assert found["left_out"] == 0


def test_a_forecast_has_medians_and_quantiles(forecasting):
    [found] = answers(forecasting, [rows(make_series(1)[0][0])])
    assert list(found) == ["label", "values", "quantiles", "levels"]
    assert len(found["values"]) == len(found["quantiles"]) == HORIZON
    assert all(low < middle < high for low, middle, high in found["quantiles"])
    [explained] = answers(forecasting, [rows(make_series(2)[0][1])], "/explain")
    assert np.abs(explained["importance"]).sum() > 0


LINE = [50.0, 100.0]


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"{not json", 400, 'The body is not JSON in UTF-8. Send {"series": [[['),
        ('{"series": [[[1, "größe"]]]}'.encode("latin-1"), 400, "The body is not JSON in UTF-8."),
        (b'{"text": "a film"}', 422, 'Send {"series": [[['),
        (b'{"series": "50, 100"}', 422, "series"),
        ({"series": [[LINE, [51.0, "warm"]]]}, 422, "has the text 'warm' at step 2"),
        ({"series": [[LINE, ["51", 100]]]}, 422, "has the text '51' at step 2"),
        (
            {"series": [[LINE, [51.0]]]},
            422,
            "has 1 value at step 2, and the model was trained on 2",
        ),
        ({"series": [[[*LINE, 3.0]]]}, 422, "has 3 values at step 1"),
        ({"series": [[LINE], LINE]}, 422, "Series 2 of the request has 1 value at step 1"),
        ({"series": [5.0]}, 422, "Series 1 of the request is a number, not a list of steps."),
        ({"series": ["50, 100"]}, 422, "is a text, not a list of steps."),
        ({"series": [[]]}, 422, "Series 1 of the request has no steps."),
        ({"series": [[[None, None]]]}, 422, "has no value: all 2 are NaN."),
        (b'{"series": [[[1e400, 2]]]}', 422, "'height' is infinite at step 1"),
        (b'{"series": [[[1e39, 2]]]}', 422, "more than float32 holds at step 1"),
        ({"series": [[[[1.0], 2.0]]]}, 422, "step"),
        ({"series": [[LINE] * (MOST_STEPS + 1)]}, 422, "has 20,001 steps, and the server takes 20"),
        ({"series": [[LINE]] * 5}, 422, "at most 4 items"),
        ({"series": [[LINE] * 100_000]}, 413, "Send fewer or shorter series"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence(client, body, status, sentence):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    reply = client.post("/explain", content=content)
    assert reply.status_code == status
    assert sentence in reply.json()["error"]
    assert "text" not in reply.json()["error"].replace("the text '", "").replace("is a text", "")


def test_missing_values_are_null_or_nan(client):
    given = [b"null", b"NaN"]
    bodies = [b'{"series": [[[50, 100], [%s, 90], [60, %s]]]}' % (each, each) for each in given]
    found = [client.post("/explain", content=body).json()["answers"] for body in bodies]
    assert found[0] == found[1]
    assert found[0][0]["series"][1] == [None, 90.0]


def test_examples_are_sure_in_doubt_and_wrong_with_their_truth(client):
    told = client.get("/examples").json()
    assert told["features"] == ["height", "noise"]
    assert [each["kind"] for each in told["examples"]] == ["sure", "in doubt"]
    for each in told["examples"]:
        [answer] = answers(client, [each["series"]])
        assert answer["label"] == each["label"] == each["truth"]


def test_an_example_is_drawn_from_the_validation_part(client):
    series, labels = make_series(40)
    drawn = [client.get("/example").json() for _ in range(8)]
    assert len({each["number"] for each in drawn}) > 1
    for each in drawn:
        np.testing.assert_allclose(each["series"], series[each["number"] - 1], rtol=1e-6)
        assert each["truth"] == ("low", "high")[labels[each["number"] - 1]]


def test_an_example_of_a_forecast_has_what_came(forecasting):
    told = forecasting.get("/examples").json()
    assert [len(each["values"]) for each in told["examples"]] == [HORIZON] * 3
    assert {each["kind"] for each in told["examples"]} == {""}


def test_the_page_is_about_series(client):
    page = client.get("/").text
    assert 'src="series.js"' in page
    assert "{{" not in page
    assert "A series, a step on each line" in page
    told = client.get("/status").json()
    assert "series" in told["headline"]
    assert "texts" not in told["headline"] + told["sentence"]
    assert set(client.get("/openapi.json").json()["paths"]) == {
        *("/status", "/examples", "/example", "/predict", "/explain", "/stop"),
        *("/report", "/export.zip", "/export/README.md"),
    }
