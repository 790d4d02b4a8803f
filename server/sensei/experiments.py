"""Experiments: those of MLflow, of which Sensei's belong to an ML instance and have a template."""

from trackstack.server.access.objects import EXPERIMENT as ON_EXPERIMENT
from trackstack.server.access.objects import FOUND, NEW, param
from trackstack.server.calls import Call
from trackstack.server.responses import Answer
from trackstack.server.routes import WRITE
from trackstack.server.sensei import cascades, reading, schedules, tasks, views
from trackstack.server.sensei.engines import same_id
from trackstack.server.sensei.instances import existing
from trackstack.server.sensei.operations import (
    Body,
    Line,
    Name,
    Part,
    Tags,
    Text,
    Values,
    author,
    operation,
    plain,
    unprocessable,
)
from trackstack.server.sensei.schedules import Schedule
from trackstack.server.sensei.tasks import Task
from trackstack.server.store.sensei.experiments import NewExperiment
from trackstack.server.store.sensei.kinds import ML_INSTANCE
from trackstack.server.store.sensei.listing import Resource

NOTE = "mlflow.note.content"
"""The tag that the web UI shows as an experiment's description."""
INSTANCE = "sensei.mlInstanceId"


class Notification(Part):
    email: Line | None = None
    email_on_retry: bool | None = None
    email_on_failure: bool | None = None


class Template(Part):
    experiment_run_id: Line | None = None
    tasks: list[Task] | None = None
    schedule: Schedule | None = None
    notification: Notification | None = None


class Experiment(Body):
    name: Name
    id: Line | None = None
    ml_instance_id: Line | None = None
    ml_instance_query: Line | None = None
    description: Text | None = None
    created_by_service: bool = False
    workflow_id: Line | None = None
    tags: Tags | None = None
    template: Template | None = None


async def create(call: Call, body: Experiment) -> Answer:
    """No run is started with it."""
    await _check(call, body)
    new = beginning(call, body.name, body.ml_instance_id or "", _document(call, body, {}))
    return views.EXPERIMENT.one(await call.store.sensei.experiments.create(new, call.now), created=True)


async def replace(call: Call, body: Experiment) -> Answer:
    """Overwrites all but secrets whose values are left out; the new name is MLflow's, too."""
    id_ = same_id(call, body.id, call.params["experimentId"])
    await _check(call, body)

    def document(old: Resource) -> Values:
        return _document(call, body, old.fields)

    made = await call.store.sensei.experiments.replace(
        id_,
        lambda old: (body.name, body.ml_instance_id or ""),
        document,
        schedules.following(plain(body), call.now),
        call.header(b"if-match"),
        call.now,
    )
    return views.EXPERIMENT.one(made)


async def delete(call: Call) -> Answer:
    """With its runs; MLflow can restore them until retention removes them."""
    await call.store.sensei.experiments.delete(call.params["experimentId"], call.now)
    return views.done("Experiment successfully deleted")


async def delete_all(call: Call) -> Answer:
    """Those of an ML instance."""
    instance = await cascades.instance_of(call)
    await cascades.check(call, [instance])
    await call.store.sensei.experiments.delete_of_instance(instance, call.now)
    return views.done("Experiments successfully deleted")


def beginning(call: Call, name: str, instance: str, document: Values) -> NewExperiment:
    """An experiment to make, with what MLflow shows of it."""
    tags = {INSTANCE: instance, NOTE: document.get("description", "")}
    return NewExperiment(
        name,
        instance,
        document,
        {key: value for key, value in tags.items() if value},
        lambda id_: call.artifacts.location("", id_),
        author(call),
        schedules.following(document, call.now),
    )


async def _check(call: Call, body: Experiment) -> None:
    if not body.ml_instance_id and not body.ml_instance_query:
        raise unprocessable(call, "mlInstanceId or mlInstanceQuery must be given.")
    if body.ml_instance_id:
        await existing(call, "mlInstanceId", ML_INSTANCE, body.ml_instance_id)
    if body.template is not None:
        schedules.check(call, "template.schedule", body.template.schedule)


def _document(call: Call, body: Experiment, old: Values) -> Values:
    document = plain(body)
    for name in ("id", "name", "mlInstanceId"):
        document.pop(name, None)
    document["createdByService"] = body.created_by_service
    if body.template is not None and body.template.tasks is not None:
        known = old.get("template", {}).get("tasks", ())
        document["template"]["tasks"] = tasks.stored(call, body.template.tasks, known)
    return document


ONE = ON_EXPERIMENT.by(param("experimentId"))

ROUTES = (
    *reading.routes(views.EXPERIMENT, "experimentId", ONE),
    operation("POST", "/experiments", create, needs=WRITE, on=NEW),
    operation("DELETE", "/experiments", delete_all, needs=WRITE, on=FOUND, query=cascades.OfInstance),
    operation("PUT", "/experiments/{experimentId}", replace, needs=WRITE, on=ONE),
    operation("DELETE", "/experiments/{experimentId}", delete, needs=WRITE, on=ONE.to_manage),
)
