"""Two servers on one PostgreSQL, asked at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.server.conftest import Start

BASE = "/api/2.0/mlflow"


def test_versions_are_numbered_without_gaps_and_names_given_once_across_replicas(
    new_database: Callable[[], tuple[str, ...]], start_server: Start, name: str
) -> None:
    database = new_database()
    if not database:
        pytest.skip("about PostgreSQL")
    replicas = [start_server(*database), start_server(*database)]
    clients = [replica.client() for replica in replicas]

    def ask(number: int) -> tuple[httpx.Response, httpx.Response]:
        client = clients[number % 2]
        model = client.post(f"{BASE}/registered-models/create", json={"name": name})
        version = {"name": name, "source": "s3://bucket/model"}
        return model, client.post(f"{BASE}/model-versions/create", json=version)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(40)))
    assert sorted(model.status_code for model, _ in answers) == [200] + [400] * 39
    numbers = sorted(int(version.json()["model_version"]["version"]) for _, version in answers)
    assert numbers == list(range(1, 41))
    for client, replica in zip(clients, replicas, strict=True):
        client.close()
        replica.stop()
