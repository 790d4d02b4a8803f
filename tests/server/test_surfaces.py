"""What is logged through one API is read through every other: a run with a param, metrics and a file."""

from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest

PARAMS = {"lr": "0.1"}
METRICS = {"val_loss": 0.25}
FILE = b"weights"


class Seen(NamedTuple):
    """A run as an API shows it, in words that all have."""

    experiment: str
    name: str
    ended: bool
    params: dict[str, str]
    metrics: dict[str, float]


Write = Callable[[httpx.Client, str], str]
"""Logs the run above into a new experiment of that name; the run's id."""
Read = Callable[[httpx.Client, str], Seen]
"""The run as the API shows it."""


def call(client: httpx.Client, method: str, path: str, **request: Any) -> Any:
    reply = client.request(method, path, **request)
    assert reply.status_code in (200, 201), reply.text
    return reply.json()


def write_by_mlflow(client: httpx.Client, name: str) -> str:
    base = "/api/2.0/mlflow"
    experiment = call(client, "POST", f"{base}/experiments/create", json={"name": name})["experiment_id"]
    asked = {"experiment_id": experiment, "run_name": "first", "start_time": 1}
    run: str = call(client, "POST", f"{base}/runs/create", json=asked)["run"]["info"]["run_id"]
    batch = {
        "run_id": run,
        "params": [{"key": key, "value": value} for key, value in PARAMS.items()],
        "metrics": [{"key": key, "value": value, "timestamp": 1} for key, value in METRICS.items()],
    }
    call(client, "POST", f"{base}/runs/log-batch", json=batch)
    client.put(
        f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/models/m.bin", content=FILE
    ).raise_for_status()
    call(client, "POST", f"{base}/runs/update", json={"run_id": run, "status": "FINISHED", "end_time": 2})
    return run


def read_by_mlflow(client: httpx.Client, run: str) -> Seen:
    base = "/api/2.0/mlflow"
    found = call(client, "GET", f"{base}/runs/get", params={"run_id": run})["run"]
    experiment = call(
        client, "GET", f"{base}/experiments/get", params={"experiment_id": found["info"]["experiment_id"]}
    )["experiment"]
    return Seen(
        experiment["name"],
        found["info"]["run_name"],
        found["info"]["status"] == "FINISHED",
        {one["key"]: one["value"] for one in found["data"].get("params", ())},
        {one["key"]: one["value"] for one in found["data"].get("metrics", ())},
    )


def write_by_experiments(client: httpx.Client, name: str) -> str:
    base = "/api/v1/experiments"
    experiment = call(client, "POST", base, json={"name": name})["id"]
    asked = {"experiment_id": experiment, "name": "first"}
    run: str = call(client, "POST", f"{base}/runs", json=asked)["run_id"]
    call(client, "POST", f"{base}/runs/{run}/log-params", json={"params": PARAMS})
    call(client, "POST", f"{base}/runs/{run}/log-metrics", json={"metrics": METRICS})
    query = {"artifact_path": "models"}
    call(client, "POST", f"{base}/runs/{run}/log-artifact", params=query, files={"file": ("m.bin", FILE)})
    call(client, "POST", f"{base}/runs/{run}/end")
    return run


def read_by_experiments(client: httpx.Client, run: str) -> Seen:
    base = "/api/v1/experiments"
    found = call(client, "GET", f"{base}/runs/{run}")
    experiment = call(client, "GET", f"{base}/{found['experiment_id']}")
    return Seen(
        experiment["name"], found["name"], found["status"] == "finished", found["params"], found["metrics"]
    )


def read_by_sensei(client: httpx.Client, run: str) -> Seen:
    headers = {"x-api-key": "k", "x-gw-ims-org-id": "o", "x-sandbox-name": "s"}
    base = "/data/sensei/experiments"
    found, experiment = None, None
    for experiment in call(client, "GET", base, params={"limit": 100}, headers=headers)["children"]:
        path = f"{base}/{experiment['id']}/runs"
        if call(client, "GET", path, params={"property": f"id=={run}"}, headers=headers)["children"]:
            found = call(client, "GET", f"{path}/{run}", headers=headers)
            status = call(client, "GET", f"{path}/{run}/status", headers=headers)["status"]
            break
    assert found is not None and experiment is not None
    return Seen(
        experiment["name"],
        found["name"],
        status["tasks"][0]["state"] == "DONE",
        {one["key"]: one["value"] for one in found["tasks"][0]["parameters"]},
        {one["name"]: float(one["value"]) for one in found["metrics"]},
    )


WRITERS: dict[str, Write] = {"mlflow": write_by_mlflow, "experiments": write_by_experiments}
READERS: dict[str, Read] = {
    "mlflow": read_by_mlflow,
    "experiments": read_by_experiments,
    "sensei": read_by_sensei,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("writer", WRITERS)
def test_a_run_is_the_same_through_every_api(
    client: httpx.Client, name: str, writer: str, reader: str
) -> None:
    run = WRITERS[writer](client, name)

    seen = READERS[reader](client, run)

    assert seen == Seen(name, "first", True, PARAMS, METRICS)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_is_the_same_artifact_however_it_came(client: httpx.Client, name: str, writer: str) -> None:
    run = WRITERS[writer](client, name)

    reply = client.get("/get-artifact", params={"run_id": run, "path": "models/m.bin"})

    assert reply.content == FILE


@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_registered_from_a_run_is_a_model_of_the_catalog(
    client: httpx.Client, name: str, writer: str
) -> None:
    run = WRITERS[writer](client, name)
    base = "/api/2.0/mlflow"
    call(client, "POST", f"{base}/registered-models/create", json={"name": name})
    source = {"name": name, "source": f"runs:/{run}/models", "run_id": run}
    call(client, "POST", f"{base}/model-versions/create", json=source)

    model = call(client, "GET", f"/api/v1/mlmodels/name/trackstack.{name}")

    assert {one["name"]: one["value"] for one in model["mlHyperParameters"]} == PARAMS
    assert model["mlStore"]["storage"].endswith(f"/{run}/artifacts/models")
