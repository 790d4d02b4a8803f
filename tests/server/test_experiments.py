"""Experiments, by MLflow's own client."""

from typing import TYPE_CHECKING

import pytest
from tests.server.conftest import Start

if TYPE_CHECKING:
    from mlflow import MlflowClient


def test_a_new_server_has_the_default_experiment(start_server: Start) -> None:
    server = start_server()
    with server.client() as client:
        found = client.get("/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"}).json()
        assert found["experiment"]["name"] == "Default"
        client.post("/api/2.0/mlflow/experiments/delete", json={"experiment_id": "0"})

    server.stop()
    server.start()

    with server.client() as client:
        found = client.get("/api/2.0/mlflow/experiments/get", params={"experiment_id": "0"}).json()
        assert found["experiment"]["lifecycle_stage"] == "deleted"
    server.stop()


def test_an_experiment_is_found_by_id_and_name(tracking: "MlflowClient", name: str) -> None:
    id_ = tracking.create_experiment(name, tags={"team": "vision"})

    by_id, by_name = tracking.get_experiment(id_), tracking.get_experiment_by_name(name)

    assert by_name is not None
    assert by_id.name == by_name.name == name
    assert by_id.tags == {"team": "vision"}
    assert by_id.artifact_location == f"mlflow-artifacts:/{id_}"
    assert by_id.creation_time == by_id.last_update_time


def test_a_deleted_experiment_comes_back_with_its_runs(tracking: "MlflowClient", name: str) -> None:
    experiment = tracking.create_experiment(name)
    run = tracking.create_run(experiment).info.run_id

    tracking.delete_experiment(experiment)
    assert tracking.get_run(run).info.lifecycle_stage == "deleted"
    tracking.restore_experiment(experiment)

    assert tracking.get_run(run).info.lifecycle_stage == "active"
    assert tracking.get_experiment(experiment).lifecycle_stage == "active"


def test_a_deleted_name_stays_taken(tracking: "MlflowClient", name: str) -> None:
    from mlflow.exceptions import MlflowException

    tracking.delete_experiment(tracking.create_experiment(name))

    with pytest.raises(MlflowException, match="already exists"):
        tracking.create_experiment(name)


def test_renaming_keeps_everything_else(tracking: "MlflowClient", name: str) -> None:
    id_ = tracking.create_experiment(name, tags={"a": "1"})
    tracking.set_experiment_tag(id_, "b", "2")

    tracking.rename_experiment(id_, f"{name} renamed")

    renamed = tracking.get_experiment(id_)
    assert (renamed.name, renamed.tags) == (f"{name} renamed", {"a": "1", "b": "2"})


def test_pages_of_experiments_follow_each_other(tracking: "MlflowClient", name: str) -> None:
    ids = [tracking.create_experiment(f"{name} {at}") for at in range(5)]
    found: list[str] = []
    token: str | None = None
    while True:
        page = tracking.search_experiments(
            filter_string=f"name LIKE '{name}%'",
            max_results=2,
            page_token=token,
            order_by=["experiment_id ASC"],
        )
        found += [one.experiment_id for one in page]
        token = page.token
        if not token:
            break

    assert found == ids


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc",
        "/etc",
        "http:///?/../../../../etc/",
        "http://169.254.169.254/",
        "ftp://h/a",
        "s3://other/x",
        "dbfs:/",
        "mlflow-artifacts:/../x",
        "x" * 2049,
    ],
)
def test_artifacts_lie_in_our_own_store_only(tracking: "MlflowClient", name: str, location: str) -> None:
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException) as refusal:
        tracking.create_experiment(name, artifact_location=location)

    assert refusal.value.error_code == "INVALID_PARAMETER_VALUE"
    assert tracking.get_experiment_by_name(name) is None
