"""The report, the export and its README, as the page links to them."""

import io
import zipfile

import pytest

pytest.importorskip("fastapi", reason="the extra serve is not installed")
pytest.importorskip("httpx", reason="httpx, which FastAPI's test client needs, is not installed")

from fastapi.testclient import TestClient

from attn_tuner.serving import documents, make_app
from tests.support import sentiment


@pytest.fixture
def folder(tmp_path):
    run = sentiment.make_run(tmp_path / "my run", finished=True)
    (run / "best" / "variables").mkdir(parents=True)
    (run / "best" / "saved_model.pb").write_bytes(b"\x00model")
    (run / "best" / "variables" / "data").write_bytes(b"weights")
    (run / "best" / "README.md").write_text("# How to <b>use</b> it\n", encoding="utf-8")
    return run


@pytest.fixture
def client(folder):
    return TestClient(make_app(folder), base_url="http://localhost")


def test_the_export_is_one_zip_file_with_all_its_files(client):
    reply = client.get("/export.zip")
    assert reply.headers["content-disposition"] == 'attachment; filename="my_run-export.zip"'
    archive = zipfile.ZipFile(io.BytesIO(reply.content))
    assert set(archive.namelist()) == {"saved_model.pb", "variables/data", "README.md"}
    assert archive.read("saved_model.pb") == b"\x00model"


def test_a_link_in_the_export_leads_nowhere(client, folder, tmp_path):
    (tmp_path / "secret").write_text("secret")
    (folder / "best" / "link").symlink_to(tmp_path / "secret")
    archive = zipfile.ZipFile(io.BytesIO(client.get("/export.zip").content))
    assert "link" not in archive.namelist()


def test_the_readme_is_shown_as_text(client, folder):
    reply = client.get("/export/README.md")
    assert reply.headers["content-type"] == "text/plain; charset=utf-8"
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.text == "# How to <b>use</b> it\n"
    (folder / "best" / "README.md").unlink()
    assert client.get("/export/README.md").status_code == 404


@pytest.mark.parametrize("path", ["/export.zip", "/export/README.md"])
def test_before_there_is_an_export_the_answer_says_so(begun_folder, path):
    reply = TestClient(make_app(begun_folder), base_url="http://localhost").get(path)
    assert reply.status_code == 503
    assert "no export yet" in reply.json()["error"]


def test_a_report_that_was_written_is_served_in_a_sandbox(client, folder):
    (folder / "report.html").write_text("<h1>Mine</h1>")
    reply = client.get("/report")
    assert reply.text == "<h1>Mine</h1>"
    assert reply.headers["content-security-policy"] == "sandbox allow-scripts allow-downloads"


def test_without_one_a_report_is_made_once(client, monkeypatch):
    made = []

    def collect(run, **options):
        made.append(run)
        return {}

    monkeypatch.setattr(documents, "collect_report", collect)
    monkeypatch.setattr(documents, "render_report", lambda gathered: "<h1>New</h1>")
    assert [client.get("/report").text for _ in range(2)] == ["<h1>New</h1>"] * 2
    assert len(made) == 1
