"""The page of a run of pairs: texts and alignments as JSON, and what the page shows."""

import json

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("httpx", reason="httpx, which FastAPI's test client needs, is not installed")

from fastapi.testclient import TestClient

import attn_tuner
from attn_tuner.sequence_search.page import make_pairs_app
from attn_tuner.storage.layout import OUTCOME


@pytest.fixture(scope="module")
def client(folder):
    return TestClient(make_pairs_app(folder, max_texts=3), base_url="http://localhost")


def test_a_text_is_answered_with_its_alignment(client, folder):
    texts = ["3 May 2021", "é 😀", ""]
    written = attn_tuner.load(folder).predict(texts)
    answers = client.post("/explain", json={"texts": texts}).json()["answers"]
    assert [each["prediction"] for each in answers] == written
    for text, each in zip(texts, answers, strict=True):
        assert each["text"] == text
        assert each["source_tokens"] == ["[START]", *text, "[END]"]
        assert len(each["alignment"]) == len(each["target_tokens"])
        assert all(sum(row) == pytest.approx(1, abs=0.01) for row in each["alignment"])
        assert {len(row) for row in each["alignment"]} == {len(text) + 2}
    (brief,) = client.post("/predict", json={"text": texts[0]}).json()["answers"]
    assert brief.keys() == {"text", "prediction", "score"}
    assert client.post("/predict", json={"texts": []}).json() == {"answers": []}


def test_the_page_has_its_files_and_no_inline_script(client):
    page = client.get("/")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    for name in ("pairs.js", "pairs.css", "alignment.js"):
        assert client.get(f"/{name}").status_code == 200
    assert client.get("/serve.html").status_code == 404


def test_the_page_shows_what_the_search_found(client, folder):
    told = client.get("/status").json()
    assert {label for label, _ in told["rows"]} > {"Result", "Control"}
    assert {each["kind"] for each in told["examples"]} == {"best", "median", "worst"}
    assert '<table class="alignment">' in client.get("/report").text
    assert client.get("/export.zip").status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"texts": ["a"] * 4}, 422, "at most 3"),
        ({"label": "a"}, 422, '"text"'),
        ({"text": "a" * 2_000_000}, 413, "1,000,000"),
    ],
)
def test_what_is_no_request_is_refused_in_a_sentence(client, body, status, said):
    reply = client.post("/explain", json=body)
    assert reply.status_code == status
    assert said in reply.json()["error"]


def test_other_hosts_and_other_sites_get_nothing(client, folder):
    other = TestClient(make_pairs_app(folder), base_url="http://evil.example")
    assert other.get("/status").status_code == 400
    reply = client.post("/predict", json={"text": "a"}, headers={"Origin": "http://evil.example"})
    assert reply.status_code == 403


def test_before_there_is_a_model_the_answer_says_so(folder, tmp_path):
    (tmp_path / "plan.json").write_bytes((folder / "plan.json").read_bytes())
    fresh = TestClient(make_pairs_app(tmp_path), base_url="http://localhost")
    reply = fresh.post("/predict", json={"text": "a"})
    assert reply.status_code == 503
    assert "no model yet" in reply.json()["error"]
    assert fresh.get("/status").json()["examples"] == []
    assert fresh.get("/report").status_code == 503
    assert not (tmp_path / OUTCOME).exists()


def test_answers_are_json_without_what_json_cannot_name(client):
    lone = json.dumps({"text": "a\ud800b"}).encode()
    reply = client.post("/explain", content=lone, headers={"Content-Type": "application/json"})
    assert reply.json()["answers"][0]["text"] == "a\ufffdb"
