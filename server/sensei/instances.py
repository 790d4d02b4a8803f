"""ML instances: an engine with the tasks and parameters of one use."""

from trackstack.server.access.objects import FOUND, NEW
from trackstack.server.calls import Call
from trackstack.server.responses import Answer
from trackstack.server.routes import WRITE
from trackstack.server.sensei import cascades, reading, tasks, views
from trackstack.server.sensei.engines import same_id
from trackstack.server.sensei.operations import (
    Body,
    Line,
    Name,
    Tags,
    Text,
    Values,
    author,
    operation,
    plain,
    unprocessable,
)
from trackstack.server.sensei.tasks import Task
from trackstack.server.store.sensei.kinds import ENGINE, ML_INSTANCE, Kind
from trackstack.server.store.sensei.listing import Resource


class MLInstance(Body):
    name: Name
    engine_id: Line
    id: Line | None = None
    description: Text | None = None
    tags: Tags | None = None
    tasks: list[Task] | None = None


async def create(call: Call, body: MLInstance) -> Answer:
    """Without tasks it has those that its engine has by default."""
    engine = await existing(call, "engineId", ENGINE, body.engine_id)
    document = _document(call, body, ())
    if body.tasks is None:
        default = engine.fields.get("artifacts", {}).get("default", {}).get("defaultMLInstanceConfigs")
        document |= {"tasks": default} if default else {}
    resources = call.store.sensei.resources
    made = await resources.create(ML_INSTANCE, document, author(call), call.now, engine.id)
    return views.ML_INSTANCE.one(made, created=True)


async def replace(call: Call, body: MLInstance) -> Answer:
    """Overwrites all of it, but for secrets whose values are left out."""
    id_ = same_id(call, body.id, call.params["mlInstanceId"])
    engine = await existing(call, "engineId", ENGINE, body.engine_id)

    def change(old: Resource) -> Values:
        return _document(call, body, old.fields.get("tasks", ()))

    resources = call.store.sensei.resources
    made = await resources.replace(ML_INSTANCE, id_, change, call.header(b"if-match"), call.now, engine.id)
    return views.ML_INSTANCE.one(made)


async def delete(call: Call) -> Answer:
    """With its experiments, their runs, and its services."""
    instance = await call.store.sensei.resources.get(ML_INSTANCE, call.params["mlInstanceId"])
    await cascades.check(call, [instance.id])
    await call.store.sensei.experiments.delete_instance(instance.id, call.now)
    return views.done("MLInstance deletion was successful")


async def delete_all(call: Call) -> Answer:
    """Those of an engine, each with what it has."""
    engine = await cascades.engine_of(call)
    await cascades.check(call, await cascades.instances(call, engine))
    await call.store.sensei.experiments.delete_instances(engine, call.now)
    return views.done("MLInstances successfully deleted")


async def existing(call: Call, field: str, kind: Kind, id_: str) -> Resource:
    """What a field of the body names. Raises ApiError where there is none."""
    found = await call.store.sensei.resources.find(kind, id_)
    if found is None or found.deleted_at is not None:
        raise unprocessable(call, f"{field}: there is no {kind.name} with the id {id_[:100]!r}.")
    return found


def _document(call: Call, body: MLInstance, old: "list[Values] | tuple[()]") -> Values:
    document = plain(body)
    document.pop("id", None)
    document.pop("engineId")
    return document if body.tasks is None else {**document, "tasks": tasks.stored(call, body.tasks, old)}


ROUTES = (
    *reading.routes(views.ML_INSTANCE, "mlInstanceId"),
    operation("POST", "/mlInstances", create, needs=WRITE, on=NEW),
    operation("DELETE", "/mlInstances", delete_all, needs=WRITE, on=FOUND, query=cascades.OfEngine),
    operation("PUT", "/mlInstances/{mlInstanceId}", replace, needs=WRITE, on=FOUND),
    operation("DELETE", "/mlInstances/{mlInstanceId}", delete, needs=WRITE, on=FOUND),
)
