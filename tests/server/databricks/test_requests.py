"""Who may ask for a stage, decide about it, and say what; what remains of it."""

from collections.abc import Callable

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.errors import BadRequest, NotFound, PermissionDenied, ResourceAlreadyExists
from databricks.sdk.service import ml
from mlflow import MlflowClient
from tests.server.access.holdings import token
from tests.server.databricks.conftest import workspace_of
from tests.server.serving import Server

READER, EDITOR, STRANGER = "reader@example.org", "editor@example.org", "stranger@example.org"
LEVELS = ml.RegisteredModelPermissionLevel
As = Callable[[str], ml.ModelRegistryAPI]


@pytest.fixture(scope="module")
def client_of(server: Server, client: httpx.Client) -> Callable[[str], WorkspaceClient]:
    made: dict[str, WorkspaceClient] = {}

    def of(user: str) -> WorkspaceClient:
        if user not in made:
            made[user] = workspace_of(server, token(client, user=user, scope="write"))
        return made[user]

    return of


@pytest.fixture
def by(client_of: Callable[[str], WorkspaceClient]) -> As:
    """The registry as a user's token has it."""
    return lambda user: client_of(user).model_registry


@pytest.fixture
def shared(registry: ml.ModelRegistryAPI, model: str) -> str:
    """A model that one user may read and another edit."""
    found = registry.get_model(model).registered_model_databricks
    assert found is not None
    registry.set_permissions(
        str(found.id),
        access_control_list=[
            ml.RegisteredModelAccessControlRequest(user_name=READER, permission_level=LEVELS.CAN_READ),
            ml.RegisteredModelAccessControlRequest(user_name=EDITOR, permission_level=LEVELS.CAN_EDIT),
        ],
    )
    return model


def activities(client: httpx.Client, model: str, version: str = "1") -> list[dict[str, str]]:
    query = {"name": model, "version": version}
    reply = client.get("/api/2.0/mlflow/activities/list", params=query)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, str]] = reply.json().get("activities", [])
    return found


def test_a_reader_asks_and_an_editor_decides(by: As, shared: str) -> None:
    asked = by(READER).create_transition_request(shared, "1", "Production", comment="please").request
    assert asked and asked.user_id == READER
    assert asked.available_actions == [ml.ActivityAction.CANCEL_TRANSITION_REQUEST]

    with pytest.raises(PermissionDenied):
        by(READER).approve_transition_request(shared, "1", "Production", False)
    with pytest.raises(PermissionDenied):
        by(READER).reject_transition_request(shared, "1", "Production")
    with pytest.raises(PermissionDenied):
        by(READER).transition_stage(shared, "1", "Production", False)
    with pytest.raises(PermissionDenied):
        by(STRANGER).create_transition_request(shared, "1", "Production")
    done = by(EDITOR).approve_transition_request(shared, "1", "Production", False).activity

    assert done and (done.user_id, done.to_stage) == (EDITOR, "Production")


def test_what_each_user_may_do_is_told(by: As, shared: str) -> None:
    for user, level in ((READER, LEVELS.CAN_READ), (EDITOR, LEVELS.CAN_EDIT)):
        found = by(user).get_model(shared).registered_model_databricks
        assert found and found.permission_level and found.permission_level.value == level.value


def test_a_request_is_cancelled_by_its_author_and_by_editors(by: As, shared: str) -> None:
    by(EDITOR).create_transition_request(shared, "1", "Staging")
    by(READER).create_transition_request(shared, "1", "Staging")

    with pytest.raises(PermissionDenied, match=EDITOR):
        by(READER).delete_transition_request(shared, "1", "Staging", EDITOR)
    by(READER).delete_transition_request(shared, "1", "Staging", READER)
    assert [one.user_id for one in by(READER).list_transition_requests(shared, "1")] == [EDITOR]
    by(READER).create_transition_request(shared, "1", "Staging")
    by(EDITOR).delete_transition_request(shared, "1", "Staging", READER)

    assert [one.user_id for one in by(READER).list_transition_requests(shared, "1")] == [EDITOR]


def test_one_user_asks_once_for_a_stage(registry: ml.ModelRegistryAPI, model: str) -> None:
    registry.create_transition_request(model, "1", "Staging")
    registry.create_transition_request(model, "1", "Production")

    with pytest.raises(ResourceAlreadyExists):
        registry.create_transition_request(model, "1", "staging")
    with pytest.raises(BadRequest, match="in the stage None already"):
        registry.create_transition_request(model, "1", "None")


