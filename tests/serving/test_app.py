import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from attn_tuner.errors import RunError

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("httpx", reason="httpx, which FastAPI's test client needs, is not installed")

from fastapi.testclient import TestClient

from attn_tuner.serving import make_app, serve
from attn_tuner.serving.page_files import page_files

HERE = "http://localhost"


@pytest.fixture(scope="module")
def client(run_folder):
    return TestClient(
        make_app(run_folder, max_texts=8), base_url=HERE, raise_server_exceptions=False
    )


def test_a_text_gets_a_label_and_probabilities(client):
    (answer,) = client.post("/predict", json={"text": "a bad film"}).json()["answers"]
    assert answer["label"] == "bad"
    assert answer["probabilities"]["bad"] == answer["probability"] > 0.9


def test_an_explanation_has_tokens_places_and_weights(client):
    text = "The film was BAD!"
    (answer,) = client.post("/explain", json={"text": text}).json()["answers"]
    found = max(answer["tokens"], key=lambda token: token["weight"])
    assert text[found["start"] : found["end"]] == "BAD"
    assert "".join(segment for segment, _ in answer["segments"]) == text
    assert ["BAD", 1.0] in answer["segments"]


def test_several_texts_are_answered_in_their_order(client):
    answers = client.post("/predict", json={"texts": ["good", "bad", ""]}).json()["answers"]
    assert [answer["label"] for answer in answers[:2]] == ["<script>alert(1)</script>", "bad"]
    assert len(answers) == 3
    assert client.post("/predict", json={"texts": []}).json() == {"answers": []}


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"{not json", 400, "not JSON"),
        (b"\xff\xfe", 400, "JSON"),
        ('{"text": "größe"}'.encode("latin-1"), 400, "not JSON in UTF-8"),
        (b"", 422, "Send"),
        (b"[]", 422, "Send"),
        (b"{}", 422, "either"),
        (b'{"text": 3}', 422, "text"),
        (b'{"text": null}', 422, "either"),
        (b'{"texts": "one"}', 422, "texts"),
        (b'{"texts": ["a", 2]}', 422, "texts.1"),
        (b'{"text": "a", "texts": ["b"]}', 422, "either"),
        (b'{"text": "a", "other": 1}', 422, "other"),
        (json.dumps({"texts": ["a"] * 9}).encode(), 422, "8 items"),
        (b"[" * 100_000, 400, "body"),
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/explain"])
def test_wrong_requests_get_a_sentence(client, path, body, status, word):
    reply = client.post(path, content=body, headers={"content-type": "application/json"})
    assert reply.status_code == status
    assert word in reply.json()["error"]
    assert "Traceback" not in reply.text


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "text/plain", "application/octet-stream", None]
)
def test_json_is_read_whatever_the_content_type_says(client, kind):
    headers = {"content-type": kind} if kind else {}
    reply = client.post("/predict", content=b'{"text": "a bad film"}', headers=headers)
    assert reply.json()["answers"][0]["label"] == "bad"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": f"{HERE}:8001"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/predict", "/explain", "/stop"])
def test_a_page_of_another_site_cannot_post(client, path, headers):
    reply = client.post(path, json={"text": "good"}, headers=headers)
    assert reply.status_code == 403
    assert "another site" in reply.json()["error"]


def test_the_page_itself_can_post(client):
    headers = {"origin": HERE, "sec-fetch-site": "same-origin"}
    assert client.post("/predict", json={"text": "good"}, headers=headers).status_code == 200


def test_a_text_of_ten_megabytes_is_refused_and_the_next_one_answered(client):
    reply = client.post("/predict", json={"text": "good " * 2_000_000})
    assert reply.status_code == 413
    assert "larger than 1,000,000 bytes" in reply.json()["error"]
    assert client.post("/predict", json={"text": "good"}).status_code == 200


def test_a_text_at_the_limit_is_answered(client):
    reply = client.post("/explain", json={"text": "good " * 30_000})
    assert reply.status_code == 200
    assert reply.json()["answers"][0]["left_out"] > 20_000


@pytest.mark.parametrize("text", ["\ud800", "\x00", "😀" * 50, "‮good", "\u2028"])
def test_strange_characters_are_answered(client, text):
    body = json.dumps({"text": f"{text} good"}).encode()
    reply = client.post("/explain", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 200
    assert reply.json()["answers"][0]["tokens"][-1]["weight"] > 0.3


def test_the_state_of_the_search_is_served(client):
    told = client.get("/status").json()
    assert told["finished"] is True
    assert told["trials"] == 16
    assert len(told["rows"]) == 10
    assert told["rows"][0]["score"] == told["best"]


def test_the_page_loads_nothing_from_elsewhere(client):
    page = client.get("/")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for part in ("/", *(f"/{name}" for name in page_files() if not name.endswith(".html"))):
        reply = client.get(part)
        assert reply.status_code == 200
        assert "http://" not in reply.text.replace("http://www.w3.org/2000/svg", "")
        assert "https://" not in reply.text


def test_the_interface_is_described(client):
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        *("/status", "/examples", "/predict", "/explain", "/monitor", "/stop"),
        *("/report", "/export.zip", "/export/README.md"),
    }
    assert client.get("/docs").status_code == 404


def test_another_site_cannot_ask_through_the_browser(client):
    assert client.get("/status", headers={"host": "evil.example"}).status_code == 400


def test_before_there_is_a_winner_the_page_says_so(begun_folder):
    client = TestClient(make_app(begun_folder), base_url=HERE)
    assert client.get("/").status_code == 200
    assert client.get("/status").json()["finished"] is False
    reply = client.post("/predict", json={"text": "good"})
    assert reply.status_code == 503
    assert "no model yet" in reply.json()["error"]


def test_what_is_no_run_folder_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a run folder"):
        make_app(tmp_path)


def test_a_taken_port_is_named(run_folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RunError, match=f"Cannot listen on 127.0.0.1:{port}"):
            serve(run_folder, port=port)


def test_a_free_port_is_found_and_named_and_ctrl_c_ends_the_server(run_folder):
    server = subprocess.Popen(
        [Path(sys.executable).parent / "attn-tuner", "serve", run_folder, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    try:
        address = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline()).group()
        assert not address.endswith(":0")
        with urllib.request.urlopen(f"{address}/status", timeout=60) as reply:
            assert json.load(reply)["trials"] == 16
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=60)
        assert server.returncode == 0
        assert "Traceback" not in said
    finally:
        server.kill()
