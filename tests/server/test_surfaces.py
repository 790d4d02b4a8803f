"""What is logged through one API is read through every other: a run with a param, metrics and a file."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.service import ml

PARAMS = {"lr": "0.1"}
METRICS = {"val_loss": 0.25}
FILE = b"weights"
SENSEI = {"x-api-key": "k", "x-gw-ims-org-id": "o", "x-sandbox-name": "s"}


class Seen(NamedTuple):
    """A run as an API shows it, in words that all have."""

    experiment: str
    name: str
    ended: bool
    params: dict[str, str]
    metrics: dict[str, float]


class Written(NamedTuple):
    """A run's id, and the path of its file among its artifacts."""

    run: str
    file: str


Write = Callable[[httpx.Client, str], Written]
"""Logs the run above into a new experiment of that name."""
Read = Callable[[httpx.Client, str], Seen]
"""The run as the API shows it."""


def call(client: httpx.Client, method: str, path: str, **request: Any) -> Any:
    reply = client.request(method, path, **request)
    assert reply.status_code in (200, 201), reply.text
    return reply.json()


def put_file(client: httpx.Client, experiment: str, run: str) -> str:
    """By MLflow's proxy, as the clients of APIs do that cannot send files."""
    place = f"/api/2.0/mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/models/m.bin"
    client.put(place, content=FILE).raise_for_status()
    return "models/m.bin"


def write_by_mlflow(client: httpx.Client, name: str) -> Written:
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
    file = put_file(client, experiment, run)
    call(client, "POST", f"{base}/runs/update", json={"run_id": run, "status": "FINISHED", "end_time": 2})
    return Written(run, file)


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


def workspace(client: httpx.Client) -> WorkspaceClient:
    """Databricks' client with the same token."""
    token = client.headers["Authorization"].removeprefix("Bearer ")
    return WorkspaceClient(config=Config(host=str(client.base_url), token=token, auth_type="pat"))


def write_by_databricks(client: httpx.Client, name: str) -> Written:
    api = workspace(client).experiments
    experiment = str(api.create_experiment(name).experiment_id)
    made = api.create_run(experiment_id=experiment, run_name="first", start_time=1).run
    assert made and made.info and made.info.run_id
    run = made.info.run_id
    for key, value in PARAMS.items():
        api.log_param(key, value, run_id=run)
    for metric, number in METRICS.items():
        api.log_metric(metric, number, 1, run_id=run)
    file = put_file(client, experiment, run)
    api.update_run(run_id=run, status=ml.UpdateRunStatus.FINISHED, end_time=2)
    return Written(run, file)


def read_by_databricks(client: httpx.Client, run: str) -> Seen:
    api = workspace(client).experiments
    found = api.get_run(run).run
    assert found and found.info and found.info.experiment_id and found.data
    experiment = api.get_experiment(found.info.experiment_id).experiment
    assert experiment is not None
    return Seen(
        str(experiment.name),
        str(found.info.run_name),
        found.info.status is ml.RunInfoStatus.FINISHED,
        {str(one.key): str(one.value) for one in found.data.params or ()},
        {str(one.key): float(one.value or 0) for one in found.data.metrics or ()},
    )


def write_by_experiments(client: httpx.Client, name: str) -> Written:
    base = "/api/v1/experiments"
    experiment = call(client, "POST", base, json={"name": name})["id"]
    asked = {"experiment_id": experiment, "name": "first"}
    run: str = call(client, "POST", f"{base}/runs", json=asked)["run_id"]
    call(client, "POST", f"{base}/runs/{run}/log-params", json={"params": PARAMS})
    call(client, "POST", f"{base}/runs/{run}/log-metrics", json={"metrics": METRICS})
    query = {"artifact_path": "models"}
    call(client, "POST", f"{base}/runs/{run}/log-artifact", params=query, files={"file": ("m.bin", FILE)})
    call(client, "POST", f"{base}/runs/{run}/end")
    return Written(run, "models/m.bin")


def read_by_experiments(client: httpx.Client, run: str) -> Seen:
    base = "/api/v1/experiments"
    found = call(client, "GET", f"{base}/runs/{run}")
    experiment = call(client, "GET", f"{base}/{found['experiment_id']}")
    return Seen(
        experiment["name"], found["name"], found["status"] == "finished", found["params"], found["metrics"]
    )


