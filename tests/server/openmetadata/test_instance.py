"""The instance as a service: its settings, and the same entity out of nothing but MLflow's answers."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.error_shapes import assert_surface_error
from tests.server.openmetadata.conftest import MODELS

from trackstack import catalog
from trackstack.server.config import ConfigError, load

REGISTRY = "/api/2.0/mlflow"


def test_whoever_has_mlflows_answers_can_show_the_catalog(client: httpx.Client, name: str) -> None:
    def ask(method: str, path: str, **request: Any) -> Any:
        return client.request(method, f"{REGISTRY}/{path}", **request).raise_for_status().json()

    run = ask("POST", "runs/create", json={"experiment_id": "0", "user_id": "ada"})["run"]["info"]["run_id"]
    params = {"run_id": run, "params": [{"key": "depth", "value": "3"}]}
    ask("POST", "runs/log-batch", json=params)
    tags = [{"key": "team", "value": "risk"}, {"key": "mlflow.internal", "value": "x"}]
    ask("POST", "registered-models/create", json={"name": name, "tags": tags})
    for _ in range(2):
        source = {"name": name, "source": f"runs:/{run}/model", "run_id": run}
        ask("POST", "model-versions/create", json=source)
    ask("POST", "registered-models/alias", json={"name": name, "alias": "champion", "version": "1"})

    model = ask("GET", "registered-models/get", params={"name": name})["registered_model"]
    numbered = ask("GET", "databricks/registered-models/get", params={"name": name})
    number = int(numbered["registered_model_databricks"]["id"])
    version = catalog.newest_version(model)
    assert version is not None and version["version"] == "2"
    location = ask("GET", "model-versions/get-download-uri", params={"name": name, "version": "2"})
    newest = catalog.Newest(
        version, location["artifact_uri"], ask("GET", "runs/get", params={"run_id": run})["run"]
    )
    made = catalog.model_entity(catalog.Service("trackstack", str(client.base_url)), number, model, newest)

    served = client.get(f"{MODELS}/name/trackstack.{name}", params={"fields": "*"}).json()
    del served["href"], served["service"]["href"]
    assert made == served
    assert made["extension"] == {"latestVersion": "2", "stage": "None", "aliases": {"champion": "1"}}
    assert [tag["tagFQN"] for tag in made["tags"]] == ["Mlflow.team=risk"]


def test_a_model_without_versions_is_shown_too() -> None:
    model = {"name": "bare", "creation_timestamp": 1, "last_updated_timestamp": 2}

    entity = catalog.model_entity(catalog.Service("a.b", "http://x"), 7, model)

    assert entity["fullyQualifiedName"] == '"a.b".bare'
    assert entity["algorithm"] == "mlmodel"
    assert "mlStore" not in entity and "extension" not in entity


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("service_name", 'a"b'),
        ("service_name", "a::b"),
        ("service_name", "x" * 257),
        ("service_name", "a\nb"),
        ("public_url", "ml.example"),
        ("public_url", "ftp://ml.example"),
        ("public_url", "https://"),
        ("public_url", "https://ml.example/?a=b"),
    ],
)
def test_settings_that_clients_could_not_read_are_refused(setting: str, value: str) -> None:
    with pytest.raises(ConfigError, match=setting):
        load({}, {f"TRACKSTACK_SERVER_{setting.upper()}": value})


@given(st.integers(1, 2**62 - 1), st.integers(1, 2**62 - 1))
def test_an_id_tells_the_number_of_its_own_services_model(number: int, other: int) -> None:
    ours, theirs = (catalog.Service(name, "") for name in ("a", "b"))
    id_ = catalog.model_id(ours, number)

    assert catalog.model_number(ours, id_) == number
    assert UUID(id_).version == 8 and str(UUID(id_)) == id_
    assert catalog.model_number(theirs, id_) is None
    assert (catalog.model_id(ours, other) == id_) == (other == number)
    assert catalog.model_number(ours, str(uuid4())) is None


def test_a_model_keeps_its_id_under_another_name(client: httpx.Client, name: str) -> None:
    client.post(f"{REGISTRY}/registered-models/create", json={"name": name}).raise_for_status()
    id_ = client.get(f"{MODELS}/name/trackstack.{name}").json()["id"]

    renamed = {"name": name, "new_name": f"{name} new"}
    client.post(f"{REGISTRY}/registered-models/rename", json=renamed).raise_for_status()

    assert client.get(f"{MODELS}/{id_}").json()["name"] == f"{name} new"
    client.request("DELETE", f"{REGISTRY}/registered-models/delete", json={"name": f"{name} new"})
    assert_surface_error(client.get(f"{MODELS}/{id_}"), 404)


def test_a_prompt_is_no_model_by_its_id_either(client: httpx.Client, name: str) -> None:
    tags = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    client.post(f"{REGISTRY}/registered-models/create", json={"name": name, "tags": tags}).raise_for_status()
    numbered = client.get(f"{REGISTRY}/databricks/registered-models/get", params={"name": name}).json()
    number = int(numbered["registered_model_databricks"]["id"])

    id_ = catalog.model_id(catalog.Service("trackstack", ""), number)

    assert_surface_error(client.get(f"{MODELS}/{id_}"), 404)


def test_a_user_sees_the_registered_models_that_are_granted(client: httpx.Client, name: str) -> None:
    headers = {}
    for user in ("ada", "bob"):
        request = {"name": user, "scope": "write", "user": f"{user}-{name}"}
        made = client.post("/api/2.0/trackstack/tokens", json=request).json()
        headers[user] = {"Authorization": f"Bearer {made['token']['content']}"}
    model = {"name": name}
    client.post(f"{REGISTRY}/registered-models/create", json=model, headers=headers["ada"]).raise_for_status()
    query = {"service": "trackstack", "limit": "1000"}

    pages = {user: client.get(MODELS, params=query, headers=headers[user]).json() for user in headers}

    assert [one["name"] for one in pages["ada"]["data"]] == [name]
    assert (pages["ada"]["paging"]["total"], pages["bob"]["paging"]["total"]) == (1, 0)
    id_ = pages["ada"]["data"][0]["id"]
    for path in (f"{MODELS}/{id_}", f"{MODELS}/name/trackstack.{name}"):
        assert client.get(path, headers=headers["ada"]).status_code == 200
        assert_surface_error(client.get(path, headers=headers["bob"]), 404)
