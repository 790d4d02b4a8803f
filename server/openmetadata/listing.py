"""Listings: what users put there and what the instance has, as one, page by page."""

from typing import Any, NamedTuple

from trackstack import catalog_requests
from trackstack.catalog import identifier
from trackstack.server.calls import Call
from trackstack.server.openmetadata import names, reading, views
from trackstack.server.openmetadata.instance import Instance
from trackstack.server.openmetadata.kinds import SERVICE, Kind
from trackstack.server.store.openmetadata.rows import Json, Wanted, Window


class Item(NamedTuple):
    """An entity with what it is ordered by."""

    key: catalog_requests.Key
    entity: Json


async def listing(call: Call, kind: Kind) -> dict[str, Any]:
    """A page: data, and paging with cursors to its neighbours where it has any."""
    instance, asked = Instance(call), views.fields(call, kind)
    wanted, limit = _wanted(call, kind, instance), reading.parsed(call, "limit", catalog_requests.limit)
    before = reading.text(call, "before") or ""
    place = reading.parsed(call, "after", lambda after: catalog_requests.position(after, before))
    window = Window(limit + 1, place, backwards=bool(before))
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
    if items and (more if window.backwards else place is not None):
        paging["before"] = catalog_requests.encode(items[0].key)
    if items and (more or window.backwards):
        paging["after"] = catalog_requests.encode(items[-1].key)
    return {"data": [item.entity for item in items], "paging": paging}


def _wanted(call: Call, kind: Kind, instance: Instance) -> Wanted:
    domain, service = reading.text(call, "domain"), reading.text(call, "service")
    return Wanted(
        kind.name,
        deleted=reading.parsed(call, "include", catalog_requests.included),
        service=names.service(service) if service and kind is not SERVICE else None,
        domain=identifier("domain", domain) if domain else None,
        hidden=instance.fqn,
    )


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


def _own_key(instance: Instance, one: Json) -> catalog_requests.Key:
    """A registered model is ordered by its name there, which its display name is."""
    return instance.fqn, str(one.get("displayName", one["name"]))


def _merged(some: list[Item], others: list[Item], window: Window) -> list[Item]:
    merged = sorted((*some, *others), key=lambda item: item.key, reverse=window.backwards)
    return merged[: window.most]
