"""Experiment runs: runs of MLflow, of which Sensei's do the tasks that they inherit and are given.

A new run waits (SCHEDULED in MLflow, PENDING here) for whoever runs engines; that one tells MLflow how it
goes, and it shows here.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from trackstack.server.access.objects import RUN as ON_RUN
from trackstack.server.access.objects import param
from trackstack.server.calls import Call
from trackstack.server.mlflow.names import random_name
from trackstack.server.responses import Answer
from trackstack.server.routes import READ, WRITE
from trackstack.server.search.sql import Sql
from trackstack.server.sensei import listings, tasks, views
from trackstack.server.sensei.experiments import ONE
from trackstack.server.sensei.operations import (
    Body,
    Line,
    Part,
    Text,
    Values,
    author,
    operation,
    plain,
    unprocessable,
)
from trackstack.server.sensei.tasks import Task
from trackstack.server.store.entities import MetricPoint, Tag
from trackstack.server.store.runs import NAME_TAG, NewRun
from trackstack.server.store.sensei.kinds import EXPERIMENT, ML_INSTANCE, RUN
from trackstack.server.store.sensei.listing import Resource
from trackstack.server.store.sensei.runs import NewSenseiRun
from trackstack.server.store.store import Store

STATES = {
    "SCHEDULED": "PENDING",
    "RUNNING": "RUNNING",
    "FINISHED": "DONE",
    "FAILED": "FAILED",
    "KILLED": "ABORTED",
}
"""Sensei's word for each status of MLflow's."""
MODE = "sensei.mode"
MODES = ("train", "score", "fp")

GivenMode = Annotated[str, Meta(pattern=f"^(?i:{'|'.join(MODES)})$")]


class RunChain(Part):
    preprocess_task_id: Line | None = None
    train_task_id: Line | None = None
    batch_score_task_id: Line | None = None
    validate_task_id: Line | None = None
    evaluate_task_id: Line | None = None


class _Data(Struct):
    params: list[Tag] = []
    metrics: list[MetricPoint] = []


class _Logged(Struct):
    """Of the run's document as MLflow has it, what it has logged."""

    data: _Data


class ExperimentRun(Body):
    mode: GivenMode
    id: Line | None = None
    experiment_id: Line | None = None
    description: Text | None = None
    created_by_schedule: bool | None = None
    tasks: list[Task] | None = None
    run_chain: RunChain | None = None


async def create(call: Call, body: ExperimentRun) -> Answer:
    """Scoring needs a successful train run before it."""
    experiment = await call.store.sensei.resources.get(EXPERIMENT, call.params["experimentId"])
    if body.experiment_id not in (None, experiment.id):
        raise unprocessable(call, f"experimentId: the path is of {experiment.id}.")
    mode = body.mode.lower()
    if mode == "score" and not await call.store.sensei.runs.trained(int(experiment.id)):
        raise unprocessable(call, "mode: score needs a train run of the experiment that was successful.")
    known = tasks.of_mode(await inherited(call.store, experiment), mode)
    document = plain(body)
    for name in ("id", "mode", "experimentId", "tasks"):
        document.pop(name, None)
    given = tasks.stored(call, body.tasks or (), known)
    of = tasks.merged(known, given)
    new = beginning(author(call), call.now, int(experiment.id), mode, of, document)
    return views.RUN.one(await call.store.sensei.runs.create(new), created=True)


async def list_(call: Call) -> Answer:
    experiment = await call.store.sensei.resources.get(EXPERIMENT, call.params["experimentId"])
    around = {"experimentId": experiment.id}
    return await listings.answer(call, views.RUN, around, Sql("r.experiment_id = ?", (int(experiment.id),)))


async def get(call: Call) -> Answer:
    """With the newest metrics, as an insight has them; params of a run of MLflow's are those of a task."""
    run = await _one(call)
    logged = msgspec.json.decode(await call.store.runs.get(run.id), type=_Logged).data
    fields: Values = {}
    if "tasks" not in run.fields and logged.params:
        parameters = [{"key": one.key, "value": one.value} for one in logged.params]
        fields["tasks"] = [{"name": run.fields["mode"], "parameters": parameters}]
    if logged.metrics:
        fields["metrics"] = [
            {"name": one.key, "value": str(one.value), "valueType": "double"} for one in logged.metrics
        ]
    return views.RUN.one(run._replace(fields={**run.fields, **fields}))


async def status(call: Call) -> Answer:
    """Of each task what MLflow says of the run."""
    run = await _one(call)
    state = STATES[run.fields["_status"]]
    times: Values = {}
    if state != "PENDING":
        times["started"] = views.time(run.fields["_started"])
    if "_ended" in run.fields:
        times["ended"] = views.time(run.fields["_ended"])
    page = f"/#/experiments/{run.fields['experimentId']}/runs/{run.id}"
    log = {"logs": f"{page}/artifacts", "tasklogs": [{"name": "artifacts", "url": f"{page}/artifacts"}]}
    names = [task.get("name", run.fields["mode"]) for task in run.fields.get("tasks", ())]
    shown = [
        {"id": f"{run.id}-{at}", "name": name, "state": state, **log, **times}
        for at, name in enumerate(names or [run.fields["mode"]])
    ]
    answer = {
        "id": run.id,
        "name": run.fields["name"],
        "experimentRunId": run.id,
        "deleted": False,
        "status": {"tasks": shown},
    }
    return views.document(answer, "experimentRunStatus")


def beginning(
    by: str, at: int, experiment: int, mode: str, of: list[Values], document: Values
) -> NewSenseiRun:
    """A run to make, with what MLflow shows of it."""
    name = random_name()
    tags = {NAME_TAG: name, MODE: mode}
    run = NewRun(experiment, name, by, at, tags, "SCHEDULED")
    return NewSenseiRun(mode, run, tasks.params(of, mode), {**document, **({"tasks": of} if of else {})})


async def inherited(store: Store, experiment: Resource) -> list[Values]:
    """The tasks of the experiment's template, or else those of its ML instance."""
    found: list[Values] | None = experiment.fields.get("template", {}).get("tasks")
    instance = experiment.fields.get("mlInstanceId")
    if found is None and instance is not None:
        of = await store.sensei.resources.find(ML_INSTANCE, instance)
        found = of.fields.get("tasks") if of is not None else None
    return found or []


async def _one(call: Call) -> Resource:
    experiment = await call.store.sensei.resources.get(EXPERIMENT, call.params["experimentId"])
    scope = Sql("r.experiment_id = ?", (int(experiment.id),))
    return await call.store.sensei.resources.get(RUN, call.params["experimentRunId"], scope)


_RUNS = "/experiments/{experimentId}/runs"
_THIS = (ONE, ON_RUN.by(param("experimentRunId")))

ROUTES = (
    operation("GET", _RUNS, list_, needs=READ, on=ONE, query=listings.Query),
    operation("POST", _RUNS, create, needs=WRITE, on=ONE),
    operation("GET", f"{_RUNS}/{{experimentRunId}}", get, needs=READ, on=_THIS),
    operation("GET", f"{_RUNS}/{{experimentRunId}}/status", status, needs=READ, on=_THIS),
)
