"""The image's entry points as processes, with the environment that the manifests give them, and no more."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.image.pods import Container, containers, free_port, furnish
from tests.server.postgres import Postgres

from trackstack import tokens

COMMAND = (sys.executable, "-m", "trackstack.server")
EXPOSED = {"kind": "ingress", "host": "ml.example.org", "path": "/team-a", "tls": True}
API = "/api/2.0/mlflow"
pytestmark = pytest.mark.slow


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="trackstack-") as folder:
        postgres = Postgres(Path(folder))
        postgres.start()
        yield postgres
        postgres.stop()


def run(container: Container, place: Path, **changes: str) -> str:
    """Runs to its end, as a Job does; what it said."""
    env = {"PATH": os.environ["PATH"], **container.on(place, **changes)}
    done = subprocess.run(
        [*COMMAND, *container.args], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def serve(container: Container, place: Path, port: str) -> "subprocess.Popen[bytes]":
    env = {"PATH": os.environ["PATH"], **container.on(place, TRACKSTACK_SERVER_PORT=port)}
    process = subprocess.Popen([*COMMAND, *container.args], env=env, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while not ready(port):
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return process


def ready(port: str) -> bool:
    """What the kubelet asks."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ready", headers={"Host": "demo-server"}).is_success
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("kind", ["sqlite", "url"])
def test_what_the_manifests_start_works_together(kind: str, tmp_path: Path, postgres: Postgres) -> None:
    settings: dict[str, Any] = {"exposure": EXPOSED}
    if kind == "url":
        settings["database"] = {"kind": "url", "secret": {"name": "given", "key": "url"}}
    found = containers(settings, given=postgres.create("demo"))
    token = tokens.mint()
    furnish(tmp_path, token)

    assert run(found["migrate"], tmp_path) == "the database has schema 0001\n"
    port = free_port()
    process = serve(found["server"], tmp_path, port)
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}/team-a",
        headers={"Authorization": f"Bearer {token.text}", "Host": "ml.example.org"},
    ) as client:
        made = client.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()
        run_id = made["run"]["info"]["run_id"]
        client.post(f"{API}/runs/delete", json={"run_id": run_id})
        assert "removed 0 runs" in run(found["gc"], tmp_path)
        assert "removed 1 run," in run(found["gc"], tmp_path, TRACKSTACK_SERVER_RETENTION="0s")
        assert client.get(f"{API}/runs/get", params={"run_id": run_id}).status_code == 404
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert process.stderr is not None
    assert all(line.startswith(b"{") for line in process.stderr.read().splitlines())
    process.stderr.close()


def test_all_that_is_written_is_on_the_volumes(tmp_path: Path) -> None:
    """The root file system is read-only in a pod."""
    found = containers({})
    furnish(tmp_path, tokens.mint())
    before = {path for path in tmp_path.rglob("*") if path.is_file()}

    run(found["migrate"], tmp_path)
    process = serve(found["server"], tmp_path, free_port())
    process.terminate()
    process.wait(timeout=20)
    assert process.stderr is not None
    process.stderr.close()

    written = {
        path.relative_to(tmp_path).parts[0]
        for path in tmp_path.rglob("*")
        if path.is_file() and path not in before
    }
    assert written == {"data"}
