"""Runs: their beginning, state and end, in MLflow's words."""

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access.objects import EXPERIMENT, RUN
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.mlflow.names import random_name
from trackstack.server.responses import Answer
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.store.entities import RunInfo
from trackstack.server.store.runs import NAME_TAG, NewRun

STATUSES = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")


class Tag(Message):
    key: str = ""
    value: str = ""


class CreateRun(Message):
    experiment_id: Required
    user_id: str = ""
    run_name: str = ""
    start_time: Int64 = 0
    tags: tuple[Tag, ...] = ()


class RunRef(Message):
    run_id: Required
    run_uuid: str = ""


class UpdateRun(Message):
    run_id: Required
    run_uuid: str = ""
    status: int | str = ""
    end_time: Int64 | None = None
    run_name: str = ""


class Updated(Struct):
    run_info: RunInfo


async def create(call: Call, body: CreateRun) -> Answer:
    """The run's name is its tag mlflow.runName, too; without one it gets a random one."""
    tags = {
        validation.limited(tag.key, validation.KEY_LENGTH, "key"): tag.value[: validation.TAG_LENGTH]
        for tag in body.tags
    }
    tagged = tags.get(NAME_TAG, "")
    if body.run_name and tagged and body.run_name != tagged:
        raise invalid(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values "
            f"(run_name='{body.run_name}', mlflow.runName='{tagged}')."
        )
    name = (body.run_name or tagged or random_name())[: validation.TAG_LENGTH]
    if not tagged:
        tags[NAME_TAG] = name
    experiment_id = validation.experiment_id(body.experiment_id)
    new = NewRun(experiment_id, name, body.user_id, body.start_time, tags)
    return Answer(b'{"run":' + await call.store.runs.create(new) + b"}")


async def get(call: Call, body: RunRef) -> Answer:
    """Deleted ones too."""
    return Answer(b'{"run":' + await call.store.runs.get(body.run_id) + b"}")


async def update(call: Call, body: UpdateRun) -> Updated:
    """A status that is unknown changes nothing, as MLflow has it."""
    name = body.run_name[: validation.TAG_LENGTH]
    return Updated(await call.store.runs.update(body.run_id, _status(body.status), body.end_time, name))


async def delete(call: Call, body: RunRef) -> None:
    await call.store.runs.delete(body.run_id, call.now)


async def restore(call: Call, body: RunRef) -> None:
    await call.store.runs.restore(body.run_id)


def _status(given: int | str) -> str | None:
    if isinstance(given, int):
        return STATUSES[given - 1] if 1 <= given <= len(STATUSES) else None
    return given if given in STATUSES else None


ROUTES = (
    Route("POST", "/2.0/mlflow/runs/create", create, needs=WRITE, on=EXPERIMENT),
    Route("GET", "/2.0/mlflow/runs/get", get, needs=READ, on=RUN),
    Route("POST", "/2.0/mlflow/runs/update", update, needs=WRITE, on=RUN),
    Route("POST", "/2.0/mlflow/runs/delete", delete, needs=WRITE, on=RUN),
    Route("POST", "/2.0/mlflow/runs/restore", restore, needs=WRITE, on=RUN),
)
