"""ML instances: their tasks, their secrets, their overwriting and their end."""

import sqlite3
from typing import Any

import pytest
from tests.server.error_shapes import assert_surface_error
from tests.server.sensei.conftest import Sensei, Values
from tests.server.serving import Server

from trackstack.server.config import Settings
from trackstack.server.secrets import Secrets

SPARK = {
    "type": "SparkTaskSpec",
    "name": "s",
    "className": "org.example.Main",
    "driverMemoryInMB": 2048,
    "driverCores": 1,
    "executorMemoryInMB": 4096,
    "executorCores": 2,
    "numExecutors": 3,
}
DATASETS = {
    "inputs": [
        {
            "name": "in",
            "id": "urn:1",
            "diskSizeInGB": 5,
            "resType": "dataset",
            "downloadRequired": True,
            "refInput": {"experimentRunId": "r", "taskName": "t", "outputName": "o"},
            "metadata": {"a": {"b": [1, 2.5, "c", False]}},
        }
    ],
    "outputs": [{"name": "out", "generatedURI": "urn:2", "resType": "model", "uploadRequired": False}],
}
TASKS: list[dict[str, Any]] = [
    {"name": "train", "parameters": [{"key": "a", "value": ""}], "specification": SPARK},
    {"name": "score", "specification": {"type": "ContainerTaskSpec", "cpus": "1", "gpus": "1"}},
    {"name": "featurePipeline", "datasets": DATASETS},
]


def secret(value: str | None = "hunter2", key: str = "password") -> Values:
    given = {} if value is None else {"value": value}
    return {"key": key, "secret": True, **given}


def test_an_instance_comes_back_as_it_was_made(sensei: Sensei) -> None:
    engine = sensei.engine()
    instance = sensei.instance(engine, description="", tasks=TASKS, tags={"a": "b"})

    assert instance["tasks"] == TASKS
    assert (instance["engineId"], instance["description"]) == (engine["id"], "")
    assert sensei.get(f"/mlInstances/{instance['id']}") == instance
    (summary,) = sensei.get("/mlInstances", property=f"engineId=={engine['id']}")["children"]
    assert summary["id"] == instance["id"] and summary["description"] == ""
    assert "tasks" not in summary and "tags" not in summary


def test_an_instance_without_tasks_has_its_engines(sensei: Sensei) -> None:
    engine = sensei.engine(artifacts={"default": {"defaultMLInstanceConfigs": TASKS}})

    assert sensei.instance(engine)["tasks"] == TASKS
    assert sensei.instance(engine, tasks=[])["tasks"] == []


def test_a_secret_is_stored_sealed_and_never_answered(
    sensei: Sensei, server: Server, request: pytest.FixtureRequest
) -> None:
    """Wherever it goes: the instance, the run that inherits it, listings; and every byte of the database."""
    value = f"hunter2-{sensei.name}"
    instance = sensei.instance(tasks=[{"name": "train", "parameters": [secret(value)]}])
    run = sensei.run(
        sensei.experiment(instance, template={"tasks": [{"name": "train", "parameters": [secret(value)]}]})
    )

    for reply in (
        sensei.http.get(f"/mlInstances/{instance['id']}"),
        sensei.http.get(f"/experiments/{run['experimentId']}"),
        sensei.http.get(f"/experiments/{run['experimentId']}/runs/{run['id']}"),
        sensei.http.get(f"/experiments/{run['experimentId']}/runs"),
    ):
        assert value not in reply.text and "sealed" not in reply.text
    assert instance["tasks"][0]["parameters"] == [secret(None)]
    assert run["tasks"][0]["parameters"] == [secret(None)]
    if request.config.getoption("--store") == "sqlite":
        for file in server.data_dir.glob("tracking.db*"):
            assert value.encode() not in file.read_bytes()
        with sqlite3.connect(server.data_dir / "tracking.db") as database:
            (document,) = database.execute(
                "SELECT document FROM sensei_resources WHERE uuid = ?", (instance["id"],)
            ).fetchone()
        sealed = document.partition('"sealed":"')[2].partition('"')[0]
        secrets = Secrets(Settings(data_dir=server.data_dir))
        assert secrets.open(sealed, "sensei parameter password") == value


