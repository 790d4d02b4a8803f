"""A model's way through MLflow's stages: recorded, told, and ending requests as any other such move."""

from collections.abc import Iterator

import pytest
from databricks.sdk.service import ml
from databricks.sdk.service.ml import RegistryWebhookEvent as Event
from tests.server.conftest import Start
from tests.server.databricks.conftest import workspace_of
from tests.server.databricks.test_webhooks import hook, told
from tests.server.registry.test_webhooks import Receiver
from tests.server.registry.test_webhooks import receiver as receiver
from tests.server.sensei.conftest import Sensei, sensei_client
from tests.server.serving import Server


@pytest.fixture(scope="module")
def inward(start_server: Start) -> Server:
    """A server that may call private addresses."""
    return start_server(TRACKSTACK_SERVER_PRIVATE_WEBHOOKS="true")


@pytest.fixture
def registry(inward: Server) -> ml.ModelRegistryAPI:
    return workspace_of(inward).model_registry


@pytest.fixture
def inner(inward: Server, name: str) -> Iterator[Sensei]:
    with sensei_client(inward, inward.token.text) as http:
        yield Sensei(http, name)


def moves(inner: Sensei, inward: Server, version: str) -> list[tuple[str, str, str]]:
    query = {"name": inner.name, "version": version}
    path = f"{inward.url}/api/2.0/mlflow/activities/list"
    found = inner.http.get(path, params=query).raise_for_status().json()["activities"]
    return [(one["activity_type"], one["from_stage"], one["to_stage"]) for one in found]


def test_each_change_of_stage_is_an_activity(inner: Sensei, inward: Server) -> None:
    model = inner.model(state=["published"])
    same = {"experimentRunId": model["experimentRunId"], "name": model["name"]}
    for state in (["published"], [], []):
        inner.http.put(f"/models/{model['id']}", json={**same, "state": state}).raise_for_status()
    inner.http.delete(f"/models/{model['id']}").raise_for_status()

    assert moves(inner, inward, "1") == [
        ("APPLIED_TRANSITION", "None", "Production"),
        ("APPLIED_TRANSITION", "Production", "None"),
        ("APPLIED_TRANSITION", "None", "Archived"),
    ]


def test_webhooks_are_told_of_what_sensei_does(
    inner: Sensei, registry: ml.ModelRegistryAPI, receiver: Receiver
) -> None:
    id_ = hook(
        registry,
        receiver,
        Event.REGISTERED_MODEL_CREATED,
        Event.MODEL_VERSION_CREATED,
        Event.MODEL_VERSION_TRANSITIONED_STAGE,
    )
    model = inner.model(state=["published"])
    inner.http.delete(f"/models/{model['id']}").raise_for_status()

    events = [told(receiver) for _ in range(4)]
    registry.delete_webhook(id=id_)

    assert {one["model_name"] for one in events} == {inner.name}
    assert sorted((one["event"], one.get("to_stage", "")) for one in events) == [
        ("MODEL_VERSION_CREATED", ""),
        ("MODEL_VERSION_TRANSITIONED_STAGE", "Archived"),
        ("MODEL_VERSION_TRANSITIONED_STAGE", "Production"),
        ("REGISTERED_MODEL_CREATED", ""),
    ]


def test_publishing_ends_the_requests_for_it(inner: Sensei, registry: ml.ModelRegistryAPI) -> None:
    model = inner.model()
    registry.create_transition_request(inner.name, "1", "Production")

    publish = {"experimentRunId": model["experimentRunId"], "state": ["published"]}
    inner.http.put(f"/models/{model['id']}", json=publish).raise_for_status()

    assert not list(registry.list_transition_requests(inner.name, "1"))
