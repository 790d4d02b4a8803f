"""`trackstack-server gc` beside a running server, with deletion times moved in the database."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.server.serving import Server

DAY_MS = 24 * 60 * 60 * 1000
API = "/api/2.0/mlflow"


@pytest.fixture(scope="module", params=["folder", "bucket"])
def shared(request: pytest.FixtureRequest, start_server: Callable[..., Server]) -> Iterator[Server]:
    """A server on each kind of artifact store."""
    from tests.server.buckets import new_bucket

    bucket = request.param == "bucket"
    flags = ("--artifact-root", new_bucket(request.getfixturevalue("s3"))) if bucket else ()
    server = start_server(*flags)
    yield server
    server.stop()


@pytest.fixture
def running(shared: Server) -> Iterator[Server]:
    """The same, with nothing deleted in it and no retention said."""
    yield shared
    (shared.data_dir / "retention.json").unlink(missing_ok=True)
    report(shared, "--older-than", "0s")


def gc(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trackstack.server", "gc", "--data-dir", str(server.data_dir)]
    return subprocess.run([*command, *server.flags, *arguments], capture_output=True, text=True, check=False)


def report(server: Server, *arguments: str) -> Any:
    done = gc(server, "--json", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def deleted_run(server: Server, days_ago: float) -> str:
    with server.client() as client:
        created = client.post(f"{API}/runs/create", json={"experiment_id": "0", "start_time": 1})
        run: str = created.json()["run"]["info"]["run_id"]
        address = f"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/f.txt"
        assert client.put(address, content=b"12345").status_code == 200
        assert client.post(f"{API}/runs/delete", json={"run_id": run}).status_code == 200
    move(server, run, days_ago)
    return run


def move(server: Server, run: str, days_ago: float) -> None:
    """Has the run deleted at another time."""
    at = int(time.time() * 1000 - days_ago * DAY_MS)
    url = dict(zip(server.flags[::2], server.flags[1::2], strict=True)).get("--database-url")
    if url:
        import psycopg

        with psycopg.connect(url) as postgres:
            postgres.execute("UPDATE runs SET deleted_at = %s WHERE uuid = %s", (at, run))
        return
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(server.data_dir / "tracking.db")) as sqlite, sqlite:
        sqlite.execute("UPDATE runs SET deleted_at = ? WHERE uuid = ?", (at, run))


def status(server: Server, run: str) -> tuple[int, int]:
    """Of the run, and of its file."""
    with server.client() as client:
        return (
            client.get(f"{API}/runs/get", params={"run_id": run}).status_code,
            client.get(f"/api/2.0/mlflow-artifacts/artifacts/0/{run}/artifacts/f.txt").status_code,
        )


def test_thirty_days_are_kept_unless_said_otherwise(running: Server) -> None:
    old, young = deleted_run(running, 31), deleted_run(running, 29)

    planned = report(running, "--dry-run")
    assert [(one["id"], one["files"], one["bytes"]) for one in planned["removed"]] == [(old, 1, 5)]
    assert planned["dry_run"] is True
    assert status(running, old) == (200, 200)

    assert report(running)["removed"] == planned["removed"]
    assert status(running, old) == (404, 404)
    assert status(running, young) == (200, 200)

    (running.data_dir / "retention.json").write_text('{"retention": "7d"}')
    assert [one["id"] for one in report(running)["removed"]] == [young]


def test_a_restored_run_starts_anew(running: Server) -> None:
    run = deleted_run(running, 31)
    with running.client() as client:
        client.post(f"{API}/runs/restore", json={"run_id": run})
    assert report(running)["removed"] == []
    with running.client() as client:
        client.post(f"{API}/runs/delete", json={"run_id": run})
    assert report(running)["removed"] == []
    assert report(running, "--older-than", "0s")["removed"][0]["id"] == run


def test_people_are_told_in_lines(running: Server) -> None:
    run = deleted_run(running, 40)
    lines = gc(running, "--dry-run").stdout.splitlines()
    assert lines[0].startswith(f"would remove run {run} of experiment 0, deleted 20")
    assert lines[0].endswith(" UTC, 1 files, 5 B")
    assert lines[1] == "would remove 1 run, 0 logged models, 0 experiments: 1 files, 5 B"
    assert gc(running).stdout.splitlines()[1] == "removed 1 run, 0 logged models, 0 experiments: 1 files, 5 B"
    assert gc(running).stdout == "removed 0 runs, 0 logged models, 0 experiments: 0 files, 0 B\n"


def test_a_retention_in_doubt_removes_nothing(running: Server) -> None:
    run = deleted_run(running, 4000)
    (running.data_dir / "retention.json").write_text('{"retention": "soon"}')
    done = gc(running)
    assert (done.returncode, done.stdout) == (1, "")
    assert "retention.json: 'soon' is not a duration" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert status(running, run) == (200, 200)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--data-dir", "/nowhere"), 1, "there is no database /nowhere/tracking.db"),
        (("--older-than", "soon"), 1, "--older-than: 'soon' is not a duration"),
        (("--older-then", "1d"), 2, "unrecognized arguments"),
    ],
)
def test_a_wrong_call_is_answered_in_one_line(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    command = [sys.executable, "-m", "trackstack.server", "gc", "--data-dir", str(tmp_path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_running_server_removes_by_itself_and_heeds_a_changed_retention(
    start_server: Callable[..., Server], tmp_path: Path
) -> None:
    server = start_server(data_dir=tmp_path / "data", TRACKSTACK_SERVER_RETENTION_CHECK_S="1")
    old, young = deleted_run(server, 31), deleted_run(server, 29)
    _wait(lambda: status(server, old) == (404, 404))
    assert status(server, young) == (200, 200)

    (server.data_dir / "retention.json").write_text('{"retention": "1d"}')
    _wait(lambda: status(server, young) == (404, 404))
    assert "Retention: removed 1 run" in server.log
    assert server.stop() == 0


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)