def test_a_secret_that_is_written_back_without_its_value_stays(
    sensei: Sensei, server: Server, request: pytest.FixtureRequest
) -> None:
    instance = sensei.instance(
        tasks=[{"name": "train", "parameters": [secret(), {"key": "a", "value": "1"}]}]
    )
    instance["tasks"][0]["parameters"][1]["value"] = "2"

    reply = sensei.http.put(f"/mlInstances/{instance['id']}", json=instance)

    assert reply.status_code == 200, reply.text
    assert reply.json()["tasks"] == instance["tasks"]
    if request.config.getoption("--store") == "sqlite":
        with sqlite3.connect(server.data_dir / "tracking.db") as database:
            (document,) = database.execute(
                "SELECT document FROM sensei_resources WHERE uuid = ?", (instance["id"],)
            ).fetchone()
        sealed = document.partition('"sealed":"')[2].partition('"')[0]
        secrets = Secrets(Settings(data_dir=server.data_dir))
        assert secrets.open(sealed, "sensei parameter password") == "hunter2"


def test_a_secret_needs_a_value_the_first_time(sensei: Sensei) -> None:
    instance = sensei.instance(tasks=[{"name": "train", "parameters": [secret()]}])
    for task, key in (("train", "other"), ("score", "password")):
        body = {**instance, "tasks": [{"name": task, "parameters": [secret(None, key)]}]}
        reply = sensei.http.put(f"/mlInstances/{instance['id']}", json=body)
        assert_surface_error(reply, 400)
        assert key in reply.json()["detail"]


def test_overwriting_needs_the_newest_version_where_it_is_named(sensei: Sensei) -> None:
    instance = sensei.instance()
    path = f"/mlInstances/{instance['id']}"
    first = sensei.http.get(path).headers["etag"]

    second = sensei.http.put(path, json={**instance, "name": "b"}, headers={"if-match": first})
    late = sensei.http.put(path, json={**instance, "name": "c"}, headers={"if-match": first})
    either = sensei.http.put(
        path, json={**instance, "name": "d"}, headers={"if-match": f'"x", {second.headers["etag"]}'}
    )
    always = sensei.http.put(path, json={**instance, "name": "e"}, headers={"if-match": "*"})

    assert (second.status_code, either.status_code, always.status_code) == (200, 200, 200)
    assert_surface_error(late, 412)
    assert sensei.get(path)["name"] == "e"
    assert len({first, second.headers["etag"], either.headers["etag"], always.headers["etag"]}) == 4
    assert sensei.http.get(path).headers["last-modified"].endswith("GMT")


def test_deleting_an_instance_takes_its_experiments_and_services(sensei: Sensei) -> None:
    instance = sensei.instance()
    experiment = sensei.experiment(instance)
    service = sensei.post("/mlServices", {"name": sensei.name, "mlInstanceId": instance["id"]})

    reply = sensei.http.delete(f"/mlInstances/{instance['id']}")

    assert reply.json() == {
        "title": "Success",
        "status": 200,
        "detail": "MLInstance deletion was successful",
    }
    for path in (
        f"/mlInstances/{instance['id']}",
        f"/experiments/{experiment['id']}",
        f"/mlServices/{service['id']}",
    ):
        assert_surface_error(sensei.http.get(path), 404)


@pytest.mark.parametrize(
    ("path", "parameter", "detail"),
    [
        ("/mlInstances", "engineId", "MLInstances successfully deleted"),
        ("/experiments", "mlInstanceId", "Experiments successfully deleted"),
        ("/mlServices", "mlInstanceId", "MLServices deletion was successful"),
    ],
)
def test_all_of_one_parent_are_deleted_at_once(
    sensei: Sensei, path: str, parameter: str, detail: str
) -> None:
    engine = sensei.engine()
    parent = engine if path == "/mlInstances" else sensei.instance(engine)
    body = {"name": sensei.name, parameter: parent["id"]}
    own = [sensei.post(path, body)["id"] for _ in range(2)]
    other = sensei.post(
        path,
        {**body, parameter: sensei.engine()["id"] if path == "/mlInstances" else sensei.instance()["id"]},
    )

    for _ in range(2):  # nothing is left to delete the second time
        reply = sensei.http.delete(path, params={parameter: parent["id"]})
        assert reply.json() == {"title": "Success", "status": 200, "detail": detail}

    assert [sensei.http.get(f"{path}/{one}").status_code for one in own] == [404, 404]
    assert sensei.get(f"{path}/{other['id']}")
    assert_surface_error(sensei.http.delete(path), 400)
    assert_surface_error(sensei.http.delete(path, params={parameter: "none"}), 404)
    kind = "engines" if path == "/mlInstances" else "mlInstances"
    assert sensei.http.delete(f"/{kind}/{parent['id']}").status_code == 200
    assert_surface_error(sensei.http.delete(path, params={parameter: parent["id"]}), 410)
