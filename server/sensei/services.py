"""ML services: what trains and scores an ML instance on schedules."""

from trackstack.server.access import guard
from trackstack.server.access.objects import FOUND, NEW
from trackstack.server.calls import Call
from trackstack.server.responses import Answer
from trackstack.server.routes import WRITE
from trackstack.server.sensei import cascades, experiments, reading, runs, schedules, tasks, views
from trackstack.server.sensei.engines import same_id
from trackstack.server.sensei.instances import existing
from trackstack.server.sensei.operations import (
    Body,
    Int32,
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
from trackstack.server.sensei.schedules import Schedule
from trackstack.server.store.callers import Level
from trackstack.server.store.decisions import Kind as Object
from trackstack.server.store.sensei.kinds import EXPERIMENT, ML_INSTANCE, ML_SERVICE, RUN
from trackstack.server.store.sensei.listing import Resource


class MLService(Body):
    """The published description also requires data set, schedule and time frame of scoring; its examples
    come without."""

    name: Name
    ml_instance_id: Line
    id: Line | None = None
    description: Text | None = None
    training_experiment_id: Line | None = None
    training_experiment_run_id: Line | None = None
    training_data_set_id: Line | None = None
    training_timeframe: Int32 | None = None
    training_schedule: Schedule | None = None
    scoring_experiment_id: Line | None = None
    scoring_data_set_id: Line | None = None
    scoring_timeframe: Int32 | None = None
    scoring_schedule: Schedule | None = None
    tags: Tags | None = None


async def create(call: Call, body: MLService) -> Answer:
    """Without a training experiment and run it gets new ones."""
    instance = await _check(call, body)
    document = _document(body)
    if body.training_experiment_id is None and body.training_experiment_run_id is None:
        document |= await _training(call, body, instance)
    elif body.training_experiment_id is None:
        run = await existing(call, "trainingExperimentRunId", RUN, body.training_experiment_run_id or "")
        document["trainingExperimentId"] = run.fields["experimentId"]
    resources = call.store.sensei.resources
    made = await resources.create(ML_SERVICE, document, author(call), call.now, instance.id)
    return views.ML_SERVICE.one(made, created=True)


async def replace(call: Call, body: MLService) -> Answer:
    """Overwrites all of it."""
    id_ = same_id(call, body.id, call.params["serviceId"])
    instance = await _check(call, body)
    resources, document = call.store.sensei.resources, _document(body)
    etags = call.header(b"if-match")
    made = await resources.replace(ML_SERVICE, id_, lambda old: document, etags, call.now, instance.id)
    return views.ML_SERVICE.one(made)


async def delete(call: Call) -> Answer:
    """Its experiments stay."""
    await call.store.sensei.resources.delete(ML_SERVICE, call.params["serviceId"], call.now)
    return views.done("MLService deletion was successful")


async def delete_all(call: Call) -> Answer:
    """Those of an ML instance."""
    instance = await cascades.instance_of(call)
    await call.store.sensei.resources.delete_below(ML_SERVICE, instance, call.now)
    return views.done("MLServices deletion was successful")


async def _check(call: Call, body: MLService) -> Resource:
    """The ML instance. Raises ApiError for what the service names and is not there, or not the caller's."""
    schedules.check(call, "trainingSchedule", body.training_schedule)
    schedules.check(call, "scoringSchedule", body.scoring_schedule)
    for field, kind, of, id_ in (
        ("trainingExperimentId", EXPERIMENT, Object.EXPERIMENT, body.training_experiment_id),
        ("scoringExperimentId", EXPERIMENT, Object.EXPERIMENT, body.scoring_experiment_id),
        ("trainingExperimentRunId", RUN, Object.RUN, body.training_experiment_run_id),
    ):
        if id_ is not None:
            found = await existing(call, field, kind, id_)
            if call.identity.limited:
                await guard.check(call, of, [found.id], Level.READ)
            if kind is RUN and body.training_experiment_id not in (None, found.fields["experimentId"]):
                raise unprocessable(
                    call, f"{field}: the run is of the experiment {found.fields['experimentId']}."
                )
    return await existing(call, "mlInstanceId", ML_INSTANCE, body.ml_instance_id)


async def _training(call: Call, body: MLService, instance: Resource) -> Values:
    """A new experiment of the service's name with a train run, which do the ML instance's tasks."""
    document: Values = {"createdByService": True}
    if body.description:
        document["description"] = body.description
    if body.training_schedule is not None:
        document["template"] = {"schedule": plain(body.training_schedule)}
    experiment = experiments.beginning(call, body.name, instance.id, document)
    of = tasks.of_mode(instance.fields.get("tasks", ()), "train")
    run = runs.beginning(author(call), call.now, 0, "train", of, {})
    made, first = await call.store.sensei.runs.create_with_experiment(experiment, run, call.now)
    return {"trainingExperimentId": made.id, "trainingExperimentRunId": first.id}


def _document(body: MLService) -> Values:
    document = plain(body)
    for name in ("id", "mlInstanceId"):
        document.pop(name, None)
    return document


ROUTES = (
    *reading.routes(views.ML_SERVICE, "serviceId"),
    operation("POST", "/mlServices", create, needs=WRITE, on=NEW),
    operation("DELETE", "/mlServices", delete_all, needs=WRITE, on=FOUND, query=cascades.OfInstance),
    operation("PUT", "/mlServices/{serviceId}", replace, needs=WRITE, on=FOUND),
    operation("DELETE", "/mlServices/{serviceId}", delete, needs=WRITE, on=FOUND),
)
