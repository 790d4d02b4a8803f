"""OpenMetadata's genuine client, installed beside ours, against the server over HTTP."""

from pathlib import Path

import httpx
import pytest
from tests import openmetadata
from tests.server.serving import Server

CLIENT = Path(__file__).with_name("catalog_client.py")


@pytest.mark.slow
def test_the_client_keeps_a_catalog_here(
    openmetadata_client: Path, server: Server, client: httpx.Client, name: str
) -> None:
    service = f"{name}.services"
    run = client.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    client.post(
        "/api/2.0/mlflow/runs/log-batch",
        json={"run_id": run["run_id"], "params": [{"key": "lr", "value": "0.1"}]},
    )
    registered = {"name": f"{service} registered", "tags": [{"key": "team", "value": "a.b"}]}
    client.post("/api/2.0/mlflow/registered-models/create", json=registered)
    source = {"source": f"runs:/{run['run_id']}/model", "run_id": run["run_id"]}
    version = client.post(
        "/api/2.0/mlflow/model-versions/create", json={"name": registered["name"], **source}
    )
    assert version.status_code == 200, version.text

    openmetadata.work(openmetadata_client, CLIENT, server.url, server.token.text, service)
