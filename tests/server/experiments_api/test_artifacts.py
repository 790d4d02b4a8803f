"""log-artifact: files of any size, streamed; half of one leaves nothing."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.server.error_shapes import assert_surface_error
from tests.server.experiments_api.http import PREFIX, Api
from tests.server.serving import Server

if TYPE_CHECKING:
    from mlflow import MlflowClient

FORM = {"content-type": "multipart/form-data; boundary=xx"}
FILE = b'--xx\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\nhello'
FOLDER = b'--xx\r\nContent-Disposition: form-data; name="artifact_path"\r\n\r\na/b'
END = b"\r\n--xx--\r\n"


def paths(tracking: "MlflowClient", run: str, folder: str = "") -> list[str]:
    return [one.path for one in tracking.list_artifacts(run, folder)]


def test_a_file_is_logged_below_a_folder(
    api: Api, run: str, tracking: "MlflowClient", tmp_path: Path
) -> None:
    reply = api(
        "POST",
        f"/runs/{run}/log-artifact",
        params={"artifact_path": "models/"},
        files={"file": ("model ü.pkl", b"abc" * 1000)},
    )

    assert reply.status_code == 200
    assert reply.json() == {"message": "Artifact logged", "run_id": run, "artifact": "models/model ü.pkl"}
    got = tracking.download_artifacts(run, "models/model ü.pkl", str(tmp_path))
    assert Path(got).read_bytes() == b"abc" * 1000


def test_the_folder_may_be_a_field_before_the_file(api: Api, run: str) -> None:
    body = FOLDER + b"\r\n" + FILE + END

    reply = api("POST", f"/runs/{run}/log-artifact", content=body, headers=FORM)

    assert reply.json()["artifact"] == "a/b/f.txt"


def test_an_empty_file_is_one(api: Api, run: str, tracking: "MlflowClient") -> None:
    assert api("POST", f"/runs/{run}/log-artifact", files={"file": ("empty", b"")}).status_code == 200
    assert paths(tracking, run) == ["empty"]


def test_a_large_file_is_never_held_whole(start: Server, tracking: "MlflowClient") -> None:
    size = 256 * 1024 * 1024

    def form() -> Iterator[bytes]:
        yield FILE
        for _ in range(size // (1024 * 1024)):
            yield bytes(1024 * 1024)
        yield END

    with start.client() as client:
        client.timeout = httpx.Timeout(120)
        api = Api(client)
        run = api.made("/runs", experiment_id="0")
        reply = api("POST", f"/runs/{run}/log-artifact", content=form(), headers=FORM)

    assert reply.status_code == 200
    assert peak_memory(start) < 256 * 1024 * 1024


@pytest.fixture
def start(fresh_server: Server) -> Server:
    """A server whose memory is its own."""
    return fresh_server


def peak_memory(server: Server) -> int:
    """The most bytes that the process ever held."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize(
    ("query", "body", "status"),
    [
        ("", FILE, 400),
        ("", FILE + b"\r\n" + FILE + END, 400),
        ("", FILE + b"\r\n" + FOLDER + END, 400),
        ("", FILE + b"\r\n" + FILE[:30], 400),
        ("", FOLDER + END, 400),
        ("", b"", 400),
        ("", b"hello", 400),
        ("", b"--xx\r\nContent-Disposition: form-data\r\n\r\nx" + END, 400),
        ("", FILE.replace(b"f.txt", b"") + END, 400),
        ("", FILE.replace(b'; filename="f.txt"', b"") + END, 400),
        ("", FILE.replace(b"f.txt", b"../f.txt") + END, 400),
        ("", FILE.replace(b"f.txt", b"a/f.txt") + END, 400),
        ("", FILE.replace(b"f.txt", b"..") + END, 400),
        ("", FILE.replace(b"f.txt", b"\xff") + END, 400),
        ("?artifact_path=../x", FILE + END, 400),
        ("?artifact_path=/etc", FILE + END, 400),
        ("?artifact_path=a%2F..%2F..%2Fb", FILE + END, 400),
        ("", FOLDER.replace(b"a/b", b"../x") + b"\r\n" + FILE + END, 400),
        ("", FOLDER + b"x" * 5000 + b"\r\n" + FILE + END, 413),
    ],
)
def test_forms_that_store_nothing(
    api: Api, run: str, tracking: "MlflowClient", query: str, body: bytes, status: int
) -> None:
    reply = api("POST", f"/runs/{run}/log-artifact{query}", content=body, headers=FORM)

    assert_surface_error(reply, status)
    assert paths(tracking, run) == []


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json", 415), ("multipart/form-data", 400), ("multipart/mixed; boundary=xx", 415)],
)
def test_only_forms_with_a_boundary_are_read(api: Api, run: str, content_type: str, status: int) -> None:
    reply = api(
        "POST", f"/runs/{run}/log-artifact", content=FILE + END, headers={"content-type": content_type}
    )

    assert_surface_error(reply, status)


def test_an_upload_that_breaks_off_leaves_nothing(
    api: Api, server: Server, run: str, tracking: "MlflowClient"
) -> None:
    head = (
        f"POST {PREFIX}/runs/{run}/log-artifact HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {server.token.text}\r\nContent-Type: {FORM['content-type']}\r\n"
        "Content-Length: 10000000\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(head.encode() + FILE + b"x" * 2_000_000)

    assert api("POST", f"/runs/{run}/log-artifact", files={"file": ("after", b"")}).status_code == 200
    assert paths(tracking, run) == ["after"]


def test_a_deleted_or_unknown_run_takes_no_file(api: Api, run: str, tracking: "MlflowClient") -> None:
    tracking.delete_run(run)
    files = {"file": ("f", b"x")}

    assert_surface_error(api("POST", f"/runs/{run}/log-artifact", files=files), 400)
    assert_surface_error(api("POST", f"/runs/{'0' * 32}/log-artifact", files=files), 404)
