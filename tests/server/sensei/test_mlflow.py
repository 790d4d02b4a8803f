"""One store: what Sensei makes is MLflow's, and what MLflow makes, changes and deletes shows here."""

from typing import TYPE_CHECKING

import pytest
from tests.server.sensei.conftest import Sensei

if TYPE_CHECKING:
    from mlflow import MlflowClient

TASKS = [
    {
        "name": "train",
        "parameters": [
            {"key": "learning_rate", "value": "0.3"},
            {"key": "n estimators", "value": "100"},
            {"key": "what:ever?", "value": "x"},
            {"key": "token", "value": "hunter2", "secret": True},
        ],
    },
    {"name": "score", "parameters": [{"key": "model", "value": "best"}]},
]


def test_an_experiment_and_its_run_are_mlflows(sensei: Sensei, tracking: "MlflowClient") -> None:
    instance = sensei.instance(tasks=TASKS)
    experiment = sensei.experiment(instance, description="what it is about")
    run = sensei.run(experiment)

    theirs = tracking.get_experiment(experiment["id"])
    assert theirs.name == sensei.name
    assert theirs.tags["mlflow.note.content"] == "what it is about"
    assert theirs.tags["sensei.mlInstanceId"] == instance["id"]
    logged = tracking.get_run(run["id"])
    assert logged.info.experiment_id == experiment["id"]
    assert logged.info.status == "SCHEDULED"
    assert logged.data.params == {"learning_rate": "0.3", "n estimators": "100", "what:ever_": "x"}
    assert logged.data.tags["sensei.mode"] == "train"
    assert [one.info.run_id for one in tracking.search_runs([experiment["id"]])] == [run["id"]]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("SCHEDULED", "PENDING"),
        ("RUNNING", "RUNNING"),
        ("FINISHED", "DONE"),
        ("FAILED", "FAILED"),
        ("KILLED", "ABORTED"),
    ],
)
def test_the_status_that_mlflow_is_told_is_the_state_of_each_task(
    sensei: Sensei, tracking: "MlflowClient", status: str, state: str
) -> None:
    run = sensei.run(sensei.experiment(sensei.instance(tasks=TASKS)))

    tracking.update_run(run["id"], status=status)

    found = sensei.get(f"/experiments/{run['experimentId']}/runs/{run['id']}/status")
    assert found["experimentRunId"] == run["id"]
    (task,) = found["status"]["tasks"]
    assert (task["name"], task["state"]) == ("train", state)
    assert ("started" in task) == (status != "SCHEDULED")


def test_the_end_of_a_run_is_when_its_tasks_ended(sensei: Sensei, tracking: "MlflowClient") -> None:
    run = sensei.run()

    tracking.set_terminated(run["id"], end_time=1_600_000_000_000)

    (task,) = sensei.get(f"/experiments/{run['experimentId']}/runs/{run['id']}/status")["status"]["tasks"]
    assert task["ended"] == "2020-09-13T12:26:40.000Z"


def test_what_mlflow_makes_is_listed(sensei: Sensei, tracking: "MlflowClient") -> None:
    number = tracking.create_experiment(sensei.name)
    run = tracking.create_run(number, start_time=1_600_000_000_000).info.run_id
    tracking.create_registered_model(sensei.name)
    source = f"runs:/{run}/model"
    version = tracking.create_model_version(sensei.name, source, run, description="theirs")

    (experiment,) = sensei.get("/experiments", property=f"name=={sensei.name}")["children"]
    assert experiment["id"] == number and "mlInstanceId" not in experiment
    (found,) = sensei.get(f"/experiments/{number}/runs")["children"]
    assert (found["id"], found["mode"], found["created"]) == (run, "train", "2020-09-13T12:26:40.000Z")
    (model,) = sensei.get("/models", property=f"experimentRunId=={run}")["children"]
    assert (model["name"], model["description"]) == (sensei.name, "theirs")
    assert (model["experimentId"], model["modelArtifactUri"]) == (number, source)
    assert model["state"] == ["trained"] and model["id"].endswith(f"-{version.version}")
    assert sensei.get(f"/models/{model['id']}")["id"] == model["id"]
    (task,) = sensei.get(f"/experiments/{number}/runs/{run}/status")["status"]["tasks"]
    assert (task["name"], task["state"]) == ("train", "RUNNING")


def test_an_experiment_that_mlflow_renames_has_the_new_name(sensei: Sensei, tracking: "MlflowClient") -> None:
    experiment = sensei.experiment()

    tracking.rename_experiment(experiment["id"], f"{sensei.name}-new")

    assert sensei.get(f"/experiments/{experiment['id']}")["name"] == f"{sensei.name}-new"


def test_namesakes_are_told_apart_in_mlflow_only(sensei: Sensei, tracking: "MlflowClient") -> None:
    first, second = sensei.experiment(), sensei.experiment()

    assert first["name"] == second["name"] == sensei.name
    assert tracking.get_experiment(second["id"]).name == f"{sensei.name} (2)"
    found = sensei.get("/experiments", property=f"name=={sensei.name}")
    assert found["_page"]["totalCount"] == 2


