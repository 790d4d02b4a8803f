"""Scorers (judges) of experiments, in MLflow's words. They are kept here and run by clients."""

import json

from msgspec import Struct

from trackstack.server import validation
from trackstack.server.access.objects import AMONG_EXPERIMENTS, EXPERIMENT, NOTHING
from trackstack.server.bodies import Int64, Message, Required
from trackstack.server.calls import Call
from trackstack.server.errors import invalid, missing
from trackstack.server.routes import READ, WRITE, Route
from trackstack.server.store.evaluation.scorers import Scorer

NAME_LENGTH = 256


class Register(Message):
    experiment_id: Required
    name: Required
    serialized_scorer: Required


class List(Message):
    experiment_id: str = ""
    experiment_ids: tuple[str, ...] = ()


class Name(Message):
    experiment_id: Required
    name: Required


class Version(Message):
    experiment_id: Required
    name: Required
    version: Int64 | None = None


class Registered(Struct):
    version: int
    scorer_id: str
    experiment_id: str
    name: str
    serialized_scorer: str
    creation_time: int


class Found(Struct, omit_defaults=True):
    scorers: list[Scorer] = []


class One(Struct):
    scorer: Scorer


async def register(call: Call, body: Register) -> Registered:
    """A scorer that there is gets another version."""
    try:
        valid = isinstance(json.loads(body.serialized_scorer), dict)
    except (ValueError, RecursionError):
        valid = False
    if not valid:
        raise invalid("`serialized_scorer` must be the JSON of an object.")
    id_ = validation.experiment_id(body.experiment_id)
    name = validation.limited(body.name, NAME_LENGTH, "name")
    new = await call.store.scorers.register(id_, name, body.serialized_scorer, call.now)
    return Registered(
        new.scorer_version,
        new.scorer_id,
        str(new.experiment_id),
        new.scorer_name,
        new.serialized_scorer,
        new.creation_time,
    )


async def newest(call: Call, body: List) -> Found:
    """The newest version of each scorer of the experiments."""
    if body.experiment_id and body.experiment_ids:
        raise invalid("Cannot specify both 'experiment_id' and 'experiment_ids'.")
    ids = [validation.experiment_id(text) for text in body.experiment_ids]
    if body.experiment_id:
        ids = [validation.experiment_id(body.experiment_id)]
        await call.store.experiments.get(ids[0])  # one that there is not is told of
    return Found(await call.store.scorers.newest(ids))


async def versions(call: Call, body: Name) -> Found:
    return Found(await call.store.scorers.versions(validation.experiment_id(body.experiment_id), body.name))


async def get(call: Call, body: Version) -> One:
    """The newest version, if none is named."""
    found = await call.store.scorers.versions(validation.experiment_id(body.experiment_id), body.name)
    if body.version is None:
        return One(found[-1])
    for one in found:
        if one.scorer_version == body.version:
            return One(one)
    raise missing(
        f"Scorer with name '{body.name}' and version {body.version} not found for experiment "
        f"{body.experiment_id}."
    )


async def delete(call: Call, body: Version) -> None:
    """All versions, if none is named."""
    id_ = validation.experiment_id(body.experiment_id)
    await call.store.scorers.delete(id_, body.name, body.version)


async def no_configs(call: Call) -> dict[str, list[object]]:
    """No scorer runs on this server by itself."""
    return {"configs": []}


_BASE = "/3.0/mlflow/scorers"

ROUTES = (
    Route("POST", f"{_BASE}/register", register, needs=WRITE, on=EXPERIMENT),
    Route("GET", f"{_BASE}/list", newest, needs=READ, on=(EXPERIMENT, AMONG_EXPERIMENTS)),
    Route("GET", f"{_BASE}/versions", versions, needs=READ, on=EXPERIMENT),
    Route("GET", f"{_BASE}/get", get, needs=READ, on=EXPERIMENT),
    Route("DELETE", f"{_BASE}/delete", delete, needs=WRITE, on=EXPERIMENT),
    Route("GET", f"{_BASE}/online-configs", no_configs, needs=READ, on=NOTHING),
)
