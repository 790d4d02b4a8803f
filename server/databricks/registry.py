"""Registered models and versions with what Databricks shows of them beside MLflow's fields."""

import msgspec
from msgspec import Struct, field

from trackstack.server.access.objects import FOUND, REGISTERED_MODEL
from trackstack.server.bodies import Int64, Message
from trackstack.server.calls import Call
from trackstack.server.databricks.activities import Activity, comment_text, shown
from trackstack.server.databricks.viewers import Viewer
from trackstack.server.mlflow.registry import events, names, registered_models
from trackstack.server.mlflow.registry.model_versions import TransitionStage, transition_asked
from trackstack.server.mlflow.registry.registered_models import ModelRef, Models, SearchModels
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.store.decisions import Kind
from trackstack.server.store.registry.entities import ModelVersion, RegisteredModel


class ListModels(Message):
    max_results: Int64 = 100
    page_token: str = ""


class Transition(TransitionStage):
    comment: str = ""


class ModelDatabricks(RegisteredModel, omit_defaults=True, kw_only=True):
    """`id` is what permissions know it by; the level is the caller's."""

    id: str
    permission_level: str


class ModelVersionDatabricks(ModelVersion, omit_defaults=True, kw_only=True):
    permission_level: str
    open_requests: list[Activity] = field(default_factory=list)


class OneModel(Struct):
    registered_model_databricks: ModelDatabricks


class OneVersion(Struct):
    model_version_databricks: ModelVersionDatabricks


async def get(call: Call, body: ModelRef) -> OneModel:
    name = names.model_name(body.name)
    number, found = await call.store.registered_models.numbered(name)
    viewer = await Viewer.of(call, Kind.REGISTERED_MODEL, name)
    fields = msgspec.structs.asdict(found)
    return OneModel(ModelDatabricks(**fields, id=str(number), permission_level=viewer.permission_level))


async def list_models(call: Call, body: ListModels) -> Models:
    asked = SearchModels(max_results=body.max_results, page_token=body.page_token)
    return await registered_models.find(call, asked)


async def transition(call: Call, body: Transition) -> OneVersion:
    """As MLflow's, with a comment."""
    name, version = names.model_name(body.name), names.version(body.version)
    asked = transition_asked(call, body, comment_text(body.comment))
    store = call.telling(lambda moved: events.transitioned(name, moved.moves))
    moved = await store.model_versions.transition(name, version, asked)
    viewer = await Viewer.of(call, Kind.REGISTERED_MODEL, name)
    requests = await call.store.transition_requests.open(name, version)
    return OneVersion(
        ModelVersionDatabricks(
            **msgspec.structs.asdict(moved.version),
            permission_level=viewer.permission_level,
            open_requests=[shown(one, viewer) for one in requests],
        )
    )


_BASE = "/2.0/mlflow"
_DATABRICKS = f"{_BASE}/databricks"

ROUTES = (
    Route("GET", f"{_BASE}/registered-models/list", list_models, needs=READ, on=FOUND),
    Route("GET", f"{_DATABRICKS}/registered-models/get", get, needs=READ, on=REGISTERED_MODEL),
    Route(
        "POST",
        f"{_DATABRICKS}/model-versions/transition-stage",
        transition,
        needs=WRITE,
        on=REGISTERED_MODEL,
    ),
)
