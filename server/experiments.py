"""Experiments, in MLflow's words."""

from msgspec import Struct

from trackstack.server.bodies import Message, Required
from trackstack.server.calls import Call
from trackstack.server.routes import WRITE, Route


class Tag(Message):
    key: str = ""
    value: str = ""


class CreateExperiment(Message):
    name: Required
    artifact_location: str = ""
    tags: tuple[Tag, ...] = ()


class Created(Struct):
    experiment_id: str


async def create(call: Call, body: CreateExperiment) -> Created:
    """RESOURCE_ALREADY_EXISTS also for a soft-deleted namesake."""
    return Created(str(await call.store.experiments.create(body.name, body.artifact_location, call.now)))


ROUTES = (Route("POST", "/2.0/mlflow/experiments/create", create, needs=WRITE),)
