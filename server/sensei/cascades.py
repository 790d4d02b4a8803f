"""What goes with something that is deleted, and whether the caller may delete it."""

from collections.abc import Sequence

from msgspec import Struct

from trackstack.server.access import guard
from trackstack.server.calls import Call
from trackstack.server.errors import ApiError, invalid, missing
from trackstack.server.store.callers import Level
from trackstack.server.store.decisions import Kind as Object
from trackstack.server.store.sensei.kinds import ENGINE, ML_INSTANCE, Kind
from trackstack.server.store.sensei.listing import Wanted


class OfEngine(Struct, rename="camel"):
    """The query that names an engine."""

    engine_id: str


class OfInstance(Struct, rename="camel"):
    """The query that names an ML instance."""

    ml_instance_id: str


async def instances(call: Call, engine: str) -> list[str]:
    """The ids of an engine's ML instances."""
    wanted = Wanted(equal=[("engineId", engine)], most=1_000_000)
    return [one.id for one in (await call.store.sensei.resources.page(ML_INSTANCE, wanted)).resources]


async def check(call: Call, of_instances: Sequence[str]) -> None:
    """Raises ApiError where the experiments of ML instances are not all the caller's to manage."""
    if call.identity.limited:
        numbers = await call.store.sensei.experiments.of_instances(list(of_instances))
        await guard.check(call, Object.EXPERIMENT, [str(number) for number in numbers], Level.MANAGE)


async def parent(call: Call, name: str, kind: Kind) -> str:
    """The id in the query's `name`. Raises ApiError: 400 without one, 404 for none, 410 for a deleted one."""
    id_ = call.query.get(name, [""])[-1]
    if not id_:
        raise invalid(f"{name} must be given.")
    found = await call.store.sensei.resources.find(kind, id_)
    if found is None:
        raise missing(f"There is no {kind.name} with the id {id_[:100]!r}.")
    if found.deleted_at is not None:
        raise ApiError("GONE", f"The {kind.name} {id_} is deleted, and what it had with it.", 410)
    return id_


async def engine_of(call: Call) -> str:
    """The engine that `engineId` of the query names."""
    return await parent(call, "engineId", ENGINE)


async def instance_of(call: Call) -> str:
    """The ML instance that `mlInstanceId` of the query names."""
    return await parent(call, "mlInstanceId", ML_INSTANCE)
