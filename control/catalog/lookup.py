"""One entity, wherever it is: each instance is asked for it by its key, all at once."""

from collections.abc import Callable, Sequence
from urllib.parse import quote
from uuid import UUID

from trackstack.catalog import Json, qualified, split
from trackstack.catalog_requests import SERVICES, Shape, unknown
from trackstack.control.calls import Call
from trackstack.control.catalog.view import View, own_id
from trackstack.control.errors import ApiError, missing
from trackstack.control.fleet import Member


async def by_id(call: Call, shape: Shape) -> Json:
    """The entity with the id of the path. Raises ApiError 400, 404."""
    text = call.params["id"]
    try:
        id_ = str(UUID(text))
    except ValueError:
        raise _missing(shape, text) from None
    view = View(call, shape)
    members = await view.members()
    found = await _first(view, members, f"/{id_}", lambda member: own_id(member.stack) == id_)
    return _there(found, shape, id_)


async def by_name(call: Call, shape: Shape) -> Json:
    """The entity with the fully qualified name of the path.

    Where several instances have one, it is that of the instance which the name begins with, else of the first
    one. Raises ApiError 400, 404.
    """
    names = split(call.params["fqn"])
    if len(names) != (1 if shape is SERVICES else 2):
        raise _missing(shape, call.params["fqn"])
    view, fqn = View(call, shape), qualified(*names)
    members = await view.members()
    named = [each for each in members if each.stack == names[0]]
    others = [each for each in members if each.stack != names[0]]
    below = f"/name/{quote(fqn, safe='')}"
    found = await _first(view, named, below, lambda member: True)
    return _there(found or await _first(view, others, below, lambda member: False), shape, fqn)


async def _first(
    view: View, members: Sequence[Member], below: str, is_own: Callable[[Member], bool]
) -> Json | None:
    """What the first of the members has at a path; `is_own`: whether that is the member itself."""
    answers = await view.ask(((member, {}) for member in members), below)
    for member, entity in zip(members, answers, strict=True):
        if entity is not None:
            return view.shown(entity, member)
    if view.shape is SERVICES and view.deleted is not True:
        return next((view.own(member) for member in members if is_own(member)), None)
    return None


def _there(entity: Json | None, shape: Shape, what: str) -> Json:
    if entity is None:
        raise _missing(shape, what)
    return entity


def _missing(shape: Shape, what: str) -> ApiError:
    return missing(unknown(shape.name, what[:200]))
