"""Requests to move a version of a registered model to another stage.

Who may read the model may ask; who may edit it, and so could move the version, decides.
"""

from msgspec import Struct, field

from trackstack.server.access.objects import REGISTERED_MODEL
from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.databricks.activities import Activity, OneActivity, comment_text, shown
from trackstack.server.databricks.events import RegistryEvent
from trackstack.server.databricks.viewers import Viewer
from trackstack.server.mlflow.registry import events, names
from trackstack.server.mlflow.registry.model_versions import TransitionStage, VersionRef, transition_asked
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.store.callers import Level
from trackstack.server.store.databricks.activities import Activity as Recorded
from trackstack.server.store.databricks.activities import Said
from trackstack.server.store.decisions import Kind
from trackstack.server.store.registry.versions import Move


class StageRequest(Message):
    name: Required
    version: Required
    stage: Required
    comment: str = ""


class Approve(TransitionStage):
    comment: str = ""


class Cancel(StageRequest, kw_only=True):
    creator: Required


class OneRequest(Struct):
    request: Activity


class Requests(Struct, omit_defaults=True):
    requests: list[Activity] = field(default_factory=list)


async def create(call: Call, body: StageRequest) -> OneRequest:
    (name, version), stage, said = _ref(body), names.stage(body.stage), _said(call, body)

    def told(made: Recorded) -> list[RegistryEvent]:
        move = Move(version, made.from_stage or "", stage)
        return [RegistryEvent.transition_requested(said.user, name, move, said.comment)]

    made = await call.telling(told).transition_requests.create(name, version, stage, said)
    return OneRequest(shown(made, await _viewer(call, name)))


async def list_open(call: Call, body: VersionRef) -> Requests:
    """The oldest first."""
    name, version = names.model_name(body.name), names.version(body.version)
    found = await call.store.transition_requests.open(name, version)
    viewer = await _viewer(call, name)
    return Requests([shown(one, viewer) for one in found])


async def approve(call: Call, body: Approve) -> OneActivity:
    """Moves the version; every request for that stage is done with."""
    name, version = names.model_name(body.name), names.version(body.version)
    asked = transition_asked(call, body, comment_text(body.comment))
    store = call.telling(lambda moved: events.transitioned(name, moved.moves))
    moved = await store.transition_requests.approve(name, version, asked)
    return OneActivity(shown(moved.activity, await _viewer(call, name)))


async def reject(call: Call, body: StageRequest) -> OneActivity:
    """Every request for that stage is done with."""
    (name, version), stage = _ref(body), names.stage(body.stage)
    made = await call.store.transition_requests.reject(name, version, stage, _said(call, body))
    return OneActivity(shown(made, await _viewer(call, name)))


async def cancel(call: Call, body: Cancel) -> OneActivity:
    """By who made it, or may edit the model."""
    (name, version), stage = _ref(body), names.stage(body.stage)
    viewer = await _viewer(call, name)
    viewer.check(body.creator, Level.EDIT, "A transition request")
    said = _said(call, body)
    made = await call.store.transition_requests.cancel(name, version, stage, body.creator, said)
    return OneActivity(shown(made, viewer))


async def _viewer(call: Call, name: str) -> Viewer:
    return await Viewer.of(call, Kind.REGISTERED_MODEL, name)


def _ref(body: StageRequest) -> tuple[str, int]:
    return names.model_name(body.name), names.version(body.version)


def _said(call: Call, body: StageRequest) -> Said:
    return Said(call.identity.name, comment_text(body.comment), call.now)


_BASE = "/2.0/mlflow/transition-requests"

ROUTES = (
    Route("POST", f"{_BASE}/create", create, needs=WRITE, on=REGISTERED_MODEL.to_read),
    Route("GET", f"{_BASE}/list", list_open, needs=READ, on=REGISTERED_MODEL),
    Route("POST", f"{_BASE}/approve", approve, needs=WRITE, on=REGISTERED_MODEL),
    Route("POST", f"{_BASE}/reject", reject, needs=WRITE, on=REGISTERED_MODEL),
    Route("DELETE", f"{_BASE}/delete", cancel, needs=WRITE, on=REGISTERED_MODEL.to_read),
)
