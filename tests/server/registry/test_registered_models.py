"""Registered models with MLflow's own client."""

from typing import TYPE_CHECKING

import httpx
import pytest
from mlflow.exceptions import MlflowException

if TYPE_CHECKING:
    from mlflow import MlflowClient


def test_a_model_is_made_described_tagged_renamed_and_deleted(tracking: "MlflowClient", name: str) -> None:
    made = tracking.create_registered_model(name, {"team": "a"}, "first")
    assert (made.name, made.description, made.tags) == (name, "first", {"team": "a"})

    tracking.update_registered_model(name, "second")
    tracking.set_registered_model_tag(name, "stage", "x")
    tracking.delete_registered_model_tag(name, "team")
    tracking.create_model_version(name, "s3://bucket/model")
    tracking.set_registered_model_alias(name, "champion", "1")
    tracking.rename_registered_model(name, f"{name}-new")

    found = tracking.get_registered_model(f"{name}-new")
    assert (found.description, found.tags, found.aliases) == ("second", {"stage": "x"}, {"champion": "1"})
    assert found.latest_versions[0].name == f"{name}-new"
    assert found.last_updated_timestamp >= found.creation_timestamp
    tracking.delete_registered_model(f"{name}-new")
    with pytest.raises(MlflowException, match="not found"):
        tracking.get_registered_model(f"{name}-new")
    with pytest.raises(MlflowException, match="not found"):
        tracking.get_model_version(f"{name}-new", "1")


def test_a_name_is_given_once_and_a_prompt_and_a_model_cannot_share_it(
    tracking: "MlflowClient", client: httpx.Client, name: str
) -> None:
    tracking.create_registered_model(name)

    with pytest.raises(MlflowException, match=rf"Registered Model \(name={name}\) already exists"):
        tracking.create_registered_model(name)
    prompt = {"name": name, "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}]}
    refused = client.post("/api/2.0/mlflow/registered-models/create", json=prompt).json()
    assert refused["error_code"] == "RESOURCE_ALREADY_EXISTS"
    assert "already taken by a registered model" in refused["message"]
    tracking.create_registered_model(f"{name}-2")
    with pytest.raises(MlflowException, match="already exists"):
        tracking.rename_registered_model(f"{name}-2", name)


@pytest.mark.parametrize("bad", ["a/b", "a:b", " ", "..", "a\nb", "x" * 257])
def test_a_bad_name_is_refused(tracking: "MlflowClient", bad: str) -> None:
    with pytest.raises(MlflowException) as error:
        tracking.create_registered_model(bad)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_models_are_found_by_name_and_tag_page_by_page(tracking: "MlflowClient", name: str) -> None:
    for number in range(5):
        tracking.create_registered_model(f"{name}-{number}", {"owner": name, "odd": str(number % 2)})

    found = tracking.search_registered_models(f"tags.owner = '{name}'", 2, ["name DESC"])
    assert [model.name for model in found] == [f"{name}-4", f"{name}-3"]
    rest = tracking.search_registered_models(f"tags.owner = '{name}'", 10, ["name DESC"], found.token)
    assert [model.name for model in rest] == [f"{name}-{number}" for number in (2, 1, 0)]
    assert not rest.token
    both = tracking.search_registered_models(f"tags.owner = '{name}' AND tags.odd != '0'")
    assert [model.name for model in both] == [f"{name}-1", f"{name}-3"]
    assert len(tracking.search_registered_models(f"name ILIKE '{name.upper()}%'")) == 5
    assert not tracking.search_registered_models(f"name LIKE '{name.upper()}%'")
    listed = tracking.search_registered_models(f"name IN ('{name}-1', '{name}-9')")
    assert [model.name for model in listed] == [f"{name}-1"]


def test_an_alias_points_at_a_version_until_it_goes(tracking: "MlflowClient", name: str) -> None:
    tracking.create_registered_model(name)
    for _ in range(2):
        tracking.create_model_version(name, "s3://bucket/model")
    tracking.set_registered_model_alias(name, "champion", "1")
    tracking.set_registered_model_alias(name, "champion", "2")

    assert tracking.get_model_version_by_alias(name, "champion").version == "2"
    assert tracking.get_model_version_by_alias(name, "latest").version == "2"
    assert tracking.get_model_version(name, "2").aliases == ["champion"]
    tracking.delete_model_version(name, "2")
    with pytest.raises(MlflowException, match="Registered model alias champion not found"):
        tracking.get_model_version_by_alias(name, "champion")
    tracking.set_registered_model_alias(name, "other", "1")
    tracking.delete_registered_model_alias(name, "other")
    assert tracking.get_registered_model(name).aliases == {}


@pytest.mark.parametrize(
    ("alias", "message"),
    [
        ("v1", "reserved"),
        ("LATEST", "reserved"),
        ("a b", "Invalid alias name"),
        ("x" * 256, "maximum length"),
    ],
)
def test_an_alias_that_means_something_else_is_refused(
    tracking: "MlflowClient", name: str, alias: str, message: str
) -> None:
    tracking.create_registered_model(name)
    tracking.create_model_version(name, "s3://bucket/model")
    with pytest.raises(MlflowException, match=message):
        tracking.set_registered_model_alias(name, alias, "1")
