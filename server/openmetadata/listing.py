"""Listings: what users put there and what the instance has, as one, page by page."""

from typing import Any, NamedTuple

from trackstack.catalog import identifier
from trackstack.server.calls import Call
from trackstack.server.errors import invalid
from trackstack.server.openmetadata import cursors, names, reading, views
from trackstack.server.openmetadata.instance import Instance
from trackstack.server.openmetadata.kinds import SERVICE, Kind
from trackstack.server.store.openmetadata.rows import Json, Wanted, Window

DEFAULT_LIMIT = 10
MOST = 1_000_000

_DELETED = {"non-deleted": False, "deleted": True, "all": None}


class Item(NamedTuple):
    """An entity with what it is ordered by."""

    key: cursors.Key
    entity: Json


def included(call: Call) -> bool | None:
    """Whether the deleted are wanted; None: as well as the others."""
    include = reading.text(call, "include") or "non-deleted"
    if include not in _DELETED:
        raise invalid(f"include must be one of {', '.join(_DELETED)}, not {reading.shown(include)}.")
    return _DELETED[include]


async def listing(call: Call, kind: Kind) -> dict[str, Any]:
    """A page: data, and paging with cursors to its neighbours where it has any."""
    instance, asked = Instance(call), views.fields(call, kind)
    wanted, limit = _wanted(call, kind, instance), _limit(call)
    after, before = reading.text(call, "after"), reading.text(call, "before")
    if after and before:
        raise invalid("Only one of the parameters after and before may be given.")
    cursor = after or before
    window = Window(limit + 1, cursors.decode(cursor) if cursor else None, backwards=bool(before))
    own = _owns(wanted, instance)
    items = await _stored(call, kind, wanted, window, asked)
    if own:
        items = _merged(items, await _own(instance, kind, window, asked), window)
    total = await call.store.catalog.count(wanted)
    if own:
        total += 1 if kind is SERVICE else await instance.count()
    more, items = len(items) > limit, items[:limit]
    if window.backwards:
        items.reverse()
    paging: Json = {"total": total}
    if items and (more if window.backwards else bool(cursor)):
        paging["before"] = cursors.encode(items[0].key)
    if items and (more or window.backwards):
        paging["after"] = cursors.encode(items[-1].key)
    return {"data": [item.entity for item in items], "paging": paging}


def _wanted(call: Call, kind: Kind, instance: Instance) -> Wanted:
    domain, service = reading.text(call, "domain"), reading.text(call, "service")
    return Wanted(
        kind.name,
        deleted=included(call),
        service=names.service(service) if service and kind is not SERVICE else None,
        domain=identifier("domain", domain) if domain else None,
        hidden=instance.fqn,
    )


def _limit(call: Call) -> int:
    text = reading.text(call, "limit")
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST)) and int(text) <= MOST):
        raise invalid(f"limit must be a whole number from 0 to {MOST}, not {reading.shown(text)}.")
    return int(text)


def _owns(wanted: Wanted, instance: Instance) -> bool:
    """Whether what the instance has belongs into the listing: nothing of it is deleted or in a domain."""
    return wanted.deleted is not True and wanted.domain is None and wanted.service in (None, instance.fqn)


async def _stored(
    call: Call, kind: Kind, wanted: Wanted, window: Window, asked: frozenset[str]
) -> list[Item]:
    rows = await call.store.catalog.page(wanted, window)
    entities = await views.with_opinions(call, rows, kind, asked)
    return [Item(row.key, entity) for row, entity in zip(rows, entities, strict=True)]


async def _own(instance: Instance, kind: Kind, window: Window, asked: frozenset[str]) -> list[Item]:
    if kind is SERVICE:
        key = (instance.fqn, instance.service.name)
        past = window.key is not None and (key >= window.key if window.backwards else key <= window.key)
        entities = [] if past else [instance.entity()]
    else:
        entities = await instance.page(window)
    return [Item(_own_key(instance, one), views.shown(kind, one, asked)) for one in entities]


def _own_key(instance: Instance, one: Json) -> cursors.Key:
    """A registered model is ordered by its name there, which its display name is."""
    return instance.fqn, str(one.get("displayName", one["name"]))


def _merged(some: list[Item], others: list[Item], window: Window) -> list[Item]:
    merged = sorted((*some, *others), key=lambda item: item.key, reverse=window.backwards)
    return merged[: window.most]
