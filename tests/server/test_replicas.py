"""Two servers on one PostgreSQL: what one does to runs holds for the other at once."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from tests.server.conftest import Start

BASE = "/api/2.0/mlflow"


@pytest.fixture
def replicas(
    new_database: Callable[[], tuple[str, ...]], start_server: Start
) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    database = new_database()
    if not database:
        pytest.skip("about PostgreSQL")
    servers = [start_server(*database), start_server(*database)]
    servers[1].token = servers[0].token
    (servers[1].data_dir / "admin-token").write_text((servers[0].data_dir / "admin-token").read_text())
    with ExitStack() as stack:
        one, other = (stack.enter_context(server.client()) for server in servers)
        # The second looks at its admin token's file once a second.
        while other.get(f"{BASE}/experiments/get", params={"experiment_id": "0"}).status_code == 401:
            time.sleep(0.05)
        yield one, other
    for server in servers:
        server.stop()


def new_run(client: httpx.Client) -> str:
    reply = client.post(f"{BASE}/runs/create", json={"experiment_id": "0", "start_time": 1})
    run_id: str = reply.json()["run"]["info"]["run_id"]
    return run_id


def log(client: httpx.Client, run_id: str, step: int, **more: Any) -> httpx.Response:
    metrics = [{"key": f"m{at}", "value": step + at, "timestamp": step, "step": step} for at in range(10)]
    return client.post(f"{BASE}/runs/log-batch", json={"run_id": run_id, "metrics": metrics, **more})


def steps(client: httpx.Client, run_id: str, key: str = "m0") -> list[int]:
    query = {"run_id": run_id, "metric_key": key}
    points = client.get(f"{BASE}/metrics/get-history", params=query).json().get("metrics", [])
    return [int(point["step"]) for point in points]


def test_a_run_that_the_other_deleted_takes_nothing_more_until_it_is_restored(
    replicas: tuple[httpx.Client, httpx.Client],
) -> None:
    one, other = replicas
    run_id = new_run(one)
    assert log(one, run_id, 0).status_code == 200

    other.post(f"{BASE}/runs/delete", json={"run_id": run_id})
    refused = log(one, run_id, 1)
    other.post(f"{BASE}/runs/restore", json={"run_id": run_id})
    accepted = log(one, run_id, 2)

    assert refused.status_code == 400
    assert refused.json()["message"].endswith("must be in the 'active' state. Current state is deleted.")
    assert accepted.status_code == 200
    assert steps(other, run_id) == [0, 2]


def test_each_shows_in_a_history_what_the_other_logged(
    replicas: tuple[httpx.Client, httpx.Client],
) -> None:
    run_id = new_run(replicas[0])
    for step in range(6):
        assert log(replicas[step % 2], run_id, step).status_code == 200

        for _ in range(2):  # the second time it may be kept
            assert [steps(client, run_id) for client in replicas] == [list(range(step + 1))] * 2


def test_a_deleted_run_refuses_as_such_whatever_else_is_wrong(
    replicas: tuple[httpx.Client, httpx.Client],
) -> None:
    one, other = replicas
    run_id = new_run(one)
    assert log(one, run_id, 0, params=[{"key": "p", "value": "1"}]).status_code == 200

    other.post(f"{BASE}/runs/delete", json={"run_id": run_id})

    assert "deleted" in log(one, run_id, 1, params=[{"key": "p", "value": "2"}]).json()["message"]


def test_of_requests_that_share_a_commit_only_those_to_a_deleted_run_are_refused(
    replicas: tuple[httpx.Client, httpx.Client],
) -> None:
    one, other = replicas
    kept, deleted = new_run(one), new_run(one)
    assert log(one, kept, 0).status_code == log(one, deleted, 0).status_code == 200
    other.post(f"{BASE}/runs/delete", json={"run_id": deleted})

    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda step: log(one, (kept, deleted)[step % 2], step).status_code, range(1, 65))
        )

    assert answers == [400, 200] * 32
    assert steps(other, kept) == list(range(0, 65, 2))
    other.post(f"{BASE}/runs/restore", json={"run_id": deleted})
    assert steps(other, deleted) == [0]


def test_two_that_log_new_names_to_the_same_runs_at_once_lose_nothing(
    replicas: tuple[httpx.Client, httpx.Client],
) -> None:
    runs = [new_run(replicas[0]) for _ in range(3)]

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda at: log(replicas[at % 2], runs[at % 3], at).status_code, range(120)))

    assert set(answers) == {200}
    for at, run_id in enumerate(runs):
        for key in ("m0", "m9"):
            assert steps(replicas[at % 2], run_id, key) == list(range(at, 120, 3))


def test_an_experiment_that_the_other_deleted_takes_no_more_runs_until_it_is_restored(
    replicas: tuple[httpx.Client, httpx.Client],
) -> None:
    one, other = replicas
    name = {"name": f"shared {time.time_ns()}"}
    experiment = one.post(f"{BASE}/experiments/create", json=name).json()

    def begin(_: int = 0) -> httpx.Response:
        return one.post(f"{BASE}/runs/create", json=experiment)

    assert begin().status_code == begin().status_code == 200
    other.post(f"{BASE}/experiments/delete", json=experiment)
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(begin, range(16)))
    other.post(f"{BASE}/experiments/restore", json=experiment)

    assert {answer.status_code for answer in refused} == {400}
    assert {answer.json()["error_code"] for answer in refused} == {"INVALID_PARAMETER_VALUE"}
    assert begin().status_code == 200
    found = other.post(f"{BASE}/runs/search", json={"experiment_ids": [experiment["experiment_id"]]})
    assert len(found.json()["runs"]) == 3


def test_two_that_begin_runs_at_once_give_each_its_own_tags(
    replicas: tuple[httpx.Client, httpx.Client],
) -> None:
    experiment = (
        replicas[0].post(f"{BASE}/experiments/create", json={"name": f"both {time.time_ns()}"}).json()
    )

    def begin(at: int) -> int:
        new = {**experiment, "tags": [{"key": "at", "value": str(at)}]}
        return replicas[at % 2].post(f"{BASE}/runs/create", json=new).status_code

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(begin, range(200))) == {200}

    asked = {"experiment_ids": [experiment["experiment_id"]], "max_results": 500}
    runs = replicas[0].post(f"{BASE}/runs/search", json=asked).json()["runs"]
    tags = [tag["value"] for run in runs for tag in run["data"]["tags"] if tag["key"] == "at"]
    assert sorted(map(int, tags)) == list(range(200))
