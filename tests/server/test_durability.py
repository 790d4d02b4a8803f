"""What is acknowledged stays, whatever happens to the process."""

import random
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import pytest
from tests.server.conftest import Start
from tests.server.serving import Server

API = "/api/2.0/mlflow/"
WRITERS = 8
BATCH = 20
PATIENCE_S = 60


@dataclass
class Writer:
    """Logs numbered batches to a run of its own and notes those that were acknowledged."""

    server: Server
    run: str
    number: int = 0
    acknowledged: list[int] = field(default_factory=list)
    refused: list[httpx.Response] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)

    def write(self, until: Callable[[], bool]) -> None:
        with self.server.client() as client:
            while not until():
                self.number += 1
                try:
                    reply = client.post(API + "runs/log-batch", json=self.batch(self.number))
                except httpx.TransportError:
                    self.broken.append(self.number)
                    return
                if reply.status_code == 200:
                    self.acknowledged.append(self.number)
                else:
                    self.refused.append(reply)

    def batch(self, number: int) -> dict[str, object]:
        return {
            "run_id": self.run,
            "metrics": [
                {"key": f"m{at}", "value": number, "timestamp": 1, "step": number} for at in range(BATCH)
            ],
            "params": [{"key": f"p{number}", "value": "v"}],
            "tags": [{"key": "last", "value": str(number)}],
        }

    def check(self, client: httpx.Client) -> None:
        """Every acknowledged batch is there, and every batch that is there is whole."""
        run = client.get(API + "runs/get", params={"run_id": self.run}).json()["run"]["data"]
        params = {int(param["key"][1:]) for param in run.get("params", [])}
        assert set(self.acknowledged) <= params
        for at in range(BATCH):
            query = {"run_id": self.run, "metric_key": f"m{at}"}
            history = client.get(API + "metrics/get-history", params=query).json().get("metrics", [])
            assert {point["step"] for point in history} == params
        last = {tag["key"]: tag["value"] for tag in run["tags"]}.get("last", "0")
        assert int(last) == max(params, default=0)
        self.number = max(params, default=0)


def writers(server: Server) -> list[Writer]:
    with server.client() as client:
        runs = [client.post(API + "runs/create", json={"experiment_id": "0"}).json() for _ in range(WRITERS)]
    return [Writer(server, one["run"]["info"]["run_id"]) for one in runs]


def begin(all_of: list[Writer], until: Callable[[], bool]) -> list[threading.Thread]:
    threads = [threading.Thread(target=one.write, args=(until,)) for one in all_of]
    for thread in threads:
        thread.start()
    return threads


@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_acknowledged_batches_survive_kills(start_server: Start, kills: int) -> None:
    server = start_server()
    all_of = writers(server)
    rest = random.Random(kills)  # noqa: S311 - the same moments in every run

    def acknowledged() -> int:
        return sum(len(writer.acknowledged) for writer in all_of)

    for _ in range(kills):
        before, until = acknowledged(), time.monotonic() + PATIENCE_S
        threads = begin(all_of, lambda: False)
        time.sleep(rest.uniform(0.05, 1.0))
        while acknowledged() == before and time.monotonic() < until:
            time.sleep(0.01)
        server.kill()
        for thread in threads:
            thread.join()
        server.start()
        with server.client() as client:
            for writer in all_of:
                writer.check(client)

    assert acknowledged() >= kills
    assert not any(writer.refused for writer in all_of)
    server.stop()
    if not server.flags:
        with sqlite3.connect(server.data_dir / "tracking.db") as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        database.close()


@pytest.mark.parametrize("stops", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_a_stop_drops_no_accepted_request(start_server: Start, stops: int) -> None:
    server = start_server()
    all_of = writers(server)

    for _ in range(stops):
        threads = begin(all_of, lambda: False)
        time.sleep(0.3)
        began = time.monotonic()
        code = server.stop()
        took = time.monotonic() - began
        for thread in threads:
            thread.join()

        assert code == 0
        assert took < 5
        assert not any(writer.refused for writer in all_of)
        server.start()
        with server.client() as client:
            for writer in all_of:
                writer.check(client)
                # A connection that broke was idle then: its batch was not taken in.
                assert not set(writer.broken) & set(writer.acknowledged)
                writer.broken.clear()
    server.stop()


def test_a_stop_leaves_no_log_behind(start_server: Start) -> None:
    server = start_server()
    with server.client() as client:
        client.post(API + "runs/create", json={"experiment_id": "0"})

    assert server.stop() == 0

    assert not [file for file in server.data_dir.glob("tracking.db-*") if file.stat().st_size]


def test_a_foreign_reader_never_makes_the_database_busy(start_server: Start) -> None:
    server = start_server()
    if server.flags:
        pytest.skip("about SQLite's locks")
    ends = time.monotonic() + 2
    reader = sqlite3.connect(server.data_dir / "tracking.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM runs").fetchone()
    all_of = writers(server)

    for thread in begin(all_of, lambda: time.monotonic() > ends):
        thread.join()

    assert not any(writer.refused or writer.broken for writer in all_of)
    reader.close()
    server.stop()