def write_by_sensei(client: httpx.Client, name: str) -> Written:
    """Sensei's runs are named and ended by whoever runs the engine, who tells MLflow."""
    base = "/data/sensei"

    def post(path: str, body: dict[str, Any]) -> Any:
        return call(client, "POST", f"{base}/{path}", json=body, headers=SENSEI)

    form = {"engine": (None, json.dumps({"name": name}))}
    engine = call(client, "POST", f"{base}/engines", files=form, headers=SENSEI)["id"]
    tasks = [{"name": "train", "parameters": [{"key": k, "value": v} for k, v in PARAMS.items()]}]
    instance = post("mlInstances", {"name": name, "engineId": engine, "tasks": tasks})["id"]
    experiment = post("experiments", {"name": name, "mlInstanceId": instance})["id"]
    run: str = post(f"experiments/{experiment}/runs", {"mode": "train"})["id"]
    metrics = [{"name": key, "value": str(value)} for key, value in METRICS.items()]
    post("insights", {"context": {"experimentRunId": run}, "metrics": metrics})
    form = {"model": (None, json.dumps({"experimentRunId": run}))}
    files = {**form, "modelArtifact": ("m.bin", FILE)}
    model = call(client, "POST", f"{base}/models", files=files, headers=SENSEI)
    end = {"run_id": run, "run_name": "first", "status": "FINISHED", "end_time": 2}
    call(client, "POST", "/api/2.0/mlflow/runs/update", json=end)
    return Written(run, model["modelArtifactUri"].partition("/artifacts/")[2])


def read_by_sensei(client: httpx.Client, run: str) -> Seen:
    base = "/data/sensei/experiments"
    found, experiment = None, None
    for experiment in call(client, "GET", base, params={"limit": 100}, headers=SENSEI)["children"]:
        path = f"{base}/{experiment['id']}/runs"
        if call(client, "GET", path, params={"property": f"id=={run}"}, headers=SENSEI)["children"]:
            found = call(client, "GET", f"{path}/{run}", headers=SENSEI)
            status = call(client, "GET", f"{path}/{run}/status", headers=SENSEI)["status"]
            break
    assert found is not None and experiment is not None
    return Seen(
        experiment["name"],
        found["name"],
        status["tasks"][0]["state"] == "DONE",
        {one["key"]: one["value"] for one in found["tasks"][0]["parameters"]},
        {one["name"]: float(one["value"]) for one in found["metrics"]},
    )


WRITERS: dict[str, Write] = {
    "mlflow": write_by_mlflow,
    "databricks": write_by_databricks,
    "experiments": write_by_experiments,
    "sensei": write_by_sensei,
}
READERS: dict[str, Read] = {
    "mlflow": read_by_mlflow,
    "databricks": read_by_databricks,
    "experiments": read_by_experiments,
    "sensei": read_by_sensei,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("writer", WRITERS)
def test_a_run_is_the_same_through_every_api(
    client: httpx.Client, name: str, writer: str, reader: str
) -> None:
    run = WRITERS[writer](client, name).run

    seen = READERS[reader](client, run)

    assert seen == Seen(name, "first", True, PARAMS, METRICS)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_is_the_same_artifact_however_it_came(client: httpx.Client, name: str, writer: str) -> None:
    run, file = WRITERS[writer](client, name)

    reply = client.get("/get-artifact", params={"run_id": run, "path": file})

    assert reply.content == FILE


@pytest.mark.parametrize("writer", WRITERS)
def test_what_is_registered_from_a_run_is_a_model_of_the_catalog(
    client: httpx.Client, name: str, writer: str
) -> None:
    run = WRITERS[writer](client, name).run
    name = f"{name}-registered"
    base = "/api/2.0/mlflow"
    call(client, "POST", f"{base}/registered-models/create", json={"name": name})
    source = {"name": name, "source": f"runs:/{run}/models", "run_id": run}
    call(client, "POST", f"{base}/model-versions/create", json=source)

    model = call(client, "GET", f"/api/v1/mlmodels/name/trackstack.{name}")

    assert {one["name"]: one["value"] for one in model["mlHyperParameters"]} == PARAMS
    assert model["mlStore"]["storage"].endswith(f"/{run}/artifacts/models")
