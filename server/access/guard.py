"""Whether a caller may do what a request asks: decided here, for every route, before its handler runs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from trackstack.server.access.objects import INSTANCE, Among, On
from trackstack.server.errors import PERMISSION_DENIED, ApiError
from trackstack.server.routes import READ
from trackstack.server.store.callers import Caller, Level
from trackstack.server.store.decisions import Kind

if TYPE_CHECKING:
    from trackstack.server.calls import Call
    from trackstack.server.routes import Route

_NEEDED = {Level.READ: "CAN_READ", Level.EDIT: "CAN_EDIT", Level.MANAGE: "CAN_MANAGE"}


async def permit(call: "Call", route: "Route", body: Any) -> None:
    """Raises ApiError PERMISSION_DENIED where the caller may not do with an object what the route does, and
    leaves objects that the caller may not see out of what a search is to look at.

    Hidden objects are refused and not denied to exist: a client that is told that there is no such
    experiment makes it, and stumbles over its name. Nothing is said here of what does not exist at all.
    """
    if route.on is INSTANCE:
        raise ApiError(PERMISSION_DENIED, "This needs a token for the whole instance, of no user or tenant.")
    declared = route.on if isinstance(route.on, tuple) else (route.on,)
    for one in declared:
        if isinstance(one, On):
            needed = one.level or (Level.READ if route.needs is READ else Level.EDIT)
            await check(call, one.kind, one.names(call, body), needed)
        elif isinstance(one, Among):
            names = [name for item in getattr(body, one.items) for name in one.of(item)]
            levels = await call.store.decisions.levels(call.caller, one.kind, names)
            one.narrow(body, {name for name, level in levels.items() if level >= Level.READ})


async def perform(call: "Call", route: "Route", *body: Any) -> Any:
    """What the route's handler returns, if the caller may have it."""
    if call.identity.limited:
        await permit(call, route, body[0] if body else None)
    return await route.handler(call, *body)


async def check(call: "Call", kind: Kind, names: Iterable[str], needed: Level) -> None:
    """Raises ApiError PERMISSION_DENIED unless the caller may do that with all objects of these names."""
    if kind in (Kind.PLACE, Kind.NEW_PLACE):
        for name in names:
            free = Level.MANAGE if kind is Kind.NEW_PLACE and not _reserved(name) else Level.NONE
            uris = call.artifacts.uris(name)
            if await call.store.decisions.of_place(call.caller, uris, free) < needed:
                raise _denied(call.caller, kind, name, needed)
        return
    for name, level in (await call.store.decisions.levels(call.caller, kind, names)).items():
        if level < needed:
            raise _denied(call.caller, kind, name, needed)


def _reserved(path: str) -> bool:
    """Whether experiments may come to keep their artifacts there: in a folder that is their number."""
    first = path.partition("/")[0]
    return not first or first.isdigit()


def _denied(caller: Caller, kind: Kind, name: str, needed: Level) -> ApiError:
    who = f"user {caller.user!r}" if caller.user else f"tenant {caller.tenant!r}"
    return ApiError(
        PERMISSION_DENIED,
        f"The {who} has not the permission {_NEEDED[needed]} on the {kind.value} {name[:200]!r}; "
        "who has CAN_MANAGE there can grant it.",
    )