def test_what_mlflow_deletes_breaks_nothing(sensei: Sensei, tracking: "MlflowClient") -> None:
    instance = sensei.instance()
    gone, stays = sensei.experiment(instance), sensei.experiment(instance)
    run = sensei.run(stays)
    model = sensei.model(run)
    (version,) = tracking.search_model_versions(f"run_id = '{run['id']}'")

    tracking.delete_experiment(gone["id"])
    tracking.delete_run(run["id"])

    of_instance = f"mlInstanceId=={instance['id']}"
    assert [one["id"] for one in sensei.get("/experiments", property=of_instance)["children"]] == [
        stays["id"]
    ]
    deleted = sensei.get("/experiments", property=f"{of_instance},deleted==true")
    assert [one["id"] for one in deleted["children"]] == [gone["id"]]
    assert sensei.http.get(f"/experiments/{gone['id']}").status_code == 404
    runs = f"/experiments/{stays['id']}/runs"
    assert sensei.get(runs)["children"] == []
    assert sensei.http.get(f"{runs}/{run['id']}").status_code == 404
    assert sensei.http.get(f"{runs}/{run['id']}/status").status_code == 404
    assert sensei.get(f"/models/{model['id']}")["experimentRunId"] == run["id"]

    tracking.delete_model_version(version.name, version.version)
    assert sensei.http.get(f"/models/{model['id']}").status_code == 404
    tracking.restore_run(run["id"])
    tracking.restore_experiment(gone["id"])
    assert sensei.get(f"{runs}/{run['id']}")["id"] == run["id"]
    assert sensei.get(f"/experiments/{gone['id']}")["id"] == gone["id"]


def test_a_model_is_a_version_of_a_registered_model(sensei: Sensei, tracking: "MlflowClient") -> None:
    instance = sensei.instance(description="of the instance", name=f"{sensei.name}: a/b")
    run = sensei.run(sensei.experiment(instance))
    first, second = sensei.model(run), sensei.model(run)

    assert first["name"] == f"{sensei.name}: a/b"
    assert first["description"] == "of the instance"
    versions = tracking.search_model_versions(f"run_id = '{run['id']}'")
    assert {one.name for one in versions} == {f"{sensei.name}- a-b"}
    assert {int(one.version) for one in versions} == {1, 2}
    assert tracking.get_registered_model(versions[0].name).description == "of the instance"
    assert second["modelArtifactUri"] in {one.source for one in versions}


def test_a_published_model_is_in_production(sensei: Sensei, tracking: "MlflowClient") -> None:
    model = sensei.model(state=["trained", "published"])
    (version,) = tracking.search_model_versions(f"run_id = '{model['experimentRunId']}'")
    assert (version.current_stage, model["state"]) == ("Production", ["trained", "published"])

    body = {**model, "state": ["trained"]}
    assert sensei.http.put(f"/models/{model['id']}", json=body).json()["state"] == ["trained"]
    (version,) = tracking.search_model_versions(f"run_id = '{model['experimentRunId']}'")
    assert version.current_stage == "None"


def test_a_models_file_is_among_the_runs_artifacts(sensei: Sensei, tracking: "MlflowClient") -> None:
    content = bytes(range(256)) * 1000
    model = sensei.model(content=content)

    reply = sensei.http.get(f"/models/{model['id']}/artifact")

    assert reply.content == content
    assert reply.headers["content-type"] == "application/octet-stream"
    (folder,) = tracking.list_artifacts(model["experimentRunId"], "sensei")
    (place,) = tracking.list_artifacts(model["experimentRunId"], folder.path)
    (file,) = tracking.list_artifacts(model["experimentRunId"], place.path)
    assert file.path.endswith("/model.bin") and file.file_size == len(content)


def test_a_deleted_model_is_archived(sensei: Sensei, tracking: "MlflowClient") -> None:
    model = sensei.model()

    assert sensei.http.delete(f"/models/{model['id']}").json()["detail"] == "Model deletion was successful"

    assert sensei.http.get(f"/models/{model['id']}").status_code == 404
    assert sensei.http.get(f"/models/{model['id']}/artifact").status_code == 404
    of_run = f"experimentRunId=={model['experimentRunId']}"
    assert sensei.get("/models", property=of_run)["children"] == []
    (found,) = sensei.get("/models/", property=f"{of_run},deleted==true")["children"]
    assert found["deleted"] is True
    (version,) = tracking.search_model_versions(f"run_id = '{model['experimentRunId']}'")
    assert version.current_stage == "Archived"


def test_an_insights_numbers_are_the_runs_metrics(sensei: Sensei, tracking: "MlflowClient") -> None:
    run = sensei.run()
    metrics = [
        {"name": "MAPE", "value": "0.25", "valueType": "double"},
        {"name": "rmse (test)", "value": 3},
        {"name": "best", "value": "model a"},
        {"name": "nothing"},
        {"name": "inf", "value": "Infinity"},
    ]

    insight = sensei.post("/insights", {"context": {"experimentRunId": run["id"]}, "metrics": metrics})

    assert tracking.get_run(run["id"]).data.metrics == {"MAPE": 0.25, "rmse _test_": 3.0}
    assert [one.get("value") for one in insight["metrics"]] == ["0.25", "3", "model a", None, "Infinity"]
    (found,) = sensei.get("/insights", property=f"context.experimentRunId=={run['id']}")["children"]
    assert found["id"] == insight["id"]


def test_an_insight_about_a_run_that_is_gone_is_kept(sensei: Sensei, tracking: "MlflowClient") -> None:
    run = sensei.run()
    tracking.delete_run(run["id"])

    for run_id in (run["id"], "none"):
        body = {"context": {"experimentRunId": run_id}, "metrics": [{"name": "a", "value": "1"}]}
        assert sensei.post("/insights", body)["context"]["experimentRunId"] == run_id