def test_only_what_was_asked_for_is_decided(registry: ml.ModelRegistryAPI, model: str) -> None:
    registry.create_transition_request(model, "1", "Staging")

    for decide in (
        lambda: registry.approve_transition_request(model, "1", "Production", False),
        lambda: registry.reject_transition_request(model, "1", "Production"),
        lambda: registry.delete_transition_request(model, "1", "Staging", "nobody"),
        lambda: registry.approve_transition_request(model, "9", "Staging", False),
        lambda: registry.list_transition_requests(model, "9"),
    ):
        with pytest.raises(NotFound):
            decide()

    assert [one.to_stage for one in registry.list_transition_requests(model, "1")] == ["Staging"]


def test_a_decision_ends_the_requests_of_all_for_that_stage(by: As, shared: str) -> None:
    for user in (READER, EDITOR):
        for stage in ("Staging", "Production"):
            by(user).create_transition_request(shared, "1", stage)

    by(EDITOR).reject_transition_request(shared, "1", "Staging")

    left = by(READER).list_transition_requests(shared, "1")
    assert [(one.user_id, one.to_stage) for one in left] == [(READER, "Production"), (EDITOR, "Production")]


def test_mlflows_transition_grants_what_was_asked_for(
    registry: ml.ModelRegistryAPI, model: str, tracking: MlflowClient, client: httpx.Client
) -> None:
    registry.create_transition_request(model, "1", "Staging")
    with pytest.warns(FutureWarning, match="stage"):
        tracking.transition_model_version_stage(model, "1", "Staging")

    assert not list(registry.list_transition_requests(model, "1"))
    types = [one["activity_type"] for one in activities(client, model)]
    assert types == ["REQUESTED_TRANSITION", "APPLIED_TRANSITION"]


def test_an_approval_archives_what_was_in_the_stage(
    registry: ml.ModelRegistryAPI, model: str, client: httpx.Client
) -> None:
    registry.transition_stage(model, "2", "Production", False, comment="first")
    registry.create_transition_request(model, "1", "Production")
    registry.approve_transition_request(model, "1", "Production", True)

    found = registry.search_model_versions(filter=f"name = '{model}'")
    stages = {one.version: one.current_stage for one in found}
    assert stages == {"1": "Production", "2": "Archived", "3": "None"}
    [applied, archived] = activities(client, model, "2")
    assert (applied["activity_type"], applied["comment"]) == ("APPLIED_TRANSITION", "first")
    assert (archived["activity_type"], archived["from_stage"]) == ("SYSTEM_TRANSITION", "Production")
    assert "version 1" in archived["system_comment"]


def test_all_that_happened_is_told_in_pages(
    registry: ml.ModelRegistryAPI, model: str, client: httpx.Client
) -> None:
    for text in "abc":
        registry.create_comment(model, "1", text)
    query = {"name": model, "version": "1", "max_results": "2"}

    first = client.get("/api/2.0/mlflow/activities/list", params=query).json()
    query["page_token"] = first["next_page_token"]
    last = client.get("/api/2.0/mlflow/activities/list", params=query).json()

    assert [one["comment"] for one in first["activities"] + last["activities"]] == ["a", "b", "c"]
    assert "next_page_token" not in last


def test_comments_are_their_authors_and_the_managers(
    by: As, registry: ml.ModelRegistryAPI, shared: str
) -> None:
    comment = by(READER).create_comment(shared, "1", "mine").comment
    assert comment and comment.user_id == READER
    id_ = str(comment.id)

    for change in (
        lambda: by(EDITOR).update_comment(id_, "not mine"),
        lambda: by(EDITOR).delete_comment(id_),
        lambda: by(STRANGER).update_comment(id_, "not mine"),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert by(READER).update_comment(id_, "better").comment.comment == "better"  # type: ignore[union-attr]
    registry.delete_comment(id_)

    with pytest.raises(NotFound):
        by(READER).update_comment(id_, "gone")


def test_what_was_said_of_a_version_goes_with_it(registry: ml.ModelRegistryAPI, model: str) -> None:
    comment = registry.create_comment(model, "1", "soon gone").comment
    registry.create_transition_request(model, "1", "Staging")

    registry.delete_model_version(model, "1")

    with pytest.raises(NotFound):
        registry.update_comment(str(comment and comment.id), "x")
