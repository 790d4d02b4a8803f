"""Every bad path at every place that takes one: refused in the same words, and nothing outside is touched."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.server.artifacts.catalogue import REFUSED_FILES, REFUSED_PATHS
from tests.server.artifacts.http import API, PROXY, Reply, Served

Ask = Callable[[Served, str, str], Reply]


def _query(path: str) -> str:
    return quote(path, safe="", errors="surrogatepass")


def _segments(path: str) -> str:
    return quote(path, safe="/", errors="surrogatepass")


def _post(served: Served, target: str, value: object) -> Reply:
    return served.ask("POST", target, json.dumps(value).encode(), {"content-type": "application/json"})


_NO_TEXT = "The request has text with a NUL character or a lone surrogate; leave these out."
"""What a query or body is answered that could not be text in any field."""

FILES: dict[str, Ask] = {
    "get-artifact": lambda s, run, path: s.ask("GET", f"/get-artifact?run_uuid={run}&path={_query(path)}"),
    "proxy GET": lambda s, run, path: s.ask("GET", f"{PROXY}/artifacts/{_segments(path)}"),
    "proxy PUT": lambda s, run, path: s.ask("PUT", f"{PROXY}/artifacts/{_segments(path)}", b"evil"),
    "presigned": lambda s, run, path: s.ask("GET", f"{PROXY}/presigned/{_segments(path)}"),
    "mpu create": lambda s, run, path: _post(s, f"{PROXY}/mpu/create/{_segments(path)}", {"path": "f"}),
    "mpu complete": lambda s, run, path: _post(
        s, f"{PROXY}/mpu/complete/{_segments(path)}", {"path": "f", "upload_id": "u", "parts": []}
    ),
    "mpu abort": lambda s, run, path: _post(
        s, f"{PROXY}/mpu/abort/{_segments(path)}", {"path": "f", "upload_id": "u"}
    ),
}
FOLDERS: dict[str, Ask] = {
    "run's list": lambda s, run, path: s.ask("GET", f"{API}/artifacts/list?run_id={run}&path={_query(path)}"),
    "proxy list": lambda s, run, path: s.ask("GET", f"{PROXY}/artifacts?path={_query(path)}"),
    "proxy DELETE": lambda s, run, path: s.ask("DELETE", f"{PROXY}/artifacts/{_segments(path)}"),
    "upload-artifact": lambda s, run, path: s.ask(
        "POST", f"/ajax-api/2.0/mlflow/upload-artifact?run_uuid={run}&path={_query(path)}", b"evil"
    ),
    "download link": lambda s, run, path: _post(
        s, f"{API}/artifacts/presigned-download-url", {"run_id": run, "path": path}
    ),
}
CASES = [(place, path) for place in FILES for path in REFUSED_PATHS + REFUSED_FILES]
CASES += [(place, path) for place in FOLDERS for path in REFUSED_PATHS]


@pytest.fixture(scope="module")
def run(folder_server: Served) -> str:
    run_id = folder_server.run()
    for path in ("a", "x", f"0/{run_id}/artifacts/a"):
        assert folder_server.ask("PUT", f"{PROXY}/artifacts/{path}/kept", b"kept").status == 200
    return run_id


@pytest.fixture
def untouched(folder_server: Served, run: str) -> Iterator[None]:
    before = _snapshot(folder_server.data.parent)
    yield
    assert _snapshot(folder_server.data.parent) == before


@pytest.mark.parametrize(("place", "path"), CASES, ids=ascii)
def test_a_bad_path_is_refused(
    folder_server: Served, run: str, untouched: None, place: str, path: str
) -> None:
    reply = {**FILES, **FOLDERS}[place](folder_server, run, path)
    assert (reply.status, reply.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE"), reply.body
    assert reply.json()["message"] in ("Invalid path", _NO_TEXT), reply.body


@pytest.mark.parametrize(
    "target", ["..", "../x", "a/../../../../tracking.db", "%2e%2e/x", "%252e%252e%252ftracking.db"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_path_is_refused_as_it_stands_in_the_address(
    folder_server: Served, untouched: None, method: str, target: str
) -> None:
    reply = folder_server.ask(method, f"{PROXY}/artifacts/{target}", b"" if method == "PUT" else None)
    assert (reply.status, reply.json()["message"]) == (400, "Invalid path")


def test_the_whole_store_cannot_be_deleted(folder_server: Served, untouched: None) -> None:
    assert folder_server.ask("DELETE", f"{PROXY}/artifacts/").status == 400


def test_symbolic_links_lead_nowhere(folder_server: Served, run: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "canary").write_text("secret")
    link = folder_server.data / "artifacts" / "link"
    link.symlink_to(secret)
    try:
        for method in ("GET", "PUT", "DELETE"):
            for path in ("link", "link/canary", "link/new"):
                reply = folder_server.ask(
                    method, f"{PROXY}/artifacts/{path}", b"evil" if method == "PUT" else None
                )
                assert (reply.status, reply.json()["message"]) == (400, "Invalid path")
        assert folder_server.ask("GET", f"{PROXY}/artifacts?path=link").status == 400
        assert "link" not in folder_server.ask("GET", f"{PROXY}/artifacts").body.decode()
    finally:
        link.unlink()
    assert [path.name for path in secret.iterdir()] == ["canary"]
    assert (secret / "canary").read_text() == "secret"


def _snapshot(folder: Path) -> dict[str, int]:
    """Every path with its time of change, but for the database, which reads may touch."""
    return {
        os.path.join(here, name): os.stat(os.path.join(here, name), follow_symlinks=False).st_mtime_ns
        for here, _, names in os.walk(folder)
        for name in names
        if "tracking.db" not in name
    }
