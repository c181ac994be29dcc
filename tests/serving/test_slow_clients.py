"""What is sent slowly or never ends holds no connection; what names another host gets no answer."""

import contextlib
import shutil
import socket
import threading
import time

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("uvicorn", reason="the extra serve is not installed")
pytest.importorskip("httpx", reason="httpx, which FastAPI's test client needs, is not installed")

from fastapi.testclient import TestClient

from attn_tuner.serving import make_app
from attn_tuner.serving.app import server_settings
from tests.support.damage import DAMAGES, damage

HEAD = b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"


@contextlib.contextmanager
def served(folder, header_seconds=0.5, body_seconds=0.5):
    """The port of a server with short patience, on a thread."""
    import uvicorn

    app = make_app(folder, body_seconds=body_seconds)
    server = uvicorn.Server(server_settings(app, header_seconds))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def answer_to(port, *pieces, patience=20):
    """What comes back for these bytes until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as client:
        for piece in pieces:
            client.sendall(piece)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := client.recv(65536):
                received += piece
        return received


@pytest.fixture(scope="module")
def port(run_folder):
    with served(run_folder) as port:
        yield port


@pytest.mark.parametrize(
    "sent",
    [b"", b"POST", b"POST /predict HTTP/1.1\r\n", HEAD],
    ids=["nothing", "a word", "the first line", "half of the head"],
)
def test_a_half_sent_head_is_not_waited_for(port, sent):
    assert answer_to(port, sent) == b""


def test_a_half_sent_body_is_answered_and_closed(port):
    answer = answer_to(port, HEAD + b"content-length: 50\r\n\r\n", b'{"text": ')
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not arrive within" in answer


def test_a_half_sent_second_request_is_not_waited_for(port):
    get = b"GET /status HTTP/1.1\r\nhost: localhost\r\n"
    answer = answer_to(port, get + b"\r\n", get)
    assert answer.count(b"HTTP/1.1 200") == 1


def test_three_hundred_half_sent_requests_leave_the_server_free(port):
    with contextlib.ExitStack() as stack:
        address = ("127.0.0.1", port)
        clients = [
            stack.enter_context(socket.create_connection(address, timeout=30)) for _ in range(300)
        ]
        for client in clients:
            client.sendall(HEAD)
        for client in clients:
            with contextlib.suppress(ConnectionResetError):
                assert client.recv(100) == b""


def test_a_slow_answer_is_not_cut_off(run_folder, monkeypatch):
    def slowly(directory):
        time.sleep(1.5)
        return {"finished": True}

    monkeypatch.setattr("attn_tuner.serving.app.page_status", slowly)
    with served(run_folder) as port:
        get = b"GET /status HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        assert b"200 OK" in answer_to(port, get)


@pytest.mark.parametrize("host", ["testserver", "evil.example", "localhost.evil.example"])
def test_another_host_gets_no_answer(run_folder, host):
    client = TestClient(make_app(run_folder), base_url=f"http://{host}")
    assert client.get("/status").status_code == 400


@pytest.mark.parametrize("kind", DAMAGES)
@pytest.mark.parametrize("name", ["model.keras", "bundle.json"])
def test_a_damaged_model_is_a_sentence_and_503(name, kind, run_folder, tmp_path):
    folder = shutil.copytree(run_folder, tmp_path / "run")
    damage(folder / "model" / name, kind)
    client = TestClient(make_app(folder), base_url="http://localhost")
    answer = client.post("/predict", json={"text": "a good film"})
    assert answer.status_code == 503
    assert name in answer.json()["error"]
    assert client.get("/status").status_code == 200
