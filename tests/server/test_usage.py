"""How much a server says that it holds."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from tests.server.conftest import Start

from trackstack.server.artifacts.folder import FolderStore
from trackstack.server.config import Settings
from trackstack.server.store.store import Store
from trackstack.server.usage.measure import Measure

if TYPE_CHECKING:
    from mlflow import MlflowClient

PATH = "/api/2.0/trackstack/usage"


def test_a_new_server_holds_its_default_experiment_and_nobody_used_it(start_server: Start) -> None:
    with start_server().client() as client:
        held = client.get(PATH).json()

    assert (held["experiments"], held["runs"], held["metrics"]) == (1, 0, 0)
    assert (held["artifact_files"], held["artifact_bytes"]) == (0, 0)
    assert held["database_bytes"] > 0


def test_everything_is_counted_also_what_is_deleted(
    start_server: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    server = start_server()
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", server.token.text)
    client = MlflowClient(server.url)
    kept = _run(client, client.create_experiment("kept"))
    client.log_text(kept, "x" * 1000, "notes.txt")
    client.delete_run(_run(client, client.create_experiment("other")))

    with server.client() as plain:
        held = plain.get(PATH).json()

    assert (held["experiments"], held["runs"], held["metrics"]) == (3, 2, 6)
    assert (held["artifact_files"], held["artifact_bytes"]) == (1, 1000)
    # A client's clock that is ahead does not make the future an activity.
    assert held["last_activity_at"] <= held["measured_at"]
    assert held["last_activity_at"] >= client.get_run(kept).info.start_time


def test_only_the_administrator_is_told(start_server: Start) -> None:
    server = start_server()
    with server.client() as client:
        made = client.post("/api/2.0/trackstack/tokens", json={"name": "w", "scope": "write"}).json()
    headers = {"Authorization": f"Bearer {made['token']['content']}"}

    assert httpx.get(server.url + PATH).status_code == 401
    assert httpx.get(server.url + PATH, headers=headers).status_code == 403


async def _measured(folder: Path, clock: Callable[[], float], asks: int) -> list[int]:
    store = Store(Settings(data_dir=folder))
    await store.open()
    try:
        measure = Measure(store, FolderStore(folder / "artifacts"), clock)
        return [(await measure.usage()).measured_at for _ in range(asks)]
    finally:
        await store.close()


def test_it_is_measured_once_a_minute(tmp_path: Path) -> None:
    import asyncio

    slow = itertools.count(0, 1)  # every look at the clock is a second later

    moments = asyncio.run(_measured(tmp_path, lambda: float(next(slow)), 200))

    assert len(set(moments)) < 10
    assert moments == sorted(moments)


def _run(client: "MlflowClient", experiment: str) -> str:
    run = client.create_run(experiment).info.run_id
    for step in range(3):
        client.log_metric(run, "loss", 1 / (step + 1), step=step)
    client.set_terminated(run)
    return str(run)
