"""Versions of registered models with MLflow's own client."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest
from mlflow.exceptions import MlflowException

if TYPE_CHECKING:
    from mlflow import MlflowClient

SOURCE = "s3://bucket/model"


def test_a_version_is_made_described_tagged_and_found(tracking: "MlflowClient", name: str) -> None:
    tracking.create_registered_model(name)
    run = tracking.create_run("0")
    made = tracking.create_model_version(
        name, f"runs:/{run.info.run_id}/model", run.info.run_id, {"a": "b"}, description="one"
    )
    assert (made.version, made.status, made.current_stage, made.run_id) == (
        "1",
        "READY",
        "None",
        run.info.run_id,
    )

    tracking.update_model_version(name, "1", "two")
    tracking.set_model_version_tag(name, "1", "c", "d")
    tracking.delete_model_version_tag(name, "1", "a")

    found = tracking.get_model_version(name, "1")
    assert (found.description, found.tags) == ("two", {"c": "d"})
    assert tracking.get_model_version_download_uri(name, "1") == f"runs:/{run.info.run_id}/model"
    by_run = tracking.search_model_versions(f"run_id = '{run.info.run_id}'")
    assert [(version.name, version.version) for version in by_run] == [(name, "1")]


def test_numbers_have_no_gaps_under_concurrency_and_are_never_given_again(
    tracking: "MlflowClient", name: str
) -> None:
    tracking.create_registered_model(name)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: int(tracking.create_model_version(name, SOURCE).version), range(40)))
    assert sorted(made) == list(range(1, 41))

    tracking.delete_model_version(name, "40")
    assert tracking.create_model_version(name, SOURCE).version == "41"
    with pytest.raises(MlflowException, match=rf"Model Version \(name={name}, version=40\) not found"):
        tracking.get_model_version(name, "40")


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_a_stage_archives_what_was_in_it(tracking: "MlflowClient", name: str) -> None:
    tracking.create_registered_model(name)
    for _ in range(3):
        tracking.create_model_version(name, SOURCE)
    tracking.transition_model_version_stage(name, "1", "production")
    tracking.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)

    stages = {
        version.version: version.current_stage
        for version in tracking.search_model_versions(f"name = '{name}'")
    }
    assert stages == {"1": "Archived", "2": "Production", "3": "None"}
    latest = tracking.get_latest_versions(name, ["Production", "archived"])
    assert sorted(version.version for version in latest) == ["1", "2"]
    assert len(tracking.get_latest_versions(name)) == 3
    with pytest.raises(MlflowException, match="Invalid Model Version stage"):
        tracking.transition_model_version_stage(name, "1", "nowhere")


def test_versions_are_found_in_every_order(tracking: "MlflowClient", name: str) -> None:
    for model in ("a", "b"):
        tracking.create_registered_model(f"{name}-{model}")
        for number in (1, 2):
            tracking.create_model_version(f"{name}-{model}", f"s3://bucket/{number}", tags={"n": str(number)})

    def found(filter_string: str, *order: str) -> list[str]:
        versions = tracking.search_model_versions(f"name LIKE '{name}%'{filter_string}", order_by=list(order))
        return [f"{version.name[-1]}{version.version}" for version in versions]

    assert found("", "name ASC", "version_number ASC") == ["a1", "a2", "b1", "b2"]
    assert found("", "creation_timestamp ASC")[0] == "a1"
    assert sorted(found("")) == ["a1", "a2", "b1", "b2"]
    assert found(" AND version_number > 1", "name DESC") == ["b2", "a2"]
    assert found(" AND tags.n = '1'", "name") == ["a1", "b1"]
    assert found(" AND source_path LIKE '%/2'", "name") == ["a2", "b2"]


def test_a_copy_has_the_same_files(tracking: "MlflowClient", name: str) -> None:
    tracking.create_registered_model(name)
    tracking.create_model_version(name, SOURCE)

    copy = tracking.copy_model_version(f"models:/{name}/1", f"{name}-copy")

    assert (copy.name, copy.version, copy.source) == (f"{name}-copy", "1", f"models:/{name}/1")
    assert tracking.get_model_version_download_uri(f"{name}-copy", "1") == SOURCE


def test_databricks_sdk_deletes_by_query_and_asks_for_latest_versions_both_ways(
    client: httpx.Client, tracking: "MlflowClient", name: str
) -> None:
    tracking.create_registered_model(name, {"a": "b"})
    tracking.create_model_version(name, SOURCE, tags={"c": "d"})
    base = "/api/2.0/mlflow"

    for got in (
        client.get(f"{base}/registered-models/get-latest-versions", params={"name": name}),
        client.post(f"{base}/registered-models/get-latest-versions", json={"name": name}),
    ):
        assert [version["version"] for version in got.json()["model_versions"]] == ["1"]
    version = {"name": name, "version": "1"}
    for path, fields in (
        ("model-versions/delete-tag", {**version, "key": "c"}),
        ("model-versions/delete", version),
        ("registered-models/delete-tag", {"name": name, "key": "a"}),
        ("registered-models/delete", {"name": name}),
    ):
        assert client.delete(f"{base}/{path}", params=fields).status_code == 200
    assert client.get(f"{base}/registered-models/get", params={"name": name}).status_code == 404


@pytest.mark.parametrize("version", ["x", "1e3", "", "9" * 30])
def test_a_version_must_be_a_number(client: httpx.Client, name: str, version: str) -> None:
    got = client.get("/api/2.0/mlflow/model-versions/get", params={"name": name, "version": version})
    assert (got.status_code, got.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
