"""Every method of `w.model_registry` of Databricks' own client, over HTTP."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service import ml
from tests.server.databricks.conftest import SOURCE

PUBLIC = "https://93.184.216.34/hook"  # never called: nothing happens to the model that it is for


@dataclass
class World:
    """A registered model with three versions, and the client."""

    api: ml.ModelRegistryAPI
    name: str

    def model(self) -> ml.ModelDatabricks:
        found = self.api.get_model(self.name).registered_model_databricks
        assert found is not None
        return found

    def version(self, number: str = "1") -> ml.ModelVersion:
        found = self.api.get_model_version(self.name, number).model_version
        assert found is not None
        return found

    def request(self) -> ml.TransitionRequest:
        made = self.api.create_transition_request(self.name, "1", "Staging", comment="please").request
        assert made is not None
        return made

    def comment(self) -> ml.CommentObject:
        made = self.api.create_comment(self.name, "1", "good").comment
        assert made is not None and made.id
        return made

    def webhook(self) -> ml.RegistryWebhook:
        made = self.api.create_webhook(
            [ml.RegistryWebhookEvent.COMMENT_CREATED],
            http_url_spec=ml.HttpUrlSpec(PUBLIC, secret="s"),
            model_name=self.name,
            status=ml.RegistryWebhookStatus.DISABLED,
        ).webhook
        assert made is not None and made.id
        return made


@pytest.fixture
def world(registry: ml.ModelRegistryAPI, model: str) -> World:
    return World(registry, model)


def create_model(world: World) -> None:
    tags = [ml.ModelTag("k", "v")]
    made = world.api.create_model(f"{world.name}-2", description="d", tags=tags).registered_model
    assert made and (made.name, made.description, made.tags) == (f"{world.name}-2", "d", tags)


def get_model(world: World) -> None:
    found = world.model()
    assert found.name == world.name and found.id and found.id.isdigit()
    assert found.permission_level is ml.PermissionLevel.CAN_MANAGE
    assert [one.version for one in found.latest_versions or ()] == ["3"]


def list_models(world: World) -> None:
    assert world.name in [one.name for one in world.api.list_models(max_results=7)]


def search_models(world: World) -> None:
    found = world.api.search_models(filter=f"name = '{world.name}'", max_results=1, order_by=["name DESC"])
    assert [one.name for one in found] == [world.name]


def update_model(world: World) -> None:
    world.api.update_model(world.name, description="new")
    assert world.model().description == "new"


def rename_model(world: World) -> None:
    world.api.rename_model(world.name, new_name=f"{world.name}-2")
    world.name = f"{world.name}-2"
    assert world.version("3").name == world.name


def delete_model(world: World) -> None:
    world.api.delete_model(world.name)
    with pytest.raises(NotFound):
        world.model()


def set_model_tag(world: World) -> None:
    world.api.set_model_tag(world.name, "k", "v")
    assert world.model().tags == [ml.ModelTag("k", "v")]


def delete_model_tag(world: World) -> None:
    set_model_tag(world)
    world.api.delete_model_tag(world.name, "k")
    assert not world.model().tags


def create_model_version(world: World) -> None:
    made = world.api.create_model_version(
        world.name, SOURCE, description="d", tags=[ml.ModelVersionTag("k", "v")]
    ).model_version
    assert made and (made.version, made.description) == ("4", "d")


def get_model_version(world: World) -> None:
    assert (world.version("2").source, world.version("2").current_stage) == (SOURCE, "None")


def get_model_version_download_uri(world: World) -> None:
    assert world.api.get_model_version_download_uri(world.name, "1").artifact_uri == SOURCE


def get_latest_versions(world: World) -> None:
    world.api.transition_stage(world.name, "1", "Staging", False)
    found = world.api.get_latest_versions(world.name, stages=["Staging"])
    assert [one.version for one in found] == ["1"]


def search_model_versions(world: World) -> None:
    found = world.api.search_model_versions(filter=f"name = '{world.name}'", max_results=2)
    assert {one.version for one in found} == {"1", "2", "3"}


def update_model_version(world: World) -> None:
    world.api.update_model_version(world.name, "1", description="new")
    assert world.version().description == "new"


def delete_model_version(world: World) -> None:
    world.api.delete_model_version(world.name, "1")
    with pytest.raises(NotFound):
        world.version()


def set_model_version_tag(world: World) -> None:
    world.api.set_model_version_tag(world.name, "1", "k", "v")
    assert world.version().tags == [ml.ModelVersionTag("k", "v")]


def delete_model_version_tag(world: World) -> None:
    set_model_version_tag(world)
    world.api.delete_model_version_tag(world.name, "1", "k")
    assert not world.version().tags


def transition_stage(world: World) -> None:
    world.api.transition_stage(world.name, "1", "Production", False)
    moved = world.api.transition_stage(world.name, "2", "Production", True, comment="better")
    found = moved.model_version_databricks
    assert found and (found.current_stage, found.version) == ("Production", "2")
    assert found.permission_level is ml.PermissionLevel.CAN_MANAGE
    assert world.version("1").current_stage == "Archived"


def create_comment(world: World) -> None:
    made = world.comment()
    assert made.comment == "good" and made.user_id
    assert set(made.available_actions or ()) == {
        ml.CommentActivityAction.EDIT_COMMENT,
        ml.CommentActivityAction.DELETE_COMMENT,
    }


def update_comment(world: World) -> None:
    old = world.comment()
    new = world.api.update_comment(str(old.id), "bad").comment
    assert new and (new.id, new.comment, new.creation_timestamp) == (old.id, "bad", old.creation_timestamp)


def delete_comment(world: World) -> None:
    old = world.comment()
    world.api.delete_comment(str(old.id))
    with pytest.raises(NotFound):
        world.api.update_comment(str(old.id), "bad")


def create_transition_request(world: World) -> None:
    made = world.request()
    assert (made.to_stage, made.comment) == ("Staging", "please")
    assert set(made.available_actions or ()) == {
        ml.ActivityAction.APPROVE_TRANSITION_REQUEST,
        ml.ActivityAction.CANCEL_TRANSITION_REQUEST,
        ml.ActivityAction.REJECT_TRANSITION_REQUEST,
    }


def list_transition_requests(world: World) -> None:
    world.request()
    [found] = world.api.list_transition_requests(world.name, "1")
    assert found.activity_type is ml.ActivityType.REQUESTED_TRANSITION
    assert (found.from_stage, found.to_stage) == ("None", "Staging")


def approve_transition_request(world: World) -> None:
    world.request()
    done = world.api.approve_transition_request(world.name, "1", "Staging", True, comment="ok").activity
    assert done and done.activity_type is ml.ActivityType.APPROVED_REQUEST
    assert (done.from_stage, done.to_stage, done.comment) == ("None", "Staging", "ok")
    assert world.version().current_stage == "Staging"
    assert not list(world.api.list_transition_requests(world.name, "1"))


def reject_transition_request(world: World) -> None:
    world.request()
    done = world.api.reject_transition_request(world.name, "1", "Staging", comment="no").activity
    assert done and (done.activity_type, done.comment) == (ml.ActivityType.REJECTED_REQUEST, "no")
    assert world.version().current_stage == "None"
    assert not list(world.api.list_transition_requests(world.name, "1"))


def delete_transition_request(world: World) -> None:
    creator = str(world.request().user_id)
    done = world.api.delete_transition_request(world.name, "1", "Staging", creator, comment="oh").activity
    assert done and (done.activity_type, done.comment) == (ml.ActivityType.CANCELLED_REQUEST, "oh")
    assert not list(world.api.list_transition_requests(world.name, "1"))


def create_webhook(world: World) -> None:
    made = world.webhook()
    assert (made.model_name, made.events) == (world.name, [ml.RegistryWebhookEvent.COMMENT_CREATED])
    assert made.http_url_spec == ml.HttpUrlSpecWithoutSecret(url=PUBLIC, enable_ssl_verification=True)


def list_webhooks(world: World) -> None:
    made = [world.webhook().id, world.webhook().id]
    found = world.api.list_webhooks(model_name=world.name, max_results=1)
    assert [one.id for one in found] == made
    other = [ml.RegistryWebhookEvent.MODEL_VERSION_TAG_SET]
    assert not list(world.api.list_webhooks(model_name=world.name, events=other))
    asked = [*other, ml.RegistryWebhookEvent.COMMENT_CREATED]
    assert len(list(world.api.list_webhooks(model_name=world.name, events=asked))) == 2


def update_webhook(world: World) -> None:
    made = world.webhook()
    new = world.api.update_webhook(
        str(made.id),
        description="d",
        events=[ml.RegistryWebhookEvent.MODEL_VERSION_CREATED],
        http_url_spec=ml.HttpUrlSpec(f"{PUBLIC}/2", enable_ssl_verification=False),
        status=ml.RegistryWebhookStatus.TEST_MODE,
    ).webhook
    assert new and (new.id, new.description) == (made.id, "d")
    assert (new.events, new.status) == (
        [ml.RegistryWebhookEvent.MODEL_VERSION_CREATED],
        ml.RegistryWebhookStatus.TEST_MODE,
    )
    assert new.http_url_spec == ml.HttpUrlSpecWithoutSecret(url=f"{PUBLIC}/2", enable_ssl_verification=False)


def delete_webhook(world: World) -> None:
    world.api.delete_webhook(str(world.webhook().id))
    assert not list(world.api.list_webhooks(model_name=world.name))


def try_webhook(world: World) -> None:
    """Deliveries are test_webhooks'; here the webhook is disabled."""
    with pytest.raises(BadRequest, match="DISABLED"):
        world.api.test_registry_webhook(str(world.webhook().id))


