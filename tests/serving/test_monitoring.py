"""New texts compared by the server."""

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("httpx", reason="httpx, which FastAPI's test client needs, is not installed")

from fastapi.testclient import TestClient

import attn_tuner
from attn_tuner.serving import make_app
from tests.support import sentiment


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return sentiment.make_comparable_run(tmp_path_factory.mktemp("served") / "run")


@pytest.fixture(scope="module")
def client(folder):
    return TestClient(make_app(folder), base_url="http://localhost")


def test_the_server_finds_what_monitor_finds(client, folder):
    texts = [f"{text} zxq" for text in sentiment.make_texts(80, 9)[0]]
    reply = client.post("/monitor", json={"texts": texts})
    assert reply.status_code == 200
    found = attn_tuner.monitor(folder, texts)
    assert reply.json()["off"] is found.off is True
    assert reply.json()["summary"] == found.summary()
    assert reply.json()["sentence"] == found.sentence()
    shown = {row["name"]: row for row in reply.json()["rows"]}
    assert shown["unknown words"]["differs"] is True
    assert shown["unknown words"]["unit"] == "% of the tokens"
    assert f"-> {shown['unknown words']['now']} % of the tokens" in found.summary()
    assert [each["name"] for each in reply.json()["comparisons"]] == [
        each.name for each in found.comparisons
    ]


def test_labels_that_are_sent_are_compared(client):
    texts, labels = sentiment.make_texts(80, 9)
    names = [("bad", "good")[label] for label in labels]
    reply = client.post("/monitor", json={"texts": texts, "labels": [*names[:60], *[None] * 20]})
    assert reply.json()["labelled"]["texts"] == 60


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"texts": ["a film"]}, "1 texts were given, and a comparison needs 50"),
        ({"texts": ["a film"] * 60, "labels": ["good"]}, "60 texts and 1 labels were sent"),
        ({"texts": "a film"}, "texts"),
        ({"text": "a film"}, "texts"),
    ],
)
def test_what_cannot_be_compared_gets_a_sentence(client, body, said):
    reply = client.post("/monitor", json=body)
    assert reply.status_code == 422
    assert said in reply.json()["error"]


@pytest.mark.parametrize("body", ['{"text": "a film"}', '{"texts": "a film"}', "{"])
def test_a_body_of_another_form_is_told_the_one_of_this_route(client, body):
    said = client.post("/monitor", content=body).json()["error"]
    assert said.endswith(
        'Send {"texts": [...]} with 50 texts or more, and "labels" if there are any.'
    )
