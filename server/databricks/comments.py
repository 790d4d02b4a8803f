"""Comments on versions of registered models."""

from msgspec import Struct

from trackstack.server.access.objects import COMMENT, REGISTERED_MODEL
from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.databricks.activities import Activity, comment_text, shown
from trackstack.server.databricks.events import RegistryEvent
from trackstack.server.databricks.viewers import Viewer
from trackstack.server.mlflow.registry import names
from trackstack.server.routes import WRITE, Route
from trackstack.server.store.callers import Level
from trackstack.server.store.databricks.activities import Said
from trackstack.server.store.decisions import Kind


class CreateComment(Message):
    name: Required
    version: Required
    comment: Required


class UpdateComment(Message):
    id: Required
    comment: Required


class CommentRef(Message):
    id: Required


class OneComment(Struct):
    comment: Activity


async def create(call: Call, body: CreateComment) -> OneComment:
    name, version = names.model_name(body.name), names.version(body.version)
    said = Said(call.identity.name, comment_text(body.comment), call.now)
    told = [RegistryEvent.commented(said.user, name, version, said.comment)]
    made = await call.telling(lambda _: told).activities.comment(name, version, said)
    return OneComment(shown(made, await Viewer.of(call, Kind.REGISTERED_MODEL, name)))


async def update(call: Call, body: UpdateComment) -> OneComment:
    """By its author, or who may manage the model."""
    viewer = await _author(call, body.id)
    edited = await call.store.activities.edit_comment(body.id, comment_text(body.comment), call.now)
    return OneComment(shown(edited, viewer))


async def delete(call: Call, body: CommentRef) -> None:
    """By its author, or who may manage the model."""
    await _author(call, body.id)
    await call.store.activities.delete_comment(body.id)


async def _author(call: Call, id_: str) -> Viewer:
    """The viewer. Raises ApiError where the comment is not theirs to change."""
    found = await call.store.activities.get_comment(id_)
    viewer = await Viewer.of(call, Kind.COMMENT, id_)
    viewer.check(found.user, Level.MANAGE, "A comment")
    return viewer


_BASE = "/2.0/mlflow/comments"

ROUTES = (
    Route("POST", f"{_BASE}/create", create, needs=WRITE, on=REGISTERED_MODEL.to_read),
    Route("PATCH", f"{_BASE}/update", update, needs=WRITE, on=COMMENT.to_read),
    Route("DELETE", f"{_BASE}/delete", delete, needs=WRITE, on=COMMENT.to_read),
)
