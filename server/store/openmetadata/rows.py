"""Rows of the catalog: an entity as it is, and the statements that find entities."""

from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select, tuple_

from trackstack.catalog import MODEL, quoted
from trackstack.server.store.schema.openmetadata import catalog_domains, catalog_entities
from trackstack.server.store.statements import Statement
from trackstack.server.store.transaction import Transaction

_e = catalog_entities
_s = catalog_entities.alias("s")
_d = catalog_domains

Json = dict[str, Any]

VERSIONED = ("version", "previous", "updated_at", "updated_by", "deleted_at", "change", "document")
"""The columns of which every version keeps its own."""


class Entity(NamedTuple):
    """A service or a model; `service` is the fully qualified name of the service, also a service's own."""

    id: int
    uuid: str
    kind: str
    service_id: int | None
    service_uuid: str | None
    tenant: str
    service_type: str
    service: str
    name: str
    version: int  # tenths
    previous: int | None
    updated_at: int
    updated_by: str
    deleted_at: int | None
    change: str | None
    document: str

    @property
    def fqn(self) -> str:
        return f"{self.service}.{quoted(self.name)}" if self.kind == MODEL else self.service

    @property
    def fields(self) -> Json:
        """What users may change."""
        decoded: Json = msgspec.json.decode(self.document)
        return decoded

    @property
    def key(self) -> tuple[str, str]:
        """What listings are ordered by."""
        return self.service, self.name


Ref = str | tuple[str, str]
"""An entity's UUID, or its service's fully qualified name and its own name."""


class Wanted(NamedTuple):
    """Which entities to list. `deleted`: None for those too; `domain` is a UUID; `hidden` is a service that
    is not shown, nor anything in it."""

    kind: str
    deleted: bool | None = False
    service: str | None = None
    domain: str | None = None
    hidden: str = ""


class Window(NamedTuple):
    """At most `most` entities from `key` on, without it; backwards if so."""

    most: int
    key: tuple[str, str] | None = None
    backwards: bool = False


def _entities() -> Select[Any]:
    columns = [_s.c.uuid if name == "service_uuid" else _e.c[name] for name in Entity._fields]
    return select(*columns).select_from(_e.outerjoin(_s, _s.c.id == _e.c.service_id))


_BY_UUID = _entities().where(_e.c.kind == bindparam("kind"), _e.c.uuid == bindparam("uuid"))
_BY_NAME = _entities().where(
    _e.c.kind == bindparam("kind"), _e.c.service == bindparam("service"), _e.c.name == bindparam("name")
)
BY_UUID = Statement(_BY_UUID)
BY_NAME = Statement(_BY_NAME)
HOLD_BY_UUID = Statement(_BY_UUID.with_for_update(of=_e))
HOLD_BY_NAME = Statement(_BY_NAME.with_for_update(of=_e))
CHILDREN = Statement(
    _entities().where(_e.c.service_id == bindparam("this")).order_by(_e.c.name).with_for_update(of=_e)
)


def find(tx: Transaction, kind: str, ref: Ref, *, hold: bool = False) -> Entity | None:
    """The entity, deleted or not, if it is the caller's tenant's; `hold` keeps other replicas from changing
    it before the commit."""
    if isinstance(ref, str):
        row = tx.one(HOLD_BY_UUID if hold else BY_UUID, kind=kind, uuid=ref)
    else:
        row = tx.one(HOLD_BY_NAME if hold else BY_NAME, kind=kind, service=ref[0], name=ref[1])
    entity = Entity(*row) if row else None
    return None if entity and tx.caller.tenant not in ("", entity.tenant) else entity


def page(tx: Transaction, wanted: Wanted, window: Window) -> list[Entity]:
    """In the order of their keys, or against it."""
    params: dict[str, Any] = {"most": window.most, **_params(tx, wanted)}
    if window.key:
        params |= {"from_service": window.key[0], "from_name": window.key[1]}
    statement = _page(_shape(tx, wanted), window.backwards, window.key is not None)
    return [Entity(*row) for row in tx.all(statement, **params)]


def count(tx: Transaction, wanted: Wanted) -> int:
    """How many there are on all pages."""
    return int(tx.one(_count(_shape(tx, wanted)), **_params(tx, wanted))[0])


class _Shape(NamedTuple):
    """The conditions that a listing has."""

    deleted: bool | None
    of_service: bool
    of_domain: bool
    of_tenant: bool


def _shape(tx: Transaction, wanted: Wanted) -> _Shape:
    of_tenant = bool(tx.caller.tenant)
    return _Shape(wanted.deleted, wanted.service is not None, wanted.domain is not None, of_tenant)


def _params(tx: Transaction, wanted: Wanted) -> dict[str, Any]:
    params: dict[str, Any] = {"kind": wanted.kind, "hidden": wanted.hidden}
    if tx.caller.tenant:
        params["tenant"] = tx.caller.tenant
    if wanted.service is not None:
        params["service"] = wanted.service
    if wanted.domain is not None:
        params["domain"] = wanted.domain
    return params


def _conditions(shape: _Shape) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        _e.c.kind == bindparam("kind"),
        _e.c.service != bindparam("hidden"),
    ]
    if shape.deleted is not None:
        conditions.append(_e.c.deleted_at.is_not(None) if shape.deleted else _e.c.deleted_at.is_(None))
    if shape.of_tenant:
        conditions.append(_e.c.tenant == bindparam("tenant"))
    if shape.of_service:
        conditions.append(_e.c.service == bindparam("service"))
    if shape.of_domain:
        here = (_d.c.domain == bindparam("domain")) & (_d.c.entity_id == _e.c.id)
        conditions.append(exists(select(_d.c.entity_id).where(here)))
    return conditions


@lru_cache(maxsize=64)
def _page(shape: _Shape, backwards: bool, placed: bool) -> Statement:
    found = _entities().where(*_conditions(shape)).limit(bindparam("most"))
    key, place = tuple_(_e.c.service, _e.c.name), tuple_(bindparam("from_service"), bindparam("from_name"))
    if placed:
        found = found.where(key < place if backwards else key > place)
    order = (_e.c.service.desc(), _e.c.name.desc()) if backwards else (_e.c.service, _e.c.name)
    return Statement(found.order_by(*order))


@lru_cache(maxsize=16)
def _count(shape: _Shape) -> Statement:
    return Statement(select(func.count()).select_from(_e).where(*_conditions(shape)))
