"""Full disks, slow searches, databases that go away and come back."""

import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.server.conftest import Start
from tests.server.postgres import Postgres
from tests.server.serving import Server

API = "/api/2.0/mlflow/"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of eight megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("may not mount a file system here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def new_run(client: httpx.Client) -> str:
    reply = client.post(API + "runs/create", json={"experiment_id": "0"})
    run_id: str = reply.json()["run"]["info"]["run_id"]
    return run_id


def test_a_full_disk_refuses_writes_until_there_is_space(small_disk: Path) -> None:
    server = Server(small_disk / "data")
    server.start()
    with server.client() as client:
        run = new_run(client)
        filler = small_disk / "filler"
        filler.write_bytes(b"x" * (shutil.disk_usage(small_disk).free - 300_000))
        statuses, stored = [], 0
        for number in range(40):
            tags = [{"key": f"t{number}.{at}", "value": "v" * 5000} for at in range(20)]
            reply = client.post(API + "runs/log-batch", json={"run_id": run, "tags": tags})
            statuses.append(reply.status_code)
            stored += 20 * (reply.status_code == 200)
        assert set(statuses) == {200, 503}
        assert reply.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"
        assert reply.headers["retry-after"]
        tags = client.get(API + "runs/get", params={"run_id": run}).json()["run"]["data"]["tags"]
        assert len([tag for tag in tags if tag["key"].startswith("t")]) == stored

        filler.unlink()

        reply = client.post(API + "runs/set-tag", json={"run_id": run, "key": "after", "value": "1"})
        assert reply.status_code == 200
    assert server.stop() == 0


def test_a_search_that_takes_too_long_is_stopped(start_server: Start) -> None:
    server = start_server(TRACKSTACK_SERVER_QUERY_TIME_LIMIT_MS="1")
    with server.client() as client:
        run = new_run(client)
        for first in range(0, 20_000, 1000):
            points = [
                {"key": "m", "value": 1, "timestamp": -step % 20_000, "step": step}
                for step in range(first, first + 1000)
            ]
            client.post(API + "runs/log-batch", json={"run_id": run, "metrics": points})
        query = {"run_id": run, "metric_key": "m"}
        statuses = {client.get(API + "metrics/get-history", params=query).status_code for _ in range(5)}
        assert 504 in statuses
        assert client.get(API + "runs/get", params={"run_id": run}).status_code == 200
    server.stop()


def test_a_restarted_database_is_found_again(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    if request.config.getoption("--store") == "sqlite":
        pytest.skip("about PostgreSQL")
    import tempfile

    with tempfile.TemporaryDirectory(prefix="trackstack-") as folder:
        postgres = Postgres(Path(folder))
        postgres.start()
        server = Server(tmp_path, ("--database-url", postgres.create("restarted")))
        server.start()
        with server.client() as client:
            run = new_run(client)
            statuses: list[int] = []
            done = threading.Event()

            def log() -> None:
                step = 0
                while not done.is_set():
                    step += 1
                    metric = {"run_id": run, "key": "m", "value": step, "timestamp": 1, "step": step}
                    statuses.append(client.post(API + "runs/log-metric", json=metric).status_code)

            thread = threading.Thread(target=log)
            thread.start()
            for _ in range(3):
                time.sleep(0.3)
                postgres.stop()
                postgres.start()
            time.sleep(1)
            done.set()
            thread.join()

            assert set(statuses) <= {200, 503}
            assert statuses[-5:] == [200] * 5
            history = client.get(
                API + "metrics/get-history", params={"run_id": run, "metric_key": "m"}
            ).json()
            assert len(history["metrics"]) >= statuses.count(200)
        server.stop()
        postgres.stop()


def test_replicas_on_one_database_agree(start_server: Start, request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--store") == "sqlite":
        pytest.skip("about PostgreSQL")
    first = start_server()
    second = Server(first.data_dir.with_name("second"), first.flags, token=first.token)
    second.start()
    with first.client() as client:
        runs = [new_run(client) for _ in range(3)]
    refused: list[str] = []

    def log(server: Server, worker: int) -> None:
        with server.client() as client:
            for step in range(30):
                run = runs[(step + worker) % 3]
                body = {
                    "run_id": run,
                    "metrics": [
                        {"key": f"m{(worker + at) % 5}", "value": step, "timestamp": 1, "step": step}
                        for at in range(5)
                    ],
                    "params": [{"key": f"p{step}", "value": "same"}],
                    "tags": [{"key": f"t{worker % 2}", "value": str(step)}],
                }
                reply = client.post(API + "runs/log-batch", json=body)
                if reply.status_code != 200:
                    refused.append(reply.text)
                client.get(API + "runs/get", params={"run_id": run})

    threads = [
        threading.Thread(target=log, args=(server, worker))
        for worker, server in enumerate((first, second) * 3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not refused
    with first.client() as one, second.client() as other:
        for run in runs:
            answers = [c.get(API + "runs/get", params={"run_id": run}).json() for c in (one, other)]
            assert answers[0] == answers[1]
            data = answers[0]["run"]["data"]
            assert len(data["metrics"]) == 5
            assert {metric["value"] for metric in data["metrics"]} <= {27.0, 28.0, 29.0}
            assert len(data["params"]) == 30
    second.stop()
    first.stop()
