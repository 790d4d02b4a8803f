"""Which way the genuine client's files take: by links straight to the bucket, or through the server."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from tests.server.artifacts.http import PROXY, Served, serving
from tests.server.buckets import new_bucket

pytestmark = pytest.mark.filterwarnings("default")  # of MLflow's own making

CONTENT = bytes(range(256)) * 4 * 1024 * 6
"""6 MiB: two parts, the first of the smallest size that S3 takes."""
PART = 5 * 1024 * 1024
THROUGH_AND_STRAIGHT = [
    ("direct", {}, False),
    ("direct", {"MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "false"}, "upload"),
    ("proxied", {}, True),
    ("proxied", {"MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "true"}, True),
    ("proxied", {"MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "true"}, True),
]
"""The server's mode, what a client has been told, and what of a file's ways passes through the server.

A client that has been told false does what older ones do."""


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many bytes went to and came from each server, by `host:port`."""
    counted: Counter[str] = Counter()
    send = requests.Session.send

    def counting(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> Any:
        answer = send(session, request, **options)
        server = urlsplit(str(request.url)).netloc
        counted[server] += int(request.headers.get("content-length", 0))
        counted[server] += int(answer.headers.get("content-length", 0))
        return answer

    monkeypatch.setattr(requests.Session, "send", counting)
    return counted


@contextmanager
def client_of(served: Served) -> Iterator[Any]:
    from mlflow import MlflowClient, set_tracking_uri

    set_tracking_uri(served.url)
    yield MlflowClient(served.url)
    set_tracking_uri("")


@pytest.mark.parametrize(("mode", "told", "through"), THROUGH_AND_STRAIGHT)
def test_files_take_the_way_that_the_mode_says(
    mode: str,
    told: dict[str, str],
    through: bool | str,
    s3: str,
    passed: Counter[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = {"MINIMUM_FILE_SIZE": len(CONTENT), "CHUNK_SIZE": PART}
    for name, value in settings.items():
        monkeypatch.setenv(f"MLFLOW_MULTIPART_UPLOAD_{name}", str(value))
    for name, text in told.items():
        monkeypatch.setenv(name, text)
    (tmp_path / "data").mkdir()
    file = tmp_path / "model.bin"
    file.write_bytes(CONTENT)
    with serving(tmp_path / "data", new_bucket(s3), mode) as served, client_of(served) as mlflow:
        server, bucket = urlsplit(served.url).netloc, urlsplit(s3).netloc
        run = mlflow.create_run("0").info.run_id

        mlflow.log_artifact(run, str(file))
        assert (passed[server] >= len(CONTENT)) is bool(through)
        assert (passed[bucket] >= len(CONTENT)) is not bool(through)

        passed.clear()
        down = Path(mlflow.download_artifacts(run, "model.bin", str(tmp_path)))
        assert down.read_bytes() == CONTENT
        assert (passed[server] >= len(CONTENT)) is (through is True)
        assert (passed[bucket] >= len(CONTENT)) is not (through is True)


def test_a_server_in_between_hands_out_no_link(s3: str, tmp_path: Path) -> None:
    with serving(tmp_path, new_bucket(s3), "proxied") as served:
        run = served.run()
        file = f"0/{run}/artifacts/f.bin"
        assert served.ask("PUT", f"{PROXY}/artifacts/{file}", b"x").status == 200

        info = served.ask("GET", "/api/3.0/mlflow/server-info").json()
        link = served.ask("GET", f"{PROXY}/presigned/{file}")
        upload = served.post(f"{PROXY}/mpu/create/0/{run}/artifacts", {"path": "f.bin", "num_parts": 1})

    assert (info["multipart_uploads_enabled"], info["multipart_downloads_enabled"]) == (False, False)
    for refused in (link, upload):
        assert (refused.status, refused.json()["error_code"]) == (501, "NOT_IMPLEMENTED")