def get_permission_levels(world: World) -> None:
    levels = world.api.get_permission_levels(str(world.model().id)).permission_levels
    assert ml.RegisteredModelPermissionLevel.CAN_EDIT in [one.permission_level for one in levels or ()]


def set_permissions(world: World) -> None:
    entry = ml.RegisteredModelAccessControlRequest(
        user_name="ada@example.org", permission_level=ml.RegisteredModelPermissionLevel.CAN_READ
    )
    made = world.api.set_permissions(str(world.model().id), access_control_list=[entry])
    assert "ada@example.org" in [one.user_name for one in made.access_control_list or ()]


def get_permissions(world: World) -> None:
    set_permissions(world)
    found = world.api.get_permissions(str(world.model().id))
    assert found.object_id == f"/registered-models/{world.model().id}"


def update_permissions(world: World) -> None:
    set_permissions(world)
    entry = ml.RegisteredModelAccessControlRequest(
        user_name="bob@example.org", permission_level=ml.RegisteredModelPermissionLevel.CAN_EDIT
    )
    made = world.api.update_permissions(str(world.model().id), access_control_list=[entry])
    names = {one.user_name for one in made.access_control_list or ()}
    assert {"ada@example.org", "bob@example.org"} <= names


METHODS = {name for name, _ in inspect.getmembers(ml.ModelRegistryAPI, inspect.isfunction) if name[0] != "_"}
TRIED: dict[str, Callable[[World], None]] = {
    "test_registry_webhook": try_webhook,
    **{name: value for name, value in list(globals().items()) if name in METHODS},
}


def test_no_method_is_left_out() -> None:
    assert set(TRIED) == METHODS


@pytest.mark.parametrize("method", TRIED)
def test_a_method_does_what_it_says(world: World, method: str) -> None:
    TRIED[method](world)
