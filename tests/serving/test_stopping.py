"""A search that is ended from the page."""

import re

import pytest

from attn_tuner.storage.lock import held
from attn_tuner.storage.stop_request import StopRequest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("httpx", reason="httpx, which FastAPI's test client needs, is not installed")

from fastapi.testclient import TestClient

from attn_tuner.serving import make_app

HERE = "http://localhost"


def client_of(folder, **options):
    return TestClient(make_app(folder, **options), base_url=HERE)


def token_of(client):
    (token,) = re.findall(r'name="stop-token" content="([^"]*)"', client.get("/").text)
    return token


def test_the_page_ends_the_search_that_runs(begun_folder):
    client = client_of(begun_folder)
    with held(begun_folder), StopRequest(begun_folder) as stop:
        assert not stop.received()
        reply = client.post("/stop", headers={"X-Stop-Token": token_of(client)})
        assert reply.status_code == 200
        assert "best model so far" in reply.json()["said"]
        assert StopRequest(begun_folder).received()


@pytest.mark.parametrize("headers", [{}, {"X-Stop-Token": ""}, {"X-Stop-Token": "guess"}])
def test_without_the_token_of_the_page_nothing_ends(begun_folder, headers):
    with held(begun_folder), StopRequest(begun_folder) as stop:
        assert client_of(begun_folder).post("/stop", headers=headers).status_code == 403
        assert not stop.received()


def test_a_link_cannot_end_a_search(begun_folder):
    assert client_of(begun_folder).get("/stop").status_code == 405


def test_where_no_search_runs_the_answer_says_so(run_folder):
    client = client_of(run_folder)
    reply = client.post("/stop", headers={"X-Stop-Token": token_of(client)})
    assert reply.status_code == 409
    assert "No search runs" in reply.json()["error"]


def test_the_page_of_a_server_for_others_does_not_hold_the_token(begun_folder):
    client = client_of(begun_folder, loopback=False, stop_token="known")
    assert token_of(client) == ""
    assert "known" not in client.get("/").text
    with held(begun_folder):
        reply = client.post("/stop", headers={"X-Stop-Token": "known"})
        assert reply.status_code == 200


def test_no_other_site_can_show_the_page_in_a_frame(begun_folder):
    assert client_of(begun_folder).get("/").headers["x-frame-options"] == "DENY"
